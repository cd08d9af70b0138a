"""What readers of the invoice stream need: how far it has come, what is still kept, and the events in between."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from webapp.store.session import ask, current
from webapp.store.straight import Fixed, asking
from webapp.store.stream import StreamEvent, StreamHead

_HEADS = select(StreamHead.organisation_id, StreamHead.position).where(
    StreamHead.organisation_id.in_(bindparam("organisation_ids", expanding=True))
)
_TOLD = (StreamEvent.position, StreamEvent.kind, StreamEvent.payload, StreamEvent.created_at)
_AFTER = Fixed(
    select(*_TOLD)
    .where(StreamEvent.organisation_id == bindparam("organisation_id"), StreamEvent.position > bindparam("place"))
    .order_by(StreamEvent.position)
    .limit(bindparam("size")),
    gives=_TOLD,
    prompt=True,
)
# Made once: every process with readers asks both after every import, and all its readers wait for the answer.


@dataclass(frozen=True, slots=True)
class Told:
    """One event as readers get it; `position` is its id in the organisation's stream."""

    position: int
    kind: str
    payload: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first position that is still kept, and the last one given out; nothing is kept when first > last."""

    first: int
    last: int


def bounds(organisation_id: int) -> Bounds:
    """Return what can be read of an organisation's stream."""
    last = heads([organisation_id]).get(organisation_id, 0)
    oldest = select(func.min(StreamEvent.position)).where(StreamEvent.organisation_id == organisation_id)
    first = current().scalar(oldest)
    return Bounds(last + 1 if first is None else first, last)


def heads(organisation_ids: Collection[int]) -> dict[int, int]:
    """Return the last position of each organisation that has one."""
    found = ask(_HEADS, organisation_ids=list(organisation_ids))
    return {row.organisation_id: row.position for row in found}


def after(organisation_id: int, position: int, *, limit: int) -> list[Told]:
    """Return at most `limit` events after a position, in their order."""
    asked = {"organisation_id": organisation_id, "place": position, "size": limit}
    with asking() as line:
        return [Told(*row) for row in line.all(_AFTER, asked)]
