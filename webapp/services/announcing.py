"""Tell other systems what happened to an invoice: a row in the stream, in the transaction of what it tells."""

from typing import Any

import redis
import structlog
from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.extensions import clock
from webapp.services.payloads import payload
from webapp.services.webhooks import queueing
from webapp.store.carrier import client
from webapp.store.invoices import Invoice
from webapp.store.session import at_the_end, once_committed
from webapp.store.stream import StreamEvent, StreamHead

CREATED, UPDATED, REVIEW = "invoice_created", "invoice_updated", "invoice_review"
KINDS = (CREATED, UPDATED, REVIEW)
CHANNEL = "koppel:stream"
"""Where readers are woken up; the word is the organisation's id, and the table is the record."""

log = structlog.get_logger()


def announce(kind: str, invoice: Invoice) -> None:
    """Put an event of `kind` with the whole invoice into its organisation's stream.

    Inside of the caller's `transaction()`: the invoice is read, and its position in the stream taken, as the last thing
    before the commit. Raises ValueError for an unknown kind, RuntimeError outside of a transaction.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no event {kind}")
    organisation_id = invoice.organisation_id
    name = f"stream {organisation_id}"
    at_the_end(name, _Announcements(organisation_id)).append((kind, invoice))
    once_committed(name, lambda: wake(organisation_id))


class _Announcements(list[tuple[str, Invoice]]):
    """What one transaction tells one organisation's stream."""

    def __init__(self, organisation_id: int) -> None:
        super().__init__()
        self._organisation_id = organisation_id

    def __call__(self, session: Session) -> None:
        """Write the events, as the last thing of the transaction."""
        session.flush()
        now = clock.now()
        rows = [
            {"kind": kind, "invoice_id": invoice.id, "payload": payload(invoice), "created_at": now}
            for kind, invoice in self
        ]
        first = _take(session, self._organisation_id, len(rows))
        places = [{"organisation_id": self._organisation_id, "position": first + index} for index in range(len(rows))]
        events = [place | row for place, row in zip(places, rows, strict=True)]
        session.execute(insert(StreamEvent), events)
        queueing.queue(session, self._organisation_id, events)
        session.flush()


def _take(session: Session, organisation_id: int, count: int) -> int:
    """Take `count` positions and return the first; the row stays locked until the commit."""
    taken = (
        update(StreamHead)
        .where(StreamHead.organisation_id == organisation_id)
        .values(position=StreamHead.position + count)
        .returning(StreamHead.position)
        .execution_options(synchronize_session=False)
    )
    last = session.scalar(taken)
    if last is None:  # the organisation's first event; two of them at once are no harm
        make: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        fresh = make(StreamHead).values(organisation_id=organisation_id, position=0)
        session.execute(fresh.on_conflict_do_nothing())
        last = session.scalar(taken)
    if last is None:
        raise RuntimeError("the stream has no head")
    return last - count + 1


def wake(organisation_id: int) -> None:
    """Say that a stream has something new. Never fails: readers also look by themselves."""
    connection = client()
    if connection is None:
        return
    try:
        connection.publish(CHANNEL, str(organisation_id))
    except redis.RedisError as error:
        log.warning("stream_not_woken", error=type(error).__name__)
