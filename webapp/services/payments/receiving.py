"""Record payments from wherever they come, each fact once, and take one back by its reversal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.invoices import refresh_payments
from webapp.services.invoices.paying import own_sums
from webapp.services.payments.ledger import (
    MOST_REASON,
    LedgerError,
    Locked,
    balance,
    check_amount,
    check_paid,
    lock,
    reversal,
    standing,
    use,
)
from webapp.services.payments.pairing import pair, part
from webapp.store.connections import Connection
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current, transaction

SOURCES = ("manual", "statement", "billingo")
"""Where payments come from beside the books' own word (`yuki`), which the payment runs record."""

CHUNK = 500


@dataclass(frozen=True, slots=True)
class PaymentData:
    """A payment as its source tells it.

    `remote_key` names the fact within its source and organisation: the same fact a second time is the same
    payment. `received_on` is the day the money came, or with `seen_on` the day it was first seen.
    `connection_id` is the administration it belongs to, None when it belongs to no one alone. `fact` is
    what else the source said, JSON only, for the payment's page.
    """

    source: str
    remote_key: str
    amount: Decimal
    received_on: date
    currency: str = "EUR"
    seen_on: bool = False
    contact_name: str = ""
    iban: str = ""
    description: str = ""
    account: str = ""
    connection_id: int | None = None
    fact: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The payment that a fact became; `fresh` when it was not known before."""

    payment_id: int
    fresh: bool


def record_payment(actor: Actor, data: PaymentData) -> Recorded:
    """Record one payment, set against nothing yet; see record_payments."""
    return record_payments(actor, [data])[0]


def record_payments(actor: Actor, facts: Sequence[PaymentData]) -> list[Recorded]:
    """Record payments in one transaction, in their order; a fact that is known already changes nothing.

    Raises LedgerError (`source`, `amount`, `currency`, `key`, `not_found` for a connection of others), and
    then nothing was written.
    """
    with transaction():
        return store_payments(actor, facts)


def store_payments(actor: Actor, facts: Sequence[PaymentData]) -> list[Recorded]:
    """Do what `record_payments` does inside of a transaction."""
    for data in facts:
        _check(data)
    session = current()
    _check_connections(actor, {data.connection_id for data in facts} - {None})
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    known: dict[str, int] = {}
    fresh: set[str] = set()
    for start in range(0, len(facts), CHUNK):
        rows = list({_key(data): _row(actor, data) for data in facts[start : start + CHUNK]}.values())
        insert = dialect.insert(Payment).on_conflict_do_nothing().returning(Payment.remote_key)
        fresh |= set(session.scalars(insert, rows))
        query = select(Payment.remote_key, Payment.id).where(
            Payment.organisation_id == actor.organisation_id,
            Payment.remote_key.in_([row["remote_key"] for row in rows]),
        )
        known |= {row.remote_key: row.id for row in session.execute(query)}
    found = []
    for data in facts:
        key = _key(data)
        found.append(Recorded(known[key], key in fresh))
        fresh.discard(key)
    pair(actor.organisation_id, [one.payment_id for one in found if one.fresh])
    return found


def reverse_payment(actor: Actor, payment_id: int, *, reason: str = "", on: date | None = None) -> int:
    """Take a payment back: all that it settled is undone, and a payment of the opposite amount stands against it.

    For a collection that bounced, or a payment that was typed by mistake; `on` is the day, today by
    default. Returns the id of the reversal. Raises LedgerError: `not_found`, `from_books` (what the books
    told is undone there), `already_reversed`, `is_reversal`.
    """
    with transaction() as session:
        payment = session.scalar(
            select(Payment).where(Payment.id == payment_id, Payment.organisation_id == actor.organisation_id)
        )
        if payment is None:
            raise LedgerError("not_found")
        if payment.source == "yuki":
            raise LedgerError("from_books")
        held, entries = _hold(actor, payment_id)
        payment = held.payments[payment_id]
        if payment.reverses_id is not None:
            raise LedgerError("is_reversal")
        if payment.reversed_amount:
            raise LedgerError("already_reversed")
        words = " ".join(reason.split())[:MOST_REASON]
        sums = own_sums(held.invoices)
        for one in entries:
            if one.invoice_id is not None:
                ours = sums[one.invoice_id]
                check_paid(held.invoices[one.invoice_id], -one.amount, ours=ours)
                ours.paid -= one.amount
            session.add(reversal(actor, one, reason=words))
            if one.payment_id is not None:
                use(held.payments[one.payment_id], -one.amount)
            if one.refund_id is not None:
                use(held.payments[one.refund_id], one.amount)
            _tell(actor, payment, one, words)
        part(payment)
        day = on or clock.today(current_app.extensions["koppel"].zone)
        back = _reversal(actor, payment, reason=words, on=day)
        session.add(back)
        payment.reversed_amount = payment.amount
        balance(payment)
        refresh_payments(list(held.invoices.values()), actor=actor)
        session.flush()
        return back.id


def _hold(actor: Actor, payment_id: int) -> tuple[Locked, list[Allocation]]:
    """Lock a payment with the invoices and payments it stands against, however often those change meanwhile."""
    uses = or_(Allocation.payment_id == payment_id, Allocation.refund_id == payment_id)
    invoices, payments = _sides(standing(uses))
    while True:
        held = lock(actor, invoice_ids=invoices, payment_ids=payments | {payment_id})
        entries = standing(uses)
        found, beside = _sides(entries)
        if found <= invoices and beside <= payments | {payment_id}:
            return held, entries
        invoices, payments = invoices | found, payments | beside


def _sides(entries: Sequence[Allocation]) -> tuple[set[int], set[int]]:
    """Return the invoices and the payments that entries join."""
    invoices = {one.invoice_id for one in entries if one.invoice_id is not None}
    return invoices, {side for one in entries for side in (one.payment_id, one.refund_id) if side is not None}


def _reversal(actor: Actor, payment: Payment, *, reason: str, on: date) -> Payment:
    return Payment(
        organisation_id=payment.organisation_id,
        connection_id=payment.connection_id,
        source=payment.source,
        remote_key=f"reversal:{payment.id}",
        amount=-payment.amount,
        reversed_amount=-payment.amount,
        currency=payment.currency,
        received_on=on,
        seen_on=False,
        contact_name=payment.contact_name,
        iban=payment.iban,
        account=payment.account,
        description=payment.description,
        reverses_id=payment.id,
        reason=reason,
        actor_kind=actor.kind,
        actor_name=actor.name,
        created_at=clock.now(),
    )


def _tell(actor: Actor, payment: Payment, one: Allocation, reason: str) -> None:
    if one.invoice_id is not None:
        params = {"amount": str(one.amount), "currency": payment.currency, "date": payment.received_on.isoformat()}
        history.record(one.invoice_id, "payment.taken_back", actor=actor, params=params | {"reason": reason})


def _check(data: PaymentData) -> None:
    check_amount(data.amount)
    if data.source not in SOURCES:
        raise LedgerError("source")
    if not (len(data.currency) == 3 and data.currency.isascii() and data.currency.isupper()):
        raise LedgerError("currency", currency=data.currency)
    if not data.remote_key or len(_key(data)) > 200:
        raise LedgerError("key")


def _check_connections(actor: Actor, ids: set[int | None]) -> None:
    query = select(Connection.id).where(Connection.organisation_id == actor.organisation_id, Connection.id.in_(ids))
    if ids and set(current().scalars(query)) != ids:
        raise LedgerError("not_found")


def _key(data: PaymentData) -> str:
    return f"{data.source}:{data.remote_key}"


def _row(actor: Actor, data: PaymentData) -> dict[str, Any]:
    return {
        "organisation_id": actor.organisation_id,
        "connection_id": data.connection_id,
        "source": data.source,
        "remote_key": _key(data),
        "amount": data.amount,
        "unapplied_amount": data.amount,
        "currency": data.currency,
        "received_on": data.received_on,
        "seen_on": data.seen_on,
        "contact_name": data.contact_name[:200],
        "iban": data.iban.replace(" ", "").upper()[:34],
        "account": data.account.replace(" ", "").upper()[:34],
        "description": data.description[:300],
        "fact": data.fact,
        "actor_kind": actor.kind,
        "actor_name": actor.name,
        "created_at": clock.now(),
    }
