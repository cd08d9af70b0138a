"""Which invoices a search can mean: few enough to look at each, or more than that.

A number and a payment reference are looked up by their beginning, an amount in the indexes of the amounts, any part of
the contact's name and the subject in the index of pieces. What is found there is only looked at: whether a row matches
is always said by `search_condition`. Of a text that very many invoices hold, the list meets enough on its way.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from webapp.domain.money import AmountError, parse_amount
from webapp.domain.trigrams import END, unpack, wanted
from webapp.store.invoices import Invoice
from webapp.store.search_pieces import PIECES, WAITING
from webapp.store.session import current, dialect
from webapp.store.types import Key

MANY = 20_000
"""More than these are not looked at one by one."""

VERY_MANY = 200_000
"""Of so many, those that lie far back in the list are found sooner by their ids than by walking there."""

_ENOUGH = 1_000
"""With so few left, no further piece is asked for."""

_P, _W = PIECES.c, WAITING.c


def candidates(organisation_id: int, kind: str, term: str) -> set[int] | None:
    """Return the ids of all invoices that a search can mean, and some more; None where they are too many."""
    found: set[int] = set()
    for query in (
        _waiting(organisation_id),
        *_beginnings(organisation_id, kind, term),
        *_amounts(organisation_id, kind, term),
    ):
        ids = current().scalars(query.limit(MANY + 1)).all()
        if len(ids) > MANY:
            return None
        found.update(ids)
    texts = _holding(organisation_id, term, MANY)
    return None if texts is None else found | texts


def foremost(organisation_id: int, kind: str, term: str, *, newest: bool, beyond: Any, size: int) -> set[int] | None:
    """Return the ids of what can be the next page by date, of the many that a search means; None if it is too many."""
    texts = _holding(organisation_id, term, VERY_MANY)
    if texts is None:
        return None
    order = (Invoice.issue_date.desc(), Invoice.id.desc()) if newest else (Invoice.issue_date.asc(), Invoice.id.asc())
    for query in _beginnings(organisation_id, kind, term):
        texts.update(current().scalars(query.where(beyond).order_by(*order).limit(size)))
    for query in (_waiting(organisation_id), *_amounts(organisation_id, kind, term)):
        ids = current().scalars(query.limit(VERY_MANY + 1)).all()
        if len(ids) > VERY_MANY:
            return None
        texts.update(ids)
    return texts


def among(ids: set[int]) -> ColumnElement[bool]:
    """Return the condition that an invoice is one of these, however many they are, as one value of a statement."""
    if dialect() == "sqlite":
        value: BindParameter[str] = bindparam("ids", "[" + ",".join(map(str, ids)) + "]", unique=True)
        return Invoice.id.in_(select(func.json_each(value).table_valued("value").c.value))
    return Invoice.id.in_(
        select(func.unnest(bindparam("ids", list(ids), ARRAY(Key), unique=True)).column_valued("one"))
    )


def _waiting(organisation_id: int) -> Select[Any]:
    return select(_W.invoice_id).where(_W.organisation_id == organisation_id)


def _beginnings(organisation_id: int, kind: str, term: str) -> Iterator[Select[Any]]:
    for column in (Invoice.number, Invoice.payment_reference):
        if dialect() == "sqlite":  # it knows the case of ASCII alone
            first = "".join(sign.lower() if sign.isascii() else sign for sign in term)
            small: Any = func.lower(column)
        else:
            first, small = term.lower(), func.lower(column).collate("C")
        beyond = f"{first}\U0010ffff"
        yield _mine(organisation_id, kind).where(small >= first, small < beyond)


def _amounts(organisation_id: int, kind: str, term: str) -> Iterator[Select[Any]]:
    amounts = set()
    for locale in ("nl", "en"):
        try:
            amounts.add(parse_amount(term, locale=locale))
        except AmountError:
            continue
    for amount in amounts:
        for column in (Invoice.gross_total, Invoice.outstanding_amount):
            yield _mine(organisation_id, kind).where(column == amount)


def _mine(organisation_id: int, kind: str) -> Select[Any]:
    return select(Invoice.id).where(Invoice.organisation_id == organisation_id, Invoice.kind == kind)


def _holding(organisation_id: int, term: str, most: int) -> set[int] | None:
    """Return the ids of the invoices whose texts hold every piece of a term; None where they are too many."""
    if END in term or not term:
        return set()
    mine = _P.organisation_id == organisation_id
    if len(term) < 3:  # every sign and pair of signs begins a piece
        small = term.lower()
        which = (_P.piece >= small) & (_P.piece < f"{small}\U0010ffff")
        total = current().scalar(select(func.sum(_P.number)).where(mine, which)) or 0
        return None if total > most else _ids(mine & which)
    pieces = wanted(term)
    query = select(_P.piece, func.sum(_P.number)).where(mine, _P.piece.in_(pieces)).group_by(_P.piece)
    numbers: dict[str, int] = {piece: int(number) for piece, number in current().execute(query)}
    if len(numbers) < len(pieces):
        return set()
    rarest, *others = sorted(pieces, key=lambda piece: numbers[piece])
    if numbers[rarest] > 3 * most:
        return None
    found = _ids(mine & (_P.piece == rarest))
    for piece in others[:3]:
        if len(found) <= _ENOUGH or numbers[piece] > 10 * most:
            break
        found &= _ids(mine & (_P.piece == piece))
    return found if len(found) <= most else None


def _ids(which: ColumnElement[bool]) -> set[int]:
    found: set[int] = set()
    for data in current().scalars(select(_P.ids).where(which)):
        found.update(unpack(data))
    return found
