"""Records of a remote that could not be read: the list of what waits, and one with its payload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from webapp.queries.failures import remote_name
from webapp.store.connections import Connection
from webapp.store.fetching import SetAside
from webapp.store.session import current

PAGE = 50
REASONS: dict[str, Any] = {
    "missing": _l("it is missing"),
    "not_a_date": _l("it is not a date"),
    "not_an_amount": _l("it is not an amount"),
    "too_large": _l("the amount is larger than any that can be kept"),
    "too_precise": _l("it has more decimals than can be kept exactly"),
    "not_text": _l("it is not a text"),
    "too_long": _l("it is too long"),
    "not_a_list": _l("it is not a list"),
    "not_an_object": _l("it is not a record"),
    "not_an_id": _l("it is not an ID"),
    "not_a_currency": _l("it is not a currency"),
    "settled": _l("the total changed, though payments or credits are set against the invoice here"),
}


@dataclass(frozen=True, slots=True)
class AsideRow:
    """A record in a line; `reason` says in words what is wrong with `field`."""

    id: int
    number: str
    remote_id: str
    field: str
    reason: str
    attempts: int
    run_id: int | None
    created_at: datetime
    updated_at: datetime
    solved_at: datetime | None


@dataclass(frozen=True, slots=True)
class AsidePage:
    """A page of what waits, the oldest first; `total` is all of it."""

    connection_id: int
    connection_name: str
    connection_state: str
    remote: str
    rows: tuple[AsideRow, ...]
    total: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class AsideView:
    """One record as it came, with its connection."""

    row: AsideRow
    connection_id: int
    connection_name: str
    remote: str
    payload: str


def count(connection_id: int) -> int:
    """Return how many records of a connection wait."""
    query = select(func.count()).where(SetAside.connection_id == connection_id, SetAside.solved_at.is_(None))
    return current().scalar(query) or 0


def page(
    organisation_id: int, connection_id: int, *, after: int | None = None, before: int | None = None, size: int = PAGE
) -> AsidePage | None:
    """Return a page of the records of a connection that wait; None when the organisation has no such connection."""
    connection = current().scalar(
        select(Connection).where(Connection.organisation_id == organisation_id, Connection.id == connection_id)
    )
    if connection is None:
        return None
    query = select(SetAside).where(SetAside.connection_id == connection_id, SetAside.solved_at.is_(None))
    back = before is not None and after is None
    if after is not None:
        query = query.where(SetAside.id > after)
    elif before is not None:
        query = query.where(SetAside.id < before)
    order = SetAside.id.desc() if back else SetAside.id
    found: Sequence[SetAside] = current().scalars(query.order_by(order).limit(size + 1)).all()
    more, found = len(found) > size, found[:size]
    rows = tuple(_row(one) for one in (found[::-1] if back else found))
    earlier = bool(rows) and (more if back else after is not None)
    later = bool(rows) and (back or more)
    return AsidePage(
        connection_id=connection.id,
        connection_name=connection.name,
        connection_state=connection.state,
        remote=remote_name(connection.provider),
        rows=rows,
        total=count(connection_id),
        before=rows[0].id if earlier else None,
        after=rows[-1].id if later else None,
    )


def find(organisation_id: int, aside_id: int) -> AsideView | None:
    """Return one record with its payload, None when the organisation has no such one."""
    query = (
        select(SetAside, Connection.name, Connection.provider)
        .join(Connection, Connection.id == SetAside.connection_id)
        .where(SetAside.id == aside_id, SetAside.organisation_id == organisation_id)
    )
    found = current().execute(query).one_or_none()
    if found is None:
        return None
    one: SetAside = found.SetAside
    return AsideView(_row(one), one.connection_id, found.name, remote_name(found.provider), one.payload)


def _row(one: SetAside) -> AsideRow:
    return AsideRow(
        id=one.id,
        number=one.number,
        remote_id=one.remote_id,
        field=one.field,
        reason=str(REASONS.get(one.reason, one.reason)),
        attempts=one.attempts,
        run_id=one.run_id,
        created_at=one.created_at,
        updated_at=one.updated_at,
        solved_at=one.solved_at,
    )
