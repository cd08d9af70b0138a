"""Let go of what the logs need no longer, every night; never of a proof that an invoice was sent, nor of what waits."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update

from webapp.domain.invoices import DeliveryState
from webapp.domain.mails import MailState
from webapp.extensions import clock
from webapp.services.accounts import AccountError
from webapp.services.actors import Actor
from webapp.store.expenses import ExpenseUpload
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.organisations import Organisation
from webapp.store.runs import HttpExchange, Run, RunItem
from webapp.store.session import current, release, transaction

KEY, PRUNED = "log_days", "logs_pruned_on"
"""Among an organisation's settings: how long its logs are kept, and the night they were last looked through."""

USUAL, LEAST, MOST = 400, 30, 4000
"""Days."""

FIRST_HOUR = 2
"""Of the night, by the clock of the screens: nothing else is due then."""

PORTION, PORTIONS = 500, 20
"""Rows of one transaction, and transactions of one round of the scheduler."""

UNRESOLVED = tuple(
    state.value
    for state in (
        DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.REJECTED, DeliveryState.UNKNOWN,
        DeliveryState.CONFLICT,
    )
)  # fmt: skip


def log_days(organisation: Organisation) -> int:
    """Return how many days an organisation keeps requests, answers and what became of each invoice in a run."""
    return int(organisation.settings.get(KEY, USUAL))


def keep_for(actor: Actor, days: int) -> None:
    """Say how many days logs are kept; raises AccountError with the code `log_days`."""
    if not LEAST <= days <= MOST:
        raise AccountError(KEY, f"Logs are kept from {LEAST} to {MOST} days.")
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id, with_for_update=True)
        organisation.settings = organisation.settings | {KEY: days}


def prune() -> int:
    """Look through the logs of each organisation once a night, a portion at a time; returns how many rows went."""
    local = clock.now().astimezone(current_app.extensions["koppel"].zone)
    if local.hour < FIRST_HOUR:
        return 0
    night = local.date().isoformat()
    due = [one.id for one in current().scalars(select(Organisation)) if one.settings.get(PRUNED) != night]
    release()
    gone = 0
    for organisation_id in due:
        found, done = _prune(organisation_id)
        gone += found
        if not done:
            return gone  # the next round goes on there
        with transaction() as session:
            organisation = session.get_one(Organisation, organisation_id, with_for_update=True)
            organisation.settings = organisation.settings | {PRUNED: night}
    return gone


def _prune(organisation_id: int) -> tuple[int, bool]:
    """Return how many rows of an organisation went, and whether that was all there was."""
    days = log_days(current().get_one(Organisation, organisation_id))
    before, gone = clock.now() - timedelta(days=days), 0
    steps: list[tuple[Any, Any, Any]] = [
        (select(HttpExchange.id).where(*_exchanges(organisation_id, before)), delete(HttpExchange), HttpExchange.id),
        (select(RunItem.id).where(*_items(organisation_id, before)), delete(RunItem), RunItem.id),
        (select(Mail.id).where(*_mails(organisation_id, before)), update(Mail).values(content=None), Mail.id),
    ]
    for query, statement, key in steps:
        for _ in range(PORTIONS):
            ids = list(current().scalars(query.limit(PORTION)))
            release()
            if not ids:
                break
            with transaction() as session:
                session.execute(statement.where(key.in_(ids)).execution_options(synchronize_session=False))
            gone += len(ids)
        else:
            return gone, False
    return gone, True


def _kept() -> ColumnElement[bool]:
    """Return the condition of the items that stay: a proof that something was sent, or something still waits."""
    proof = and_(RunItem.outcome == "succeeded", RunItem.delivery_id.is_not(None))
    waits = exists().where(Invoice.id == RunItem.invoice_id, Invoice.delivery.in_(UNRESOLVED))
    return or_(proof, RunItem.outcome == "pending", RunItem.claim_id.is_not(None), waits)


def _items(organisation_id: int, before: datetime) -> tuple[Any, ...]:
    ended = exists().where(Run.id == RunItem.run_id, Run.ended_at < before)
    return RunItem.organisation_id == organisation_id, RunItem.updated_at < before, ended, ~_kept()


def _exchanges(organisation_id: int, before: datetime) -> tuple[Any, ...]:
    named = exists().where(RunItem.exchange_id == HttpExchange.id, _kept())
    receipt = exists().where(ExpenseUpload.exchange_id == HttpExchange.id)
    return HttpExchange.organisation_id == organisation_id, HttpExchange.started_at < before, ~named, ~receipt


def _mails(organisation_id: int, before: datetime) -> tuple[Any, ...]:
    """The text of an e-mail goes; that it was sent, to whom and when, stays."""
    over = Mail.state.in_((MailState.SENT.value, MailState.FAILED.value))
    return Mail.organisation_id == organisation_id, Mail.created_at < before, over, Mail.content.is_not(None)
