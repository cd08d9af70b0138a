"""The books compared: what is open here beside what is open there, and what there belongs to nobody here."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from webapp.domain.runs import RunCategory
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState
from webapp.store.payments import RemoteOpenItem
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.words import word

CURRENCY = "EUR"
"""The currency of the books, in which their open items are."""

STRANGERS = 50


@dataclass(frozen=True, slots=True)
class Comparison:
    """Open here against open in one administration, as the last look at a side of its books found it.

    `side` is debtor (what customers owe) or creditor (what suppliers are owed). `run_id` is missing where the run was
    cleared away since. `causes` are (cause, number, amount), whose amounts add up to the difference; the cause is a
    code of services/payments/comparing.py.
    """

    connection_id: int
    name: str
    administration: str
    run_id: int | None
    asked_at: datetime | None
    open_here: Decimal
    open_there: Decimal
    causes: tuple[tuple[str, int, Decimal], ...]
    side: str = "debtor"
    currency: str = CURRENCY

    @property
    def difference(self) -> Decimal:
        """Positive when the books have more open than we do."""
        return self.open_there - self.open_here


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something open in the books that belongs to no invoice here."""

    id: int
    reference: str
    contact_name: str
    description: str
    amount: Decimal
    first_seen_at: datetime
    currency: str = CURRENCY


@dataclass(frozen=True, slots=True)
class Strangers:
    """The newest of them, how many there are in all, and what they come to."""

    rows: tuple[Stranger, ...]
    count: int
    amount: Decimal


def comparisons(organisation_id: int) -> tuple[Comparison, ...]:
    """Return how the last look compared, for each side of each administration that was ever looked at."""
    found = [*_of_customers(organisation_id), *_of_suppliers(organisation_id)]
    return tuple(sorted(found, key=lambda one: (one.name, one.connection_id)))  # both sides of one stay together


def _of_customers(organisation_id: int) -> list[Comparison]:
    """Return what payment runs found, which keep their figures themselves."""
    last = (
        select(Run.id)
        .where(
            Run.connection_id == Connection.id,
            Run.category == word(RunCategory.PROCESS_PAYMENTS.value),
            Run.status == word("completed"),
        )
        .order_by(Run.id.desc())
        .limit(1)
        .correlate(Connection)
        .scalar_subquery()
    )
    rows = current().execute(
        select(Connection.name, Connection.administration_name, Run)
        .join(Run, Run.id == last)
        .where(Connection.organisation_id == organisation_id)
        .order_by(Connection.name, Connection.id)
    )
    return [
        _comparison(run.connection_id or 0, (name, administration), dict(run.details or {}), (run.id, run.ended_at))
        for name, administration, run in rows
    ]


def _of_suppliers(organisation_id: int) -> list[Comparison]:
    """Return what readings of the archive found when they asked what is owed to suppliers."""
    rows = current().execute(
        select(Connection.id, Connection.name, Connection.administration_name, FetchState.compared, Run.id)
        .join(FetchState, FetchState.connection_id == Connection.id)
        .outerjoin(Run, Run.id == FetchState.compared["run_id"].as_integer())
        .where(Connection.organisation_id == organisation_id)
    )
    return [
        _comparison(
            key, (name, administration), compared, (run_id, datetime.fromisoformat(compared["asked_at"])), "creditor"
        )
        for key, name, administration, compared, run_id in rows
        if compared
    ]


def _comparison(
    connection_id: int,
    names: tuple[str, str],
    details: dict[str, Any],
    look: tuple[int | None, datetime | None],
    side: str = "debtor",
) -> Comparison:
    return Comparison(
        connection_id=connection_id,
        name=names[0],
        administration=names[1],
        run_id=look[0],
        asked_at=look[1],
        side=side,
        open_here=Decimal(str(details.get("open_here", 0))),
        open_there=Decimal(str(details.get("open_there", 0))),
        causes=tuple((one["cause"], int(one["count"]), Decimal(one["amount"])) for one in details.get("causes", ())),
    )


def strangers(organisation_id: int, limit: int = STRANGERS) -> Strangers:
    """Return what customers owe by the books and is unknown here: invoices and credit notes booked elsewhere."""
    strange = (
        RemoteOpenItem.organisation_id == organisation_id,
        RemoteOpenItem.side == "debtor",
        RemoteOpenItem.invoice_id.is_(None),
        RemoteOpenItem.payment_id.is_(None),
        RemoteOpenItem.gone_at.is_(None),
    )
    rows = current().scalars(select(RemoteOpenItem).where(*strange).order_by(RemoteOpenItem.id.desc()).limit(limit))
    found = tuple(
        Stranger(row.id, row.reference, row.contact_name, row.description, row.open_amount, row.first_seen_at)
        for row in rows
    )
    if not found:
        return Strangers((), 0, Decimal(0))
    count, amount = current().execute(select(func.count(), func.sum(RemoteOpenItem.open_amount)).where(*strange)).one()
    return Strangers(found, count, amount)
