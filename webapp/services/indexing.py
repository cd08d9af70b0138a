"""Fill the indexes of the search with the invoices and runs that wait: many at a time, not while they are written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select

from webapp.domain.trigrams import pack, pieces, unpack
from webapp.store.invoices import Invoice
from webapp.store.log_pieces import LOG_PIECES, LOG_WAITING
from webapp.store.runs import Run, RunItem
from webapp.store.search_pieces import PIECES, WAITING
from webapp.store.session import current, dialect, release, transaction

ENOUGH = 500
"""So many that wait are looked through by every search, one by one; from here on they are taken up."""

PORTION = 20_000
SMALL = 5_000
"""Segments with fewer invoices are small; many of them are put together."""

MANY = 16

Texts = Iterable[Sequence[Any]]
"""The id of a row and its texts, by rising id."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is searched by an index of its own; `texts` reads those of an organisation's rows from one id to another."""

    pieces: Table
    waiting: Table
    texts: Callable[[int, int, int], Texts]


def _of_invoices(organisation_id: int, first: int, last: int) -> Texts:
    query = select(Invoice.id, Invoice.contact_name, Invoice.subject).where(
        Invoice.organisation_id == organisation_id, Invoice.id.between(first, last)
    )
    yield from current().execute(query.order_by(Invoice.id))


def _of_runs(organisation_id: int, first: int, last: int) -> Texts:
    said: dict[int, list[str]] = defaultdict(list)
    items = select(RunItem.run_id, RunItem.remote_text).where(
        RunItem.run_id.between(first, last), RunItem.organisation_id == organisation_id, RunItem.remote_text != ""
    )
    for run_id, one in current().execute(items.distinct()):
        said[run_id].append(one)
    query = select(Run.id, Run.actor_name, Run.remote_text).where(
        Run.organisation_id == organisation_id, Run.id.between(first, last)
    )
    for run_id, *words in current().execute(query.order_by(Run.id)):
        yield run_id, *words, *said[run_id]


SUBJECTS = (Subject(PIECES, WAITING, _of_invoices), Subject(LOG_PIECES, LOG_WAITING, _of_runs))


def take_up(*, enough: int = ENOUGH, most: int = 5) -> int:
    """Take up what waits, of every organisation where enough does; returns how many invoices and runs that were.

    At most so many portions at one time; the scheduler comes again.
    """
    return sum(_take_up(subject, enough, most) for subject in SUBJECTS)


def _take_up(subject: Subject, enough: int, most: int) -> int:
    mine = subject.waiting.c.organisation_id
    waiting = select(mine, func.count()).group_by(mine).having(func.count() >= enough)
    found = [row[0] for row in current().execute(waiting)]
    release()
    taken = 0
    for organisation_id in found:
        for _ in range(most):
            number, more = _portion(subject, organisation_id)
            taken += number
            if not more:
                break
    return taken


def _portion(subject: Subject, organisation_id: int) -> tuple[int, bool]:
    """Take up what the first notes are about; returns how many rows that were, and whether there may be more notes."""
    whose, key = subject.waiting.c
    with transaction() as session:
        mine = whose == organisation_id
        notes = session.scalars(select(key).where(mine).order_by(key).limit(PORTION)).all()
        if not notes:
            return 0, False
        ids = set(notes)
        # Gone before the texts are read: who changes one from now on makes a new note.
        session.execute(delete(subject.waiting).where(mine, key.between(notes[0], notes[-1])))
        texts = subject.texts(organisation_id, notes[0], notes[-1])
        _write(subject.pieces, organisation_id, (row for row in texts if row[0] in ids))
        _put_together(subject.pieces, organisation_id)
    return len(ids), len(notes) == PORTION


def _write(table: Table, organisation_id: int, rows: Texts) -> None:
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
        _store(table, organisation_id, held, number)


def _store(table: Table, organisation_id: int, held: dict[str, list[int]], number: int) -> None:
    its = table.c
    last = current().scalar(
        select(func.max(its.segment)).where(its.organisation_id == organisation_id, its.piece == "")
    )
    segment = (last or 0) + 1
    rows = [(organisation_id, piece, segment, len(ids), pack(ids)) for piece, ids in sorted(held.items())]
    rows.append((organisation_id, "", segment, number, b""))
    driver: Any = current().connection().connection.driver_connection
    if dialect() == "sqlite":
        driver.executemany(f"INSERT INTO {table.name} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608 - a table of ours
        return
    copying = f"COPY {table.name} (organisation_id, piece, segment, number, ids) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(copying) as sink:
        for row in rows:
            sink.write_row(row)


def _put_together(table: Table, organisation_id: int) -> None:
    """Make one segment of the small ones, where there are many: every search reads each of them."""
    its = table.c
    mine = its.organisation_id == organisation_id
    small = select(its.segment, its.number).where(mine, its.piece == "", its.number < SMALL)
    segments = {row.segment: row.number for row in current().execute(small)}
    if len(segments) <= MANY:
        return
    held: dict[str, set[int]] = defaultdict(set)
    theirs = (mine, its.segment.in_(segments))
    for piece, data in current().execute(select(its.piece, its.ids).where(*theirs, its.piece != "")):
        held[piece].update(unpack(data))
    current().execute(delete(table).where(*theirs))
    _store(table, organisation_id, {piece: sorted(ids) for piece, ids in held.items()}, sum(segments.values()))
