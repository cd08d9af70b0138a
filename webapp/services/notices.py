"""Notices: one open row per cause, counted anew when something changed, closed by itself on recovery.

Every function but `mark_seen` runs inside of the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Update, case, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.extensions import Base, clock
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.notifications import Notification, NotificationRead
from webapp.store.session import current, transaction
from webapp.store.users import ROLES

INVOICES = "invoices"
"""The cause of a notice that counts invoices begins with this; all others are about a connection or run."""

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


def raise_notice(
    organisation_id: int,
    failure: str,
    *,
    connection_id: int | None,
    run_id: int | None,
    category: str,
    count: int,
    audience: str = "viewer",
) -> None:
    """Open the notice of a cause, or bring the open one up to date; `audience` is the lowest role that sees it."""
    about = "connection" if failure in CONNECTION_WIDE else category
    _put(
        organisation_id,
        f"{about}:{connection_id or ''}:{failure}",
        failure=str(failure),
        connection_id=connection_id,
        run_id=run_id,
        category=str(category),
        count=count,
        audience=audience,
    )


def close_notices(connection_id: int, *, failures: Iterable[str] | None = None) -> int:
    """Close what is open about a connection, of these failures or of all; returns how many that were.

    Notices that count invoices are left alone: only `recount` knows whether those are gone.
    """
    query = update(Notification).where(
        Notification.connection_id == connection_id,
        Notification.closed_at.is_(None),
        ~Notification.cause.startswith(f"{INVOICES}:"),
    )
    if failures is not None:
        query = query.where(Notification.failure.in_([str(failure) for failure in failures]))
    return _close(query)


def close_cause(organisation_id: int, category: str) -> int:
    """Close what is open of a category that is about no connection, such as one webhook; returns how many."""
    mine = (Notification.organisation_id == organisation_id, Notification.category == category)
    return _close(update(Notification).where(*mine, Notification.closed_at.is_(None)))


def recount(connection_id: int) -> None:
    """Count the invoices of a connection that stand rejected, in conflict or unknown, and set its notices to that.

    Call it last in the transaction. Two transactions that do so at once count one after the other, so that the
    later count is the one that stays.
    """
    session = current()
    session.flush()
    _wait_for_turn(session, connection_id)
    organisation_id = session.scalar(select(Connection.organisation_id).where(Connection.id == connection_id))
    if organisation_id is None:
        return
    found = _count_failures(session, connection_id)
    for failure, count, run_id in found:
        _put(
            organisation_id,
            f"{INVOICES}:{connection_id}:{failure}",
            failure=failure,
            connection_id=connection_id,
            run_id=run_id,
            category=RunCategory.SEND_INVOICES.value,
            count=count,
            audience="viewer",
        )
    _close(
        update(Notification).where(
            Notification.connection_id == connection_id,
            Notification.closed_at.is_(None),
            Notification.cause.startswith(f"{INVOICES}:"),
            Notification.failure.not_in([failure for failure, _, _ in found]),
        )
    )


def mark_seen(organisation_id: int, *, user_id: int, role: str, ids: Sequence[int] | None = None) -> int:
    """Note that a user has seen these notices, or all he may see, as they stand now; returns how many.

    A transaction of its own. A notice whose count grows later is new to him again.
    """
    with transaction() as session:
        query = select(Notification.id, Notification.count).where(
            Notification.organisation_id == organisation_id,
            Notification.audience.in_(ROLES[: ROLES.index(role) + 1]),
            Notification.closed_at.is_(None),
        )
        if ids is not None:
            query = query.where(Notification.id.in_(ids))
        rows = [{"user_id": user_id, "notification_id": row.id, "count": row.count} for row in session.execute(query)]
        if rows:
            statement = _insert(session, NotificationRead)
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=["user_id", "notification_id"], set_={"count": statement.excluded.count}
                ),
                rows,
            )
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
    """Insert the open row of a cause, or update the one that is there; the partial unique index decides which."""
    session = current()
    now = clock.now()
    statement = _insert(session, Notification).values(
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
    fresh = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "cause"],
            index_where=Notification.closed_at.is_(None),
            set_={
                "count": fresh.count,
                "run_id": func.coalesce(fresh.run_id, Notification.run_id),
                "audience": fresh.audience,
                "updated_at": case(
                    (Notification.count != fresh.count, fresh.updated_at), else_=Notification.updated_at
                ),
            },
        ).execution_options(synchronize_session=False)
    )


def _count_failures(session: Session, connection_id: int) -> list[tuple[str, int, int | None]]:
    """Return (failure, invoices, last run) over the latest delivery of every invoice, in one query."""
    later = aliased(Delivery)
    failure = case(
        (Delivery.failure != "", Delivery.failure),
        *((Delivery.state == state, meant.value) for state, meant in _STATE_FAILURE.items()),
        else_=Failure.REFUSED.value,
    ).label("failure")
    query = (
        select(failure, func.count(), func.max(Delivery.run_id))
        .where(
            Delivery.connection_id == connection_id,
            Delivery.state.in_(tuple(_STATE_FAILURE)),
            ~exists().where(
                later.invoice_id == Delivery.invoice_id,
                later.connection_id == Delivery.connection_id,
                later.generation > Delivery.generation,
            ),
        )
        .group_by(failure)
        .order_by(failure)
    )
    return [(str(code), int(count), run_id) for code, count, run_id in session.execute(query)]


def _wait_for_turn(session: Session, connection_id: int) -> None:
    # SQLite lets only one write transaction run anyway. A lock of its own, rather than the connection's
    # row, keeps this clear of whoever holds that row and waits for deliveries.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK, connection_id)))


def _close(query: Update) -> int:
    now = clock.now()
    closing = query.values(closed_at=now, updated_at=now).execution_options(synchronize_session=False)
    return int(current().execute(closing).rowcount)  # type: ignore[attr-defined]


def _insert(session: Session, table: type[Base]) -> Any:
    """Return an INSERT that knows ON CONFLICT, in the words of the database at hand."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
