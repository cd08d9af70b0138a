"""Invoices, their lines and their history."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    and_,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Base
from webapp.store.contacts import Contact, Salesman
from webapp.store.types import AMOUNT, FINE, Json, Key, Moment

_OWN_NUMBER = text("kind = 'sales' AND number <> '' AND source NOT IN ('billingo', 'yuki')")

_OWED = text("status = 'sent' AND outstanding_amount > 0")
_FIRST = ("organisation_id", "kind")
_FILTERED = ("status", "delivery", "payment", "source", "department_id")


def _given(column: str) -> Index:
    """What few invoices have: those that have it stand in its index, and no other is written there."""
    there = text(f"{column} IS NOT NULL")
    return Index(f"ix_invoices_{column}", column, sqlite_where=there, postgresql_where=there)


def _order(name: str, column: str) -> Index:
    """An order of the list; what lists are filtered by stands in it too, so that no row is read in vain."""
    return Index(f"ix_invoices_list_{name}", *_FIRST, column, "id", *_FILTERED)


SETTLED = (
    "outstanding_amount = gross_total - paid_amount - credited_amount - written_off_amount AND ("
    "(gross_total >= 0 AND paid_amount >= 0 AND credited_amount >= 0 AND written_off_amount >= 0"
    " AND outstanding_amount >= 0) OR "
    "(gross_total <= 0 AND paid_amount <= 0 AND credited_amount <= 0 AND written_off_amount <= 0"
    " AND outstanding_amount <= 0))"
)
"""What the database holds an invoice to, whoever writes: nothing is settled beyond the total."""


class Invoice(Base):
    """An invoice with its three axes: document `status`, `delivery` to the books, `payment`.

    `delivery` and `payment` repeat what deliveries and allocations say, for lists; whoever writes
    those writes these in the same transaction. `overdue` is never stored: it depends on today.
    `process`: booked at once (True), a draft in the books (False), or as the connection says (None).
    `number_given_at`: when the series gave its number. `credited_invoice_id` is the invoice that this one credits.
    `created_by` is what another system says of itself, `created_user_id` who brought the invoice in with a token;
    `import_hash` is of the body that it came in with.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("kind IN ('sales', 'purchase')", name="kind"),
        CheckConstraint(SETTLED, name="settled"),
        Index(
            "uq_invoices_own_number",
            "organisation_id",
            "number",
            unique=True,
            sqlite_where=_OWN_NUMBER,
            postgresql_where=_OWN_NUMBER,
        ),
        _order("date", "issue_date"),
        _order("due", "due_date"),
        _order("total", "gross_total"),
        _order("open", "outstanding_amount"),
        _order("number", "number"),
        _order("contact", "contact_name"),
        Index(
            "ix_invoices_owed",
            *(*_FIRST, "due_date", "id", "issue_date", "delivery", "payment"),
            sqlite_where=_OWED,
            postgresql_where=_OWED,
        ),
        Index(
            "ix_invoices_owed_date",
            *(*_FIRST, "issue_date", "id", "due_date"),
            sqlite_where=_OWED,
            postgresql_where=_OWED,
        ),
        *map(_given, ("credited_invoice_id", "approved_by_id", "salesman_id", "created_user_id")),
        Index("ix_invoices_axes", "organisation_id", "kind", "status", "delivery", "payment", "issue_date", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    kind: Mapped[str] = mapped_column(String(10), default="sales")
    number: Mapped[str] = mapped_column(String(60), default="")
    number_given_at: Mapped[datetime | None] = mapped_column(Moment)
    credited_invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(20), default="manual")
    status: Mapped[str] = mapped_column(String(20), default="draft")
    delivery: Mapped[str] = mapped_column(String(20), default="not_sent")
    payment: Mapped[str] = mapped_column(String(20), default="open")
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    subject: Mapped[str] = mapped_column(String(200), default="")
    remarks: Mapped[str] = mapped_column(Text, default="")
    issue_date: Mapped[date]
    due_date: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    payment_method: Mapped[str] = mapped_column(String(60), default="ElectronicTransfer")
    payment_reference: Mapped[str] = mapped_column(String(100), default="")
    purchase_order_number: Mapped[str] = mapped_column(String(60), default="")
    process: Mapped[bool | None]
    email_to_customer: Mapped[bool] = mapped_column(default=False)
    sent_to_peppol: Mapped[bool] = mapped_column(default=False)
    layout: Mapped[str] = mapped_column(String(100), default="")
    notes: Mapped[str] = mapped_column(String(500), default="")
    price_list: Mapped[str] = mapped_column(String(100), default="")
    project_id: Mapped[str] = mapped_column(String(36), default="")
    project_code: Mapped[str] = mapped_column(String(60), default="")
    contact_person: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    net_total: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    vat_total: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    gross_total: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    paid_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    credited_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    written_off_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    outstanding_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    reminder_level: Mapped[int] = mapped_column(default=0, server_default="0")
    reminded_on: Mapped[date | None]
    priority: Mapped[str] = mapped_column(String(20), default="")
    salesman_id: Mapped[int | None] = mapped_column(ForeignKey("salesmen.id"))
    created_by: Mapped[str] = mapped_column(String(200), default="")
    created_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    import_hash: Mapped[str] = mapped_column(String(64), default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)

    contact: Mapped[Contact | None] = relationship(lazy="select")
    salesman: Mapped[Salesman | None] = relationship(lazy="select")
    lines: Mapped[list["InvoiceLine"]] = relationship(
        order_by="InvoiceLine.position", cascade="all, delete-orphan", lazy="select"
    )
    document: Mapped["InvoiceDocument | None"] = relationship(cascade="all, delete-orphan", lazy="select")


class InvoiceLine(Base):
    """A line; amounts are rounded per line, as Yuki does.

    `price_from_list`: price and VAT are left to the books' own price list, and what stands here is our guess.
    `mrp` is the maximum retail price of a piece. `line_amount` and `line_vat_amount`, where given, take the place of
    what would be computed.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (Index("ix_invoice_lines_invoice_id", "invoice_id", "position"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    position: Mapped[int]
    description: Mapped[str] = mapped_column(Text, default="")
    remarks: Mapped[str] = mapped_column(Text, default="")
    item_code: Mapped[str] = mapped_column(String(40), default="")
    product_description: Mapped[str] = mapped_column(String(60), default="")
    quantity: Mapped[Decimal] = mapped_column(FINE)
    unit_price: Mapped[Decimal] = mapped_column(FINE)
    vat_included: Mapped[bool] = mapped_column(default=False)
    vat_type: Mapped[int] = mapped_column(default=1)
    vat_rate: Mapped[Decimal] = mapped_column(AMOUNT)
    vat_description: Mapped[str] = mapped_column(String(100), default="")
    category: Mapped[int | None]
    product_remarks: Mapped[str] = mapped_column(Text, default="")
    price_from_list: Mapped[bool] = mapped_column(default=False)
    line_amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    line_vat_amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    gl_account_code: Mapped[str] = mapped_column(String(20), default="")
    activity_code: Mapped[str] = mapped_column(String(60), default="")
    sent_account_code: Mapped[str] = mapped_column(String(20), default="")
    sent_account_level: Mapped[str] = mapped_column(String(12), default="")
    sent_account_name: Mapped[str] = mapped_column(String(200), default="")
    accrual_date: Mapped[date | None]
    accrual_periods: Mapped[int | None]
    accrual_interval: Mapped[int | None]
    barcode: Mapped[str] = mapped_column(String(60), default="")
    packing: Mapped[str] = mapped_column(String(100), default="")
    shelf_location: Mapped[str] = mapped_column(String(60), default="")
    mrp: Mapped[Decimal | None] = mapped_column(FINE)
    company_name: Mapped[str] = mapped_column(String(200), default="")
    batch_no: Mapped[str] = mapped_column(String(60), default="")
    net_amount: Mapped[Decimal] = mapped_column(AMOUNT)
    vat_amount: Mapped[Decimal] = mapped_column(AMOUNT)
    gross_amount: Mapped[Decimal] = mapped_column(AMOUNT)


class InvoiceDocument(Base):
    """The PDF that travels with an invoice; in a table of its own, so that no list ever reads its bytes."""

    __tablename__ = "invoice_documents"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(Moment)


class InvoiceEvent(Base):
    """A line of an invoice's history: an event code with its parameters, put into words when it is read."""

    __tablename__ = "invoice_events"
    __table_args__ = (Index("ix_invoice_events_invoice_id", "invoice_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    actor_kind: Mapped[str] = mapped_column(String(10), default="system")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    event: Mapped[str] = mapped_column(String(50))
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))


def owed() -> ColumnElement[bool]:
    """Return the condition of what customers owe, in the very words of its index: only so will SQLite look there.

    These are known again by how they are made (queries/invoice_hints.py), so they are no `word`: that is a filter.
    """
    return and_(Invoice.status == literal_column("'sent'"), Invoice.outstanding_amount > literal_column("0"))
