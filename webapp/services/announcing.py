"""Tell other systems what happened to an invoice: a row in the stream, in the transaction of what it tells."""

from collections.abc import Callable
from typing import Any

import redis
import structlog
from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.extensions import clock
from webapp.services.payloads import payload
from webapp.services.webhooks import queueing
from webapp.store.carrier import client
from webapp.store.invoices import Invoice
from webapp.store.session import at_the_end, once_committed
from webapp.store.stream import StreamEvent, StreamHead
from webapp.store.types import table_of

CREATED, UPDATED, REVIEW = "invoice_created", "invoice_updated", "invoice_review"
KINDS = (CREATED, UPDATED, REVIEW)
CHANNEL = "koppel:stream"
"""Where readers are woken up; the word is the organisation's id, and the table is the record."""

log = structlog.get_logger()
Say = Callable[[], dict[str, Any]]
_HEADS = table_of(StreamHead)
# Made once, and past the session: every import takes a place.
_INSERT = insert(table_of(StreamEvent))
_TAKE = (
    update(_HEADS)
    .where(_HEADS.c.organisation_id == bindparam("whose"))
    .values(position=_HEADS.c.position + bindparam("count"))
    .returning(_HEADS.c.position)
)


def announce(kind: str, invoice: Invoice) -> None:
    """Put an event of `kind` with the whole invoice into its organisation's stream.

    Inside of the caller's `transaction()`: the invoice is read, and its position in the stream taken, as the last thing
    before the commit. Raises ValueError for an unknown kind, RuntimeError outside of a transaction.
    """
    tell(kind, invoice.organisation_id, invoice.id, lambda: payload(invoice))


def tell(kind: str, organisation_id: int, invoice_id: int, say: Say) -> None:
    """Announce an invoice whose payload `say` returns, asked as the last thing before the commit."""
    if kind not in KINDS:
        raise ValueError(f"there is no event {kind}")
    name = f"stream {organisation_id}"
    at_the_end(name, _Announcements(organisation_id)).append((kind, invoice_id, say))
    once_committed(name, lambda: wake(organisation_id))


class _Announcements(list[tuple[str, int, Say]]):
    """What one transaction tells one organisation's stream."""

    def __init__(self, organisation_id: int) -> None:
        super().__init__()
        self._organisation_id = organisation_id

    def __call__(self, session: Session) -> None:
        """Write the events, as the last thing of the transaction."""
        session.flush()
        now = clock.now()
        rows = [
            {"kind": kind, "invoice_id": invoice_id, "payload": say(), "created_at": now}
            for kind, invoice_id, say in self
        ]
        first = _take(session, self._organisation_id, len(rows))
        places = [{"organisation_id": self._organisation_id, "position": first + index} for index in range(len(rows))]
        events = [place | row for place, row in zip(places, rows, strict=True)]
        session.connection().execute(_INSERT, events)
        queueing.queue(session, self._organisation_id, events)
        session.flush()


def _take(session: Session, organisation_id: int, count: int) -> int:
    """Take `count` positions and return the first; the row stays locked until the commit."""
    connection = session.connection()
    places = {"whose": organisation_id, "count": count}
    last = connection.scalar(_TAKE, places)
    if last is None:  # the organisation's first event; two of them at once are no harm
        make: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        fresh = make(StreamHead).values(organisation_id=organisation_id, position=0)
        session.execute(fresh.on_conflict_do_nothing())
        last = connection.scalar(_TAKE, places)
    if last is None:
        raise RuntimeError("the stream has no head")
    return int(last) - count + 1


def wake(organisation_id: int) -> None:
    """Say that a stream has something new. Never fails: readers also look by themselves."""
    connection = client()
    if connection is None:
        return
    try:
        connection.publish(CHANNEL, str(organisation_id))
    except redis.RedisError as error:
        log.warning("stream_not_woken", error=type(error).__name__)
