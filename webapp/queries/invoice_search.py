"""Which invoices a search can mean: few enough to look at each, or more than that.

A number and a payment reference are looked up by their beginning, an amount in the indexes of the amounts, any part of
the contact's name and the subject in the index of pieces. What is found there is only looked at: whether a row matches
is always said by `search_condition`. What very many invoices hold is found in the order of dates by `piece_order`, or
met on the way through the list.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select

from webapp.domain.money import AmountError, parse_amount
from webapp.queries.piece_search import holding
from webapp.store.invoices import Invoice
from webapp.store.search_pieces import PIECES, WAITING
from webapp.store.session import current, dialect
from webapp.store.words import word

MANY = 20_000
"""More than these are not looked at one by one."""

_W = WAITING.c


def candidates(organisation_id: int, kind: str, term: str, *, most: int | None = None) -> set[int] | None:
    """Return the ids of all invoices that a search can mean, and some more; None where they are too many."""
    most = MANY if most is None else most
    found = loose(organisation_id, kind, term, most=most)
    if found is None:
        return None
    for query in _beginnings(organisation_id, kind, term):
        ids = current().scalars(query.limit(most + 1)).all()
        if len(ids) > most:
            return None
        found.update(ids)
    texts = holding(PIECES, organisation_id, term, most)
    return None if texts is None else found | texts


def loose(organisation_id: int, kind: str, term: str, *, most: int) -> set[int] | None:
    """Return the ids of what no segment of the index tells of: what waits to be taken up, and what has the amount."""
    found: set[int] = set()
    for query in (_waiting(organisation_id), *_amounts(organisation_id, kind, term)):
        ids = current().scalars(query.limit(most + 1)).all()
        if len(ids) > most:
            return None
        found.update(ids)
    return found


def _waiting(organisation_id: int) -> Select[Any]:
    return select(_W.invoice_id).where(_W.organisation_id == organisation_id)


def _beginnings(organisation_id: int, kind: str, term: str) -> Iterator[Select[Any]]:
    mine = _mine(organisation_id, kind)
    yield mine.where(begins(Invoice.number, term))
    # In the very words of its index: most invoices have no reference, and do not stand there.
    yield mine.where(Invoice.payment_reference != literal_column("''"), begins(Invoice.payment_reference, term))


def begins(column: Any, term: str) -> ColumnElement[bool]:
    """Return the condition that a column begins with a text, large or small letters, as its index has it."""
    if dialect() == "sqlite":  # it knows the case of ASCII alone
        first = "".join(sign.lower() if sign.isascii() else sign for sign in term)
        small: Any = func.lower(column)
    else:
        first, small = term.lower(), func.lower(column).collate("C")
    return and_(small >= first, small < f"{first}\U0010ffff")


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
    return select(Invoice.id).where(Invoice.organisation_id == organisation_id, Invoice.kind == word(kind))
