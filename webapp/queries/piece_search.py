"""Which rows can hold a text, by an index of pieces of three signs; who asks looks at the texts themselves."""

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from webapp.domain.trigrams import searchable, unpack, wanted
from webapp.store.session import current, dialect
from webapp.store.types import Key

_ENOUGH = 1_000
"""With so few left, no further piece is asked for."""


def among(
    key: ColumnElement[int] | InstrumentedAttribute[int] | InstrumentedAttribute[int | None], ids: set[int]
) -> ColumnElement[bool]:
    """Return the condition that a key is one of these, however many they are, as one value of a statement."""
    inorder = sorted(ids)  # neighbours lie on the same page of the table
    if dialect() == "sqlite":
        value: BindParameter[str] = bindparam("ids", "[" + ",".join(map(str, inorder)) + "]", unique=True)
        return key.in_(select(func.json_each(value).table_valued("value").c.value))
    return key.in_(select(func.unnest(bindparam("ids", inorder, ARRAY(Key), unique=True)).column_valued("one")))


def holding(table: Table, organisation_id: int, term: str, most: int) -> set[int] | None:
    """Return the ids of the rows whose texts hold every piece of a term; None where they are too many."""
    if not term or not searchable(term):
        return set()
    its = table.c
    mine = its.organisation_id == organisation_id
    if len(term) < 3:  # every sign and pair of signs begins a piece
        small = term.lower()
        which = (its.piece >= small) & (its.piece < f"{small}\U0010ffff")
        total = current().scalar(select(func.sum(its.number)).where(mine, which)) or 0
        return None if total > most else _ids(table, mine & which)
    pieces = wanted(term)
    query = select(its.piece, func.sum(its.number)).where(mine, its.piece.in_(pieces)).group_by(its.piece)
    numbers: dict[str, int] = {piece: int(number) for piece, number in current().execute(query)}
    if len(numbers) < len(pieces):
        return set()
    rarest, *others = sorted(pieces, key=lambda piece: numbers[piece])
    if numbers[rarest] > 3 * most:
        return None
    found = _ids(table, mine & (its.piece == rarest))
    for piece in others[:3]:
        if len(found) <= _ENOUGH or numbers[piece] > 10 * most:
            break
        found &= _ids(table, mine & (its.piece == piece))
    return found if len(found) <= most else None


def _ids(table: Table, which: ColumnElement[bool]) -> set[int]:
    found: set[int] = set()
    for data in current().scalars(select(table.c.ids).where(which)):
        found.update(unpack(data))
    return found
