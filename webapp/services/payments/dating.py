"""The days on which payments really came, from the debtor account: one call after a run, where the budget allows.

The run itself knows only the day on which it saw them. What cannot be told keeps that day, and says so.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import select

from webapp.connectors.ports import AccountEntry, ConnectorError
from webapp.domain.budget import Budget, may_spare, yuki_day
from webapp.domain.clock import local_date
from webapp.domain.dating import Dated, Posting, Undated, date_payments
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import history
from webapp.services.actors import system
from webapp.services.gateways import open_gateway
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import CallCount, Connection
from webapp.store.contacts import Contact
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction

log = Log()
USUAL_ACCOUNTS = {"nl": "13000", "be": "400000"}
"""Where debtors usually stand; the Belgian one is in Yuki's own example, and either can be set per connection."""

DELAY = timedelta(days=60)
"""How long before the last look a line may have come that the books have matched only now."""


def find_days(run_id: int) -> None:
    """Ask for the entries of the debtor account and date what the run saw; once for a run."""
    run = current().get(Run, run_id)
    if run is None or run.connection_id is None or "days" in run.details:
        return  # the question was asked, or could not be: another call would tell nothing new
    connection = current().get_one(Connection, run.connection_id)
    undated = _undated(run_id)
    account = connection.debtor_account or USUAL_ACCOUNTS[connection.region]
    since, until = _period(undated), local_date(clock.now(), current_app.extensions["koppel"].zone)
    used = _used(connection.id, since)
    spare = may_spare(_budget(connection))
    connection_id = connection.id
    release()
    if not undated:
        return
    if not spare:
        _say(run_id, "budget", of=len(undated))
        return
    try:
        gateway = open_gateway(connection_id, kind=Trigger.AUTOMATIC, run_id=run_id, for_payments=True).gateway
        entries = gateway.account_entries(account, since=since, until=until)
    except (ConnectorError, CannotUnseal) as error:
        log.info("payment_days_not_told", run_id=run_id, error=type(error).__name__)
        _say(run_id, "failed", of=len(undated))
        return
    found = date_payments([one for one, _ in undated], _postings(entries, used))
    _write(run_id, found, of=len(undated))


def _undated(run_id: int) -> list[tuple[Undated, date]]:
    """Return the payments of a run that have only the day they were seen, with the day of their invoice."""
    query = (
        select(Payment, Invoice.number, Invoice.issue_date, Contact.code, Delivery.reference)
        .join(Invoice, Invoice.id == Payment.invoice_id)
        .outerjoin(Contact, Contact.id == Invoice.contact_id)
        .outerjoin(
            Delivery,
            (Delivery.invoice_id == Invoice.id)
            & (Delivery.connection_id == Payment.connection_id)
            & (Delivery.state == "sent"),
        )
        .where(Payment.run_id == run_id, Payment.seen_on)
        .order_by(Payment.id)
    )
    found = {
        payment.id: (
            Undated(payment.id, reference or number, code or "", payment.amount, payment.received_on),
            issued,
        )
        for payment, number, issued, code, reference in current().execute(query)
    }
    return list(found.values())


def _period(undated: Sequence[tuple[Undated, date]]) -> date:
    """Return the day from which entries are asked for: the oldest invoice's, but no longer ago than banks are late."""
    days = [max(issued, one.seen_on - DELAY) for one, issued in undated]
    return min(days, default=yuki_day(clock.now()))


def _used(connection_id: int, since: date) -> set[str]:
    """Return the entries by which payments were dated before: each tells of one."""
    facts = current().scalars(
        select(Payment.fact).where(
            Payment.connection_id == connection_id,
            Payment.source == "yuki",
            ~Payment.seen_on,
            Payment.received_on >= since,
        )
    )
    return {str(one) for fact in facts for one in fact.get("entries", ())}


def _budget(connection: Connection) -> Budget:
    day = yuki_day(clock.now()).isoformat()
    row = current().get(CallCount, (connection.budget_key, day))
    return Budget(connection.daily_calls, row.manual if row else 0, row.automatic if row else 0)


def _postings(entries: Sequence[AccountEntry], used: set[str]) -> list[Posting]:
    return [
        Posting(one.remote_id, one.day, one.amount, f"{one.reference} {one.description}", one.contact_code)
        for one in entries
        if not one.of_invoice and one.remote_id not in used
    ]


def _write(run_id: int, found: Sequence[Dated], *, of: int) -> None:
    with transaction() as session:
        query = select(Payment).where(Payment.id.in_([one.payment_id for one in found])).order_by(Payment.id)
        rows = {row.id: row for row in session.scalars(query.with_for_update())}
        for one in found:
            payment = rows[one.payment_id]
            if not payment.seen_on or payment.invoice_id is None:
                continue  # done by another try
            seen = payment.received_on
            payment.received_on, payment.seen_on = one.day, False
            payment.fact = dict(payment.fact) | {"seen_on": seen.isoformat(), "entries": list(one.posting_ids)}
            history.record(
                payment.invoice_id,
                "payment.dated",
                actor=system(payment.organisation_id),
                run_id=run_id,
                params={
                    "amount": str(payment.amount),
                    "currency": payment.currency,
                    "date": one.day.isoformat(),
                    "seen": seen.isoformat(),
                },
            )
        _note(session.get_one(Run, run_id), "asked", found=len(found), of=of)


def _say(run_id: int, state: str, *, of: int) -> None:
    with transaction() as session:
        _note(session.get_one(Run, run_id), state, found=0, of=of)


def _note(run: Run, state: str, *, found: int, of: int) -> None:
    """Let the run's page say why the days are those of the bank, or those on which they were seen."""
    run.details = run.details | {"days": {"state": state, "found": found, "of": of}}
