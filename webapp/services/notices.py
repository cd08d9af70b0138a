"""Notices: one open row per cause, counted anew when something changed, closed by itself on recovery.

Every function but `mark_seen` runs inside of the caller's transaction, and is done as the last thing of it: many
workers write the same few rows, some of them first and some of them last of all that they write.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Integer, Update, bindparam, case, exists, func, select, update
from sqlalchemy.orm import Session

from webapp.domain.access import ROLES
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.store.deliveries import Delivery
from webapp.store.expenses import ExpenseUpload
from webapp.store.notifications import Notification, NotificationRead, is_for, personal
from webapp.store.session import at_the_end, by_dialect, dialect, direct, transaction
from webapp.store.types import table_of

INVOICES = "invoices"
CLAIMS = "claims"
"""The cause of a notice that counts invoices, or expense claims, begins with this; all others are about a connection
or run."""

CONNECTION_WIDE = frozenset(
    {
        Failure.AUTH,
        Failure.RIGHT,
        Failure.ADMINISTRATION,
        Failure.SUBSCRIPTION,
        Failure.QUOTA,
        Failure.BUSY,
        Failure.NETWORK,
        Failure.REMOTE,
        Failure.NOT_UNDERSTOOD,
    }
)
"""Failures of a connection as a whole: one notice, whatever was being done when they came up."""

_LOCK = 0x4B4E
_STATE_FAILURE = {"rejected": Failure.REFUSED, "conflict": Failure.DUPLICATE, "unknown": Failure.UNKNOWN_OUTCOME}

_NOTICES, _READS, _DELIVERIES, _UPLOADS = map(table_of, (Notification, NotificationRead, Delivery, ExpenseUpload))


def _open_or_update(make: Any) -> Any:
    """Insert the open row of a cause, or update the one that is there; the partial unique index decides which."""
    statement = make(_NOTICES)
    old, fresh = _NOTICES.c, statement.excluded
    changed = case((old.count != fresh.count, fresh.updated_at), else_=old.updated_at)
    return statement.on_conflict_do_update(
        index_elements=["organisation_id", "cause"],
        index_where=old.closed_at.is_(None),
        set_={
            "count": fresh.count,
            "run_id": func.coalesce(fresh.run_id, old.run_id),
            "audience": fresh.audience,
            "updated_at": changed,
        },
    )


def _note_as_read(make: Any) -> Any:
    statement = make(_READS)
    return statement.on_conflict_do_update(
        index_elements=["user_id", "notification_id"], set_={"count": statement.excluded.count}
    )


_PUT, _READ = by_dialect(_open_or_update), by_dialect(_note_as_read)
_TURN = select(func.pg_advisory_xact_lock(_LOCK, bindparam("turn", type_=Integer())))
_OPEN_ABOUT = update(_NOTICES).where(
    _NOTICES.c.connection_id == bindparam("connection"), _NOTICES.c.closed_at.is_(None)
)
_COUNTS = {kind: _NOTICES.c.cause.startswith(f"{kind}:") for kind in (INVOICES, CLAIMS)}
_LISTED = _NOTICES.c.failure.in_(bindparam("failures", expanding=True))
_CLOSE_ALL = _OPEN_ABOUT.where(*(~counts for counts in _COUNTS.values()))
_CLOSE_SOME = _CLOSE_ALL.where(_LISTED)
_CLOSE_GONE = {kind: _OPEN_ABOUT.where(counts, ~_LISTED) for kind, counts in _COUNTS.items()}
_CLOSE_CATEGORY = update(_NOTICES).where(
    _NOTICES.c.organisation_id == bindparam("organisation"),
    _NOTICES.c.category == bindparam("about"),
    _NOTICES.c.closed_at.is_(None),
)


def _latest_failures() -> Any:
    """Select (failure, invoices, last run, organisation) over the latest delivery of every invoice of a connection."""
    own, later = _DELIVERIES.c, _DELIVERIES.alias()
    failure = case(
        (own.failure != "", own.failure),
        *((own.state == state, meant.value) for state, meant in _STATE_FAILURE.items()),
        else_=Failure.REFUSED.value,
    ).label("failure")
    newer = exists().where(
        later.c.invoice_id == own.invoice_id,
        later.c.connection_id == own.connection_id,
        later.c.generation > own.generation,
    )
    return (
        select(
            failure, func.count().label("number"), func.max(own.run_id).label("run_id"), func.max(own.organisation_id)
        )
        .where(own.connection_id == bindparam("connection"), own.state.in_(tuple(_STATE_FAILURE)), ~newer)
        .group_by(failure)
        .order_by(failure)
    )


def _refused_claims() -> Any:
    """Select the same over the expense claims that have a refused receipt; what a person took back is no refusal."""
    own = _UPLOADS.c
    claims = func.count(own.claim_id.distinct()).label("number")
    return (
        select(own.failure, claims, func.max(own.run_id).label("run_id"), func.max(own.organisation_id))
        .where(
            own.connection_id == bindparam("connection"),
            own.state == "rejected",
            own.failure != Failure.CANCELLED.value,
        )
        .group_by(own.failure)
        .order_by(own.failure)
    )


_FOUND = {INVOICES: _latest_failures(), CLAIMS: _refused_claims()}
_CATEGORY = {INVOICES: RunCategory.SEND_INVOICES.value, CLAIMS: RunCategory.SEND_EXPENSE_CLAIMS.value}


def raise_notice(
    organisation_id: int,
    failure: str,
    *,
    connection_id: int | None,
    run_id: int | None,
    category: str,
    count: int,
    audience: str = "viewer",
    person: int | None = None,
) -> None:
    """Open the notice of a cause, or bring the open one up to date; `audience` is the lowest role that sees it.

    `person`: it is for this user alone.
    """
    about = "connection" if failure in CONNECTION_WIDE else category
    if person is not None:
        about = f"{personal(person)}{about}"
    put = partial(
        _put,
        organisation_id,
        f"{about}:{connection_id or ''}:{failure}",
        failure=str(failure),
        connection_id=connection_id,
        run_id=run_id,
        category=str(category),
        count=count,
        audience=audience,
    )
    _in_turn(_turn(organisation_id, connection_id), put)


def close_notices(connection_id: int, *, failures: Iterable[str] | None = None) -> None:
    """Close what is open about a connection, of these failures or of all.

    Notices that count invoices or claims are left alone: only `recount` knows whether those are gone.
    """
    if failures is None:
        close = partial(_close, _CLOSE_ALL, connection=connection_id)
    else:
        close = partial(_close, _CLOSE_SOME, connection=connection_id, failures=[str(one) for one in failures])
    _in_turn(connection_id, close)


def close_cause(organisation_id: int, category: str) -> None:
    """Close what is open of a category that is about no connection, such as one webhook."""
    _in_turn(_turn(organisation_id), partial(_close, _CLOSE_CATEGORY, organisation=organisation_id, about=category))


def recount(connection_id: int, kind: str = INVOICES) -> None:
    """Count the invoices of a connection that stand rejected, in conflict or unknown, and set its notices to that.

    With CLAIMS the same of the expense claims that were refused. Two transactions that do so at once count one after
    the other, so that the later count is the one that stays.
    """
    _in_turn(connection_id, partial(_recount, connection_id, kind))


def _recount(connection_id: int, kind: str) -> None:
    found = direct(_FOUND[kind], connection=connection_id).all()
    for failure, count, run_id, organisation_id in found:
        _put(
            organisation_id,
            f"{kind}:{connection_id}:{failure}",
            failure=failure,
            connection_id=connection_id,
            run_id=run_id,
            category=_CATEGORY[kind],
            count=count,
            audience="viewer",
        )
    _close(_CLOSE_GONE[kind], connection=connection_id, failures=[row.failure for row in found])


def mark_seen(organisation_id: int, *, user_id: int, role: str, ids: Sequence[int] | None = None) -> int:
    """Note that a user has seen these notices, or all he may see, as they stand now; returns how many.

    A transaction of its own. A notice whose count grows later is new to him again.
    """
    with transaction() as session:
        query = select(Notification.id, Notification.count).where(
            Notification.organisation_id == organisation_id,
            is_for(user_id),
            Notification.audience.in_(ROLES[: ROLES.index(role) + 1]),
            Notification.closed_at.is_(None),
        )
        if ids is not None:
            query = query.where(Notification.id.in_(ids))
        rows = [{"user_id": user_id, "notification_id": row.id, "count": row.count} for row in session.execute(query)]
        if rows:
            direct(_READ[dialect()], rows)
    return len(rows)


def _put(
    organisation_id: int,
    cause: str,
    *,
    failure: str,
    connection_id: int | None,
    run_id: int | None,
    category: str,
    count: int,
    audience: str,
) -> None:
    now = clock.now()
    direct(
        _PUT[dialect()],
        organisation_id=organisation_id,
        connection_id=connection_id,
        run_id=run_id,
        cause=cause,
        failure=failure,
        category=category,
        audience=audience,
        count=count,
        opened_at=now,
        updated_at=now,
    )


class _Waiting(list[tuple[int, Callable[[], None]]]):
    """What a transaction says of notices, kept for its end; with each the turn that it waits for."""

    def __call__(self, session: Session) -> None:
        """Write it, with all turns taken first, each in its order: nobody waits with a notice in his hands.

        SQLite lets only one write transaction run anyway. A lock of its own, rather than the connection's row, keeps
        this clear of whoever holds that row and waits for deliveries.
        """
        if session.get_bind().dialect.name == "postgresql":
            for turn in sorted({turn for turn, _ in self}):
                direct(_TURN, turn=turn)
        for _, write in self:
            write()


def _turn(organisation_id: int, connection_id: int | None = None) -> int:
    return connection_id if connection_id is not None else -organisation_id


def _in_turn(turn: int, write: Callable[[], None]) -> None:
    at_the_end("notices", _Waiting()).append((turn, write))


def _close(statement: Update, **values: Any) -> None:
    now = clock.now()
    direct(statement, closed_at=now, updated_at=now, **values)
