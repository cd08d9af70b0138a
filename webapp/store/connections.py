"""Connections: how an organisation (or one of its departments) reaches its books."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment


def budget_key(provider: str, domain_id: str, uid: str) -> str:
    """Return the key of the quota that calls of a connection count on; see Connection.budget_key."""
    return f"{provider}:{domain_id or uid}"


class Connection(Base):
    """One connection; `sealed_key` and `sealed_session` are bound to `uid` (see services/sealing.py).

    The payment key, where there is one, is what payments are read with, in a session of its own; else the key does it.
    `inherits` names the fields that a department has from the organisation's connection, None where it has none.
    `debtor_account` is the ledger account of debtors, empty for the usual one of the country. `state` is
    active or paused; `pause_reason` is `person`, or the failure class that paused it.
    """

    __tablename__ = "connections"
    __table_args__ = (
        CheckConstraint("provider IN ('yuki', 'billingo')", name="provider"),
        CheckConstraint("state IN ('active', 'paused')", name="state"),
        Index("ix_connections_organisation_id_provider", "organisation_id", "provider"),
        Index("uq_connections_organisation_id_id", "organisation_id", "id", unique=True),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid4().hex)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    provider: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    region: Mapped[str] = mapped_column(String(2), default="nl")
    administration_id: Mapped[str] = mapped_column(String(64), default="")
    administration_name: Mapped[str] = mapped_column(String(200), default="")
    domain_id: Mapped[str] = mapped_column(String(64), default="")
    domain_name: Mapped[str] = mapped_column(String(200), default="")
    sealed_key: Mapped[str] = mapped_column(Text)
    key_hint: Mapped[str] = mapped_column(String(4), default="")
    sealed_payment_key: Mapped[str] = mapped_column(Text, default="")
    payment_key_hint: Mapped[str] = mapped_column(String(4), default="")
    inherits: Mapped[list[str] | None] = mapped_column(Json)
    send_expenses: Mapped[bool] = mapped_column(default=False)
    expense_folder_id: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(10), default="active")
    pause_reason: Mapped[str] = mapped_column(String(30), default="")
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    send_invoices: Mapped[bool] = mapped_column(default=True)
    process_payments: Mapped[bool] = mapped_column(default=True)
    auto_send: Mapped[bool] = mapped_column(default=False)
    draft: Mapped[bool] = mapped_column(default=False)
    fetch_invoices: Mapped[bool] = mapped_column(default=False, server_default=false())
    payment_times: Mapped[list[str]] = mapped_column(Json, default=lambda: ["07:00", "14:00"])
    debtor_account: Mapped[str] = mapped_column(String(20), default="")
    daily_calls: Mapped[int] = mapped_column(default=1000)
    rest_until: Mapped[datetime | None] = mapped_column(Moment)
    failure_streak: Mapped[int] = mapped_column(default=0)
    breaker_until: Mapped[datetime | None] = mapped_column(Moment)
    sealed_session: Mapped[str] = mapped_column(Text, default="")
    login_until: Mapped[datetime | None] = mapped_column(Moment)
    session_at: Mapped[datetime | None] = mapped_column(Moment)
    sealed_payment_session: Mapped[str] = mapped_column(Text, default="")
    payment_login_until: Mapped[datetime | None] = mapped_column(Moment)
    payment_session_at: Mapped[datetime | None] = mapped_column(Moment)
    payments_asked_at: Mapped[datetime | None] = mapped_column(Moment)
    tested_at: Mapped[datetime | None] = mapped_column(Moment)
    test_report: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def budget_key(self) -> str:
        """Whose quota a call of this connection counts on: the remote domain, or the connection until that is known."""
        return budget_key(self.provider, self.domain_id, self.uid)


class CallCount(Base):
    """The calls that one domain used on one day of the remote's calendar."""

    __tablename__ = "call_counts"

    budget_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    manual: Mapped[int] = mapped_column(default=0)
    automatic: Mapped[int] = mapped_column(default=0)


class VatCodeList(Base):
    """The VAT codes that are active in a connection's administration, as the books last told them.

    `place` is the region and administration that were asked: another one makes the list nobody's.
    `accounts` are the codes of the ledger accounts in use, None where the key may not see them.
    """

    __tablename__ = "vat_code_lists"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(String(80))
    codes: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    accounts: Mapped[list[str] | None] = mapped_column(Json)
    read_at: Mapped[datetime] = mapped_column(Moment)
