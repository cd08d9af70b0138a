"""Rows for tests: connections and invoices as they stand when somebody asks for something."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from webapp.domain.totals import LineInput, calculate
from webapp.extensions import clock
from webapp.services.sealing import seal
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.session import transaction

SECRET_KEY = "a-key-for-the-tests"


def make_connection(organisation_id: int, **facts: Any) -> int:
    """Store an active Yuki connection, and return its id."""
    values: dict[str, Any] = {
        "provider": "yuki",
        "name": "Yuki Voorbeeld",
        "region": "nl",
        "administration_id": "11111111-2222-3333-4444-555555555555",
        "administration_name": "Voorbeeld B.V.",
        "key_hint": "ests",
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    key = facts.pop("key", SECRET_KEY)
    with transaction() as session:
        connection = Connection(organisation_id=organisation_id, sealed_key="", **(values | facts))
        session.add(connection)
        session.flush()
        connection.sealed_key = seal(key, organisation_id=organisation_id, row=connection.uid, field="key")
        return connection.id


def make_invoice(organisation_id: int, number: str, **facts: Any) -> int:
    """Store a sales invoice that was sent to the customer, and return its id.

    `price` (net, one piece), `vat_type`, `vat_rate`, `contact` are for its one line and its contact.
    """
    price = Decimal(facts.pop("price", "100.00"))
    vat_type, vat_rate = facts.pop("vat_type", 1), Decimal(facts.pop("vat_rate", 21))
    quantity = Decimal(facts.pop("quantity", 1))
    name, code = facts.pop("contact", "Bakkerij De Korenbloem"), facts.pop("code", None)
    amounts = calculate([LineInput(quantity, price, vat_rate)]).lines[0]
    now = clock.now()
    values: dict[str, Any] = {
        "kind": "sales",
        "status": "sent",
        "issue_date": date(2026, 2, 2),
        "due_date": date(2026, 2, 2) + timedelta(days=30),
        "created_at": now,
        "updated_at": now,
    }
    with transaction() as session:
        contact = Contact(
            organisation_id=organisation_id, code=code, name=name, city="Rotterdam", created_at=now, updated_at=now
        )
        invoice = Invoice(
            organisation_id=organisation_id,
            number=number,
            contact=contact,
            contact_name=name,
            net_total=amounts.net,
            vat_total=amounts.vat,
            gross_total=amounts.gross,
            outstanding_amount=amounts.gross,
            **(values | facts),
        )
        invoice.lines = [
            InvoiceLine(
                position=1,
                description="Brood, week 31",
                quantity=quantity,
                unit_price=price,
                vat_type=vat_type,
                vat_rate=vat_rate,
                net_amount=amounts.net,
                vat_amount=amounts.vat,
                gross_amount=amounts.gross,
            )
        ]
        session.add(invoice)
        session.flush()
        return invoice.id


def make_invoices(organisation_id: int, count: int, **facts: Any) -> list[int]:
    """Store invoices 26-0001, 26-0002 …, and return their ids."""
    return [make_invoice(organisation_id, f"26-{n:04}", **facts) for n in range(1, count + 1)]
