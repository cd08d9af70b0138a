"""Tell other systems what happened to an invoice: a row in the stream, in the transaction of what it tells."""

from collections.abc import Callable, Sequence
from typing import Any

import redis
from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.orm import Session

from webapp.extensions import clock
from webapp.journal import Log
from webapp.services.payloads import payload
from webapp.services.soon import Soon
from webapp.services.webhooks import queueing
from webapp.store.carrier import client
from webapp.store.invoices import Invoice
from webapp.store.session import at_the_end, once_committed
from webapp.store.straight import Fixed, Line, line_of
from webapp.store.stream import StreamEvent, StreamHead
from webapp.store.types import table_of

CREATED, UPDATED, REVIEW = "invoice_created", "invoice_updated", "invoice_review"
KINDS = (CREATED, UPDATED, REVIEW)
CHANNEL = "koppel:stream"
"""Where readers are woken up; the word is the organisation's id, and the table is the record."""

log = Log()
_soon = Soon("stream-waker", pause=0.005)
Said = dict[str, Any]
Say = Callable[[], Said]
_HEADS, _EVENTS = table_of(StreamHead), table_of(StreamEvent)
# Made once, and past the session: every import takes a place.
_INSERT = Fixed(
    insert(_EVENTS), columns=("organisation_id", "position", "kind", "invoice_id", "payload", "created_at"), prompt=True
)
_TAKE = Fixed(
    update(_HEADS)
    .where(_HEADS.c.organisation_id == bindparam("whose"))
    .values(position=_HEADS.c.position + bindparam("count"))
    .returning(_HEADS.c.position),
    gives=(_HEADS.c.position,),
    prompt=True,
)
# In words that both databases know.
_BEGIN = Fixed(
    text("INSERT INTO stream_heads (organisation_id, position) VALUES (:whose, 0) ON CONFLICT DO NOTHING"), prompt=True
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
        said = [(kind, invoice_id, say()) for kind, invoice_id, say in self]
        line = line_of(session.connection())
        events = put(line, self._organisation_id, said)
        if events is None:  # the organisation's first event; two of them at once are no harm
            line.do(_BEGIN, {"whose": self._organisation_id})
            events = put(line, self._organisation_id, said)
        if events is None:
            raise RuntimeError("the stream has no head")
        queueing.queue(session, self._organisation_id, events)
        session.flush()


def put(line: Line, organisation_id: int, said: Sequence[tuple[str, int, Said]]) -> list[Said] | None:
    """Write events (kind, invoice, payload) into a stream and return their rows; None where the stream has no head yet.

    As the last thing of a transaction: the head stays locked until the commit.
    """
    last = line.one(_TAKE, {"whose": organisation_id, "count": len(said)})
    if last is None:
        return None
    now = clock.now()
    rows = [
        {
            "organisation_id": organisation_id,
            "position": last[0] - len(said) + place,
            "kind": kind,
            "invoice_id": invoice_id,
            "payload": payload,
            "created_at": now,
        }
        for place, (kind, invoice_id, payload) in enumerate(said, start=1)
    ]
    line.many(_INSERT, rows)
    return rows


def wake(organisation_id: int) -> None:
    """Say that a stream has something new. Never fails: readers also look by themselves."""
    connection = client()
    if connection is not None:
        _publish(connection, organisation_id)


def wake_soon(organisation_id: int) -> None:
    """Let a thread say it, once for all that came within a few milliseconds; for processes that go on living."""
    connection = client()
    if connection is not None:
        _soon.add(lambda: _publish(connection, organisation_id), name=(connection, organisation_id))


def _publish(connection: redis.Redis, organisation_id: int) -> None:
    try:
        connection.publish(CHANNEL, str(organisation_id))
    except redis.RedisError as error:
        log.warning("stream_not_woken", error=type(error).__name__)
