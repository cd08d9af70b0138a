"""Write an import on PostgreSQL: one statement for all of it, which is a transaction of its own."""

import json
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Select,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from webapp.services import announcing
from webapp.services.receiving.ready import HEAD, INVOICES, LINE, LINES, PAST, Ready, Row
from webapp.store.invoices import InvoiceEvent
from webapp.store.straight import Fixed, asking
from webapp.store.stream import StreamEvent, StreamHead
from webapp.store.types import table_of

_HISTORY, _HEADS, _EVENTS = table_of(InvoiceEvent), table_of(StreamHead), table_of(StreamEvent)
_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


class _Rows:
    """Rows of a table that travel as JSON: fewer values to hand over than one for each column."""

    def __init__(self, table: Table, names: tuple[str, ...], place: str) -> None:
        self._place = place
        self._table = table
        self._names = names
        kinds = ((name, table.c[name].type) for name in names)
        self._turns = [
            (name, kind.process_bind_param if isinstance(kind, TypeDecorator) else None) for name, kind in kinds
        ]

    def select(self, *first: Any) -> Select[Any]:
        """Return the rows as a database reads them, with `first` before their columns."""
        kind: ColumnElement[Any] = literal_column(f"NULL::{self._table.name}")
        given = cast(bindparam(self._place, type_=Text()), JSONB())
        rows = func.jsonb_populate_recordset(kind, given).table_valued(*map(column, self._names), name=self._place)
        return select(*first, *(rows.c[name] for name in self._names))

    def write(self, rows: list[Row]) -> str:
        """Return rows as they travel."""
        plain = [{name: turn(row[name], _DIALECT) if turn else row[name] for name, turn in self._turns} for row in rows]
        return json.dumps(plain, default=_text)


def _text(value: date) -> str:
    return value.isoformat()  # not date.isoformat: of a time it keeps the day alone


_head, _lines, _past = _Rows(INVOICES, HEAD, "head"), _Rows(LINES, LINE, "lines"), _Rows(_HISTORY, PAST, "past")


def _statement() -> Fixed:
    """Return the statement; the order in which its parts need each other is the order of every other transaction.

    The invoice comes first, the place in the stream last: two that lock both never wait for each other. Where the
    stream has no head, the event has no position, and the database refuses all of it.
    """
    made = insert(INVOICES).from_select(HEAD, _head.select()).returning(INVOICES.c.id).cte("made")
    invoice_id: ColumnElement[Any] = select(made.c.id).scalar_subquery()
    place = (
        update(_HEADS)
        .where(_HEADS.c.organisation_id == bindparam("whose"), select(made.c.id).exists())
        .values(position=_HEADS.c.position + 1)
        .returning(_HEADS.c.position)
        .cte("place")
    )
    lines = insert(LINES).from_select(["invoice_id", *LINE], _lines.select(invoice_id))
    past = insert(_HISTORY).from_select(["invoice_id", *PAST], _past.select(invoice_id))
    told = func.jsonb_set(
        cast(bindparam("told", type_=Text()), JSONB()), literal_column("'{id}'"), func.to_jsonb(invoice_id)
    )
    event = insert(_EVENTS).values(
        organisation_id=bindparam("whose"),
        position=select(place.c.position).scalar_subquery(),
        kind=announcing.CREATED,
        invoice_id=invoice_id,
        payload=told,
        created_at=bindparam("now"),
    )
    parts = [part.cte(name) for name, part in (("their_lines", lines), ("their_past", past), ("event", event))]
    return Fixed(select(made.c.id).add_cte(*parts), gives=[INVOICES.c.id], prompt=True)


_WHOLE = _statement()


def store(one: Ready) -> int:
    """Write an invoice and return its id; raises IntegrityError, and then nothing was written."""
    values = {
        "whose": one.organisation_id,
        "head": _head.write([one.head]),
        "lines": _lines.write(one.lines),
        "past": _past.write([one.past]),
        "told": json.dumps(one.told),
        "now": one.head["created_at"],
    }
    with asking() as line:
        row = line.one(_WHOLE, values)
    if row is None:
        raise RuntimeError("the statement gave no invoice")
    announcing.wake_soon(one.organisation_id)
    return int(row[0])
