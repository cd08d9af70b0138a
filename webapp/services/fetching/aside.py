"""Records that could not be read: kept with their reason and payload, and gone when they could be."""

from collections.abc import Sequence
from hashlib import blake2b

from sqlalchemy import insert, select, text, update

from webapp.connectors.sources import BadRecord
from webapp.domain.remote_invoices import RemoteInvoice
from webapp.extensions import clock
from webapp.store.connections import Connection
from webapp.store.fetching import SetAside
from webapp.store.runs import Run, RunItem
from webapp.store.session import current
from webapp.store.straight import Fixed, line_of

_WAITS = Fixed(text("SELECT 1 FROM set_aside WHERE connection_id = :connection AND solved_at IS NULL LIMIT 1"))
MOST_PAYLOAD = 256 * 1024
SET_ASIDE = "set_aside"
"""The failure of an item whose record could not be read."""


def total_changed(one: RemoteInvoice) -> BadRecord:
    """Return the record of a document whose total changed though something is settled of it here."""
    return BadRecord(one.remote_id, one.number, "gross_total", "settled", f'{{"gross_total": "{one.gross_total}"}}')


def keep(run: Run, connection: Connection, bad: Sequence[BadRecord]) -> None:
    """Keep what could not be read, inside of a transaction, and say so among the run's items."""
    if not bad:
        return
    now = clock.now()
    session = current()
    names = {_name(one): one for one in bad}
    query = select(SetAside).where(SetAside.connection_id == connection.id, SetAside.name.in_(list(names)))
    known = {row.name: row for row in session.scalars(query)}
    for name, one in names.items():
        row = known.get(name)
        if row is None:
            row = SetAside(
                organisation_id=connection.organisation_id,
                connection_id=connection.id,
                name=name,
                remote_id=one.remote_id,
                attempts=0,
                created_at=now,
            )
            session.add(row)
        row.run_id, row.number = run.id, one.number
        row.field, row.reason = one.field[:100], one.reason
        row.payload = one.payload[:MOST_PAYLOAD]
        row.attempts, row.updated_at, row.solved_at = row.attempts + 1, now, None
    items = [
        {
            "run_id": run.id,
            "organisation_id": run.organisation_id,
            "outcome": "failed",
            "failure": SET_ASIDE,
            "field": one.field[:100],
            "params": {"reference": one.number or one.remote_id, "reason": one.reason, "remote_id": one.remote_id},
            "attempts": 1,
            "updated_at": now,
        }
        for one in bad
    ]
    session.execute(insert(RunItem), items)


def news(connection: Connection, bad: Sequence[BadRecord]) -> tuple[list[BadRecord], int]:
    """Return the records that say something new, and how many wait here already, as they are.

    What is read again every minute need not be told every minute.
    """
    query = select(SetAside.name, SetAside.payload).where(
        SetAside.connection_id == connection.id,
        SetAside.solved_at.is_(None),
        SetAside.name.in_([_name(one) for one in bad]),
    )
    known: dict[str, str] = dict(current().execute(query).all()) if bad else {}
    fresh = [one for one in bad if known.get(_name(one)) != one.payload[:MOST_PAYLOAD]]
    return fresh, len(bad) - len(fresh)


def solve(connection: Connection, remote_ids: Sequence[str]) -> None:
    """Say of documents that could be read now that nothing of them is set aside any more."""
    if line_of(current().connection()).one(_WAITS, {"connection": connection.id}) is None:
        return
    current().execute(
        update(SetAside)
        .where(
            SetAside.connection_id == connection.id, SetAside.name.in_(list(remote_ids)), SetAside.solved_at.is_(None)
        )
        .values(solved_at=clock.now(), updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def waiting(connection_id: int, *, most: int) -> list[str]:
    """Return the ids of documents that are set aside, the longest waiting first."""
    query = (
        select(SetAside.remote_id)
        .where(SetAside.connection_id == connection_id, SetAside.solved_at.is_(None), SetAside.remote_id != "")
        .order_by(SetAside.updated_at, SetAside.id)
        .limit(most)
    )
    return list(current().scalars(query))


def _name(one: BadRecord) -> str:
    return one.remote_id or blake2b(one.payload.encode("utf-8", "replace"), digest_size=16).hexdigest()
