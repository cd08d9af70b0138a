"""Fill the index of the search with the invoices that wait for it: many at a time, after a sync and not during it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, select

from webapp.domain.trigrams import pack, pieces, unpack
from webapp.store.invoices import Invoice
from webapp.store.search_pieces import PIECES, WAITING
from webapp.store.session import current, dialect, release, transaction

ENOUGH = 500
"""So many that wait are looked through by every search, one by one; from here on they are taken up."""

PORTION = 20_000
SMALL = 5_000
"""Segments with fewer invoices are small; many of them are put together."""

MANY = 16
_P, _W = PIECES.c, WAITING.c


def take_up(*, enough: int = ENOUGH, most: int = 5) -> int:
    """Take up what waits, of every organisation where enough does; returns how many invoices that were.

    At most so many portions at one time; the scheduler comes again.
    """
    waiting = select(_W.organisation_id, func.count()).group_by(_W.organisation_id).having(func.count() >= enough)
    found = [row[0] for row in current().execute(waiting)]
    release()
    taken = 0
    for organisation_id in found:
        for _ in range(most):
            number = _portion(organisation_id)
            taken += number
            if number < PORTION:
                break
    return taken


def _portion(organisation_id: int) -> int:
    with transaction() as session:
        mine = _W.organisation_id == organisation_id
        some = select(_W.invoice_id).where(mine).order_by(_W.invoice_id).limit(PORTION)
        ids = sorted(set(session.scalars(some)))
        if not ids:
            return 0
        # Gone before the texts are read: who changes one from now on makes a new note.
        session.execute(delete(WAITING).where(mine, _W.invoice_id >= ids[0], _W.invoice_id <= ids[-1]))
        texts = select(Invoice.id, Invoice.contact_name, Invoice.subject).where(
            Invoice.organisation_id == organisation_id, Invoice.id >= ids[0], Invoice.id <= ids[-1]
        )
        wanted = set(ids)
        _write(organisation_id, [row for row in session.execute(texts.order_by(Invoice.id)) if row[0] in wanted])
        _put_together(organisation_id)
    return len(ids)


def _write(organisation_id: int, rows: Iterable[tuple[int, str, str]]) -> None:
    held: dict[str, list[int]] = defaultdict(list)
    known: dict[str, set[str]] = {}
    number = 0
    for key, *texts in rows:
        number += 1
        for text in texts:
            found = known.get(text)
            if found is None:
                found = known[text] = pieces([text])
            for piece in found:
                ids = held[piece]
                if not ids or ids[-1] != key:
                    ids.append(key)
    if number:
        _store(organisation_id, held, number)


def _store(organisation_id: int, held: dict[str, list[int]], number: int) -> None:
    last = current().scalar(select(func.max(_P.segment)).where(_P.organisation_id == organisation_id, _P.piece == ""))
    segment = (last or 0) + 1
    rows = [(organisation_id, piece, segment, len(ids), pack(ids)) for piece, ids in sorted(held.items())]
    rows.append((organisation_id, "", segment, number, b""))
    driver: Any = current().connection().connection.driver_connection
    if dialect() == "sqlite":
        driver.executemany("INSERT INTO search_pieces VALUES (?, ?, ?, ?, ?)", rows)
        return
    copying = "COPY search_pieces (organisation_id, piece, segment, number, ids) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(copying) as sink:
        for row in rows:
            sink.write_row(row)


def _put_together(organisation_id: int) -> None:
    """Make one segment of the small ones, where there are many: every search reads each of them."""
    mine = _P.organisation_id == organisation_id
    small = select(_P.segment, _P.number).where(mine, _P.piece == "", _P.number < SMALL)
    segments = {row.segment: row.number for row in current().execute(small)}
    if len(segments) <= MANY:
        return
    held: dict[str, set[int]] = defaultdict(set)
    theirs = (mine, _P.segment.in_(segments))
    for piece, data in current().execute(select(_P.piece, _P.ids).where(*theirs, _P.piece != "")):
        held[piece].update(unpack(data))
    current().execute(delete(PIECES).where(*theirs))
    _store(organisation_id, {piece: sorted(ids) for piece, ids in held.items()}, sum(segments.values()))
