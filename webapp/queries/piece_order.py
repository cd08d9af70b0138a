"""What can hold a text, in the order of its dates: by the index of pieces, segment by segment, as far as is asked.

A segment spans some days. Those that end last are looked into first, and what is found there is handed on as soon as
no other segment can hold anything newer; so of what very many hold, one or two segments are ever looked into.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush, heapreplace

from sqlalchemy import select

from webapp.domain.trigrams import Bits, heads, meet, spread, unpack_days
from webapp.queries.piece_search import among
from webapp.store.invoices import Invoice
from webapp.store.search_pieces import DAYS, PIECES
from webapp.store.session import current

PIECES_ASKED = 8
"""So many pieces of a text are asked for; who searches looks at the texts themselves."""

SPARSE = 100
"""Up to so many of a segment are looked up by their ids; of more, the segment's own order says which come first."""

AT_A_TIME = (2, 6, 16, 40)
"""How many segments are looked into together; then so many as the last says."""

Place = tuple[int, int]
"""The ordinal of a day, and an id."""


def in_order(organisation_id: int, term: str, *, newest: bool, cursor: Place | None) -> Iterator[Place]:
    """Yield day and id of each invoice that can hold a term of three signs or more, from a cursor on, newest or oldest
    first; some that do not, some twice, and the day as it was when the invoice was taken up.
    """
    sign = -1 if newest else 1
    start = (sign * cursor[0], sign * cursor[1]) if cursor else None
    streams: list[tuple[int, int, int, Iterator[Place]]] = []
    for number, (edge, found) in enumerate(_streams(organisation_id, term, sign=sign, start=start)):
        while streams and streams[0][0] < edge:
            yield _taken(streams, sign)
        stream = (place for place in found if start is None or place > start)
        for first in stream:
            heappush(streams, (*first, number, stream))
            break
    while streams:
        yield _taken(streams, sign)


def _taken(streams: list[tuple[int, int, int, Iterator[Place]]], sign: int) -> Place:
    """Take the first place of all streams."""
    day, key, number, stream = streams[0]
    for following in stream:
        heapreplace(streams, (*following, number, stream))
        break
    else:
        heappop(streams)
    return sign * day, sign * key


def _streams(
    organisation_id: int, term: str, *, sign: int, start: Place | None
) -> Iterator[tuple[int, Iterator[Place]]]:
    """Yield, for each group of segments and each segment, the day before which it holds nothing, and its places."""
    left = _segments(organisation_id, sign, start)
    for size in (*AT_A_TIME, *(AT_A_TIME[-1] for _ in left)):
        group, left = left[:size], left[size:]
        if not group:
            return
        sparse: set[int] = set()
        dense: list[tuple[int, int, list[set[int] | Bits]]] = []
        for (edge, segment), found in _meant(organisation_id, term, group):
            if sum(len(one) for one in found) <= SPARSE:
                sparse.update(*found)
            else:
                dense.append((edge, segment, found))
        if sparse:
            yield group[0][0], iter(_looked_up(sparse, sign))
        for edge, segment, found in dense:
            yield edge, _walked(organisation_id, segment, found, sign)


def _segments(organisation_id: int, sign: int, start: Place | None) -> list[tuple[int, int]]:
    """Return the segments with a day before which each holds nothing, in that order."""
    its = DAYS.c
    query = select(its.segment, its.first_day, its.last_day).where(its.organisation_id == organisation_id)
    found = []
    for segment, first, last in current().execute(query):
        edge, end = (-last, -first) if sign < 0 else (first, last)
        if start is None or end >= start[0]:
            found.append((edge, segment))
    return sorted(found)


def _meant(
    organisation_id: int, term: str, group: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], list[set[int] | Bits]]]:
    """Yield each segment that can hold the term, with the ids that can: by their texts, and by their numbers."""
    its, asked = PIECES.c, (spread(term, PIECES_ASKED), heads(term, 0), heads(term, 1))
    query = select(its.segment, its.piece, its.ids).where(
        its.organisation_id == organisation_id,
        its.piece.in_(sorted(set().union(*asked))),
        its.segment.in_([segment for _edge, segment in group]),
    )
    held: dict[int, dict[str, bytes]] = defaultdict(dict)
    for segment, piece, data in current().execute(query):
        held[segment][piece] = data
    for one in group:
        mine = held[one[1]]
        sets = [[mine[piece] for piece in pieces] for pieces in asked if mine.keys() >= pieces]
        found = [both for both in map(meet, sets) if len(both)]
        if found:
            yield one, found


def _looked_up(ids: set[int], sign: int) -> list[Place]:
    """Return the places of a few invoices."""
    query = select(Invoice.issue_date, Invoice.id).where(among(Invoice.id, ids))
    return sorted((sign * day.toordinal(), sign * key) for day, key in current().execute(query))


def _walked(organisation_id: int, segment: int, found: Sequence[set[int] | Bits], sign: int) -> Iterator[Place]:
    """Yield the places of many invoices of a segment, as it knows their order."""
    its = DAYS.c
    query = select(its.days).where(its.organisation_id == organisation_id, its.segment == segment)
    ids: set[int] = set().union(*found)
    for day, key in unpack_days(current().scalars(query).one(), backwards=sign < 0):
        if key in ids:
            yield sign * day, sign * key
