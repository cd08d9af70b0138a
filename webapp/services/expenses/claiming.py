"""Claim receipts for filing: one conditional UPDATE decides who has one, and a fence refuses whoever had it before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, or_, select, update

from webapp.connectors.filing import Paper
from webapp.domain.expenses import claim_number
from webapp.domain.failures import Failure
from webapp.domain.receipts import EXTENSIONS
from webapp.extensions import clock
from webapp.services.actors import system
from webapp.services.expenses.data import record
from webapp.services.expenses.recording import lock_claims, show
from webapp.store.expenses import ExpenseClaim, ExpenseLine, ExpenseReceipt, ExpenseUpload
from webapp.store.session import current, transaction

MARGIN = timedelta(seconds=30)


class Superseded(Exception):
    """Somebody else has taken over what we were about to file; nothing has left."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A receipt that is ours as long as its fence is the newest."""

    line_id: int
    claim_id: int
    fence: int
    token: str
    look_up_first: bool
    asked_on: date
    paper: Paper = field(repr=False)


def settle_time() -> timedelta:
    """How long after a lost answer nothing is looked up: longer than Yuki's slowest answer."""
    return timedelta(seconds=current_app.extensions["koppel"].yuki_settle)


def _lease() -> timedelta:
    settings = current_app.extensions["koppel"]
    return timedelta(seconds=max(settings.lease_seconds, settings.yuki_timeout)) + MARGIN


def claim_next(run_id: int) -> Claimed | None:
    """Claim the next receipt of a run that is due; None when there is none."""
    now = clock.now()
    with transaction() as session:
        line_id = session.scalar(
            select(ExpenseUpload.line_id)
            .where(ExpenseUpload.run_id == run_id, _is_due(now))
            .order_by(ExpenseUpload.line_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if line_id is None:
            return None
        upload = session.get_one(ExpenseUpload, line_id, populate_existing=True)
        upload.state, upload.fence = "sending", upload.fence + 1
        upload.lease_until, upload.look_up_after, upload.updated_at = now + _lease(), None, now
        claimed = _read(upload)
        show(upload.claim_id)
        return claimed


def _is_due(now: datetime) -> ColumnElement[bool]:
    is_time = or_(ExpenseUpload.look_up_after.is_(None), ExpenseUpload.look_up_after <= now)
    return and_(ExpenseUpload.state.in_(("queued", "unknown")), is_time)


def _read(upload: ExpenseUpload) -> Claimed:
    """Read what is filed; its name in the archive carries the token, by which it is found again."""
    session = current()
    line = session.get_one(ExpenseLine, upload.line_id)
    claim = session.get_one(ExpenseClaim, upload.claim_id)
    number = claim_number(claim.number)
    return Claimed(
        upload.line_id,
        upload.claim_id,
        upload.fence,
        upload.token,
        upload.look_up_first,
        upload.created_at.date(),
        Paper(
            name=f"{number}-{line.position}-{upload.token}.{EXTENSIONS[line.media_type]}",
            content=session.get_one(ExpenseReceipt, line.id).content,
            folder=upload.folder,
            amount=Decimal(line.amount).quantize(Decimal("0.01")),
            currency=claim.currency,
            cost_category=line.cost_category,
            remarks=" · ".join((number, claim.employee, line.description, line.spent_on.isoformat(), *_vat(line))),
        ),
    )


def _vat(line: ExpenseLine) -> Iterator[str]:
    """What the books should know of the VAT, where somebody has said so; Yuki has no field for it."""
    if line.vat_amount is not None:
        rate = f" ({line.vat_rate.normalize():f}%)" if line.vat_rate is not None else ""
        yield f"btw {line.vat_amount:.2f}{rate}"


def hold_on(claimed: Claimed) -> None:
    """Renew the lease inside of a transaction, the last thing before a call; raises Superseded."""
    changed = current().execute(
        update(ExpenseUpload)
        .where(
            ExpenseUpload.line_id == claimed.line_id,
            ExpenseUpload.fence == claimed.fence,
            ExpenseUpload.state == "sending",
        )
        .values(lease_until=clock.now() + _lease())
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise Superseded


def leave(claimed: Claimed) -> None:
    """Note that the receipt's bytes leave now: whoever comes after looks first. Raises Superseded."""
    with transaction():
        hold_on(claimed)
        current().execute(
            update(ExpenseUpload)
            .where(ExpenseUpload.line_id == claimed.line_id)
            .values(look_up_first=True, attempts=ExpenseUpload.attempts + 1)
        )


def take_over(run_id: int) -> None:
    """Take over what a dead worker held: unknown if its bytes may have left, else back to the queue."""
    now = clock.now()
    with transaction() as session:
        rows = session.scalars(
            select(ExpenseUpload)
            .where(ExpenseUpload.run_id == run_id, ExpenseUpload.state == "sending", ExpenseUpload.lease_until < now)
            .with_for_update(skip_locked=True)
        ).all()
        for upload in rows:
            upload.fence, upload.lease_until, upload.updated_at = upload.fence + 1, None, now
            if not upload.look_up_first:
                upload.state = "queued"
                continue
            upload.state, upload.failure = "unknown", Failure.UNKNOWN_OUTCOME.value
            upload.look_up_after = now + settle_time()
        for claim_id in lock_claims(upload.claim_id for upload in rows):
            show(claim_id)
            if any(one.claim_id == claim_id and one.state == "unknown" for one in rows):
                claim = session.get_one(ExpenseClaim, claim_id)
                record(claim_id, "yuki.unknown", actor=system(claim.organisation_id), run_id=run_id)


def next_due(run_id: int) -> float | None:
    """Return the seconds until the next receipt of a run is due or its lease is over; None when all have ended."""
    now = clock.now()
    query = select(func.min(func.coalesce(ExpenseUpload.look_up_after, ExpenseUpload.lease_until)), func.count()).where(
        ExpenseUpload.run_id == run_id, ExpenseUpload.state.in_(("queued", "sending", "unknown"))
    )
    first, number = current().execute(query).one()
    if not number:
        return None
    return max(0.0, (first - now).total_seconds()) + 1 if first is not None else 1.0
