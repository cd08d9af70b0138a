"""Fill the indexes of the search with the invoices and runs that wait: many at a time, not while they are written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, func, select

from webapp.domain.trigrams import LONGEST, all_heads, pack, pack_days, pieces, unpack, unpack_days
from webapp.store.invoices import Invoice
from webapp.store.log_pieces import LOG_PIECES, LOG_WAITING
from webapp.store.runs import Run, RunItem
from webapp.store.search_pieces import DAYS, HEADS, PIECES, TEXTS, WAITING
from webapp.store.session import ask, current, dialect, release, transaction

ENOUGH = 500
"""So many that wait are looked through by every search, one by one; from here on they are taken up."""

PORTION = 20_000
SMALL = 5_000
"""Segments with fewer invoices are small; many of them are put together."""

MANY = 16


class Row(NamedTuple):
    """What an index is to know of a row: its texts, what is searched by its beginning, and the ordinal of its day."""

    id: int
    texts: Sequence[str]
    heads: Sequence[str] = ()
    day: int = 0


Rows = Iterable[Row]
"""By rising id."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is searched by an index of its own; `rows` reads an organisation's from one id to another.

    `days` is where their order by date is kept, if they have one.
    """

    pieces: Table
    waiting: Table
    rows: Callable[[int, int, int], Rows]
    days: Table | None = None


_HEADS_END = 2 + len(HEADS)


def _of_invoices(organisation_id: int, first: int, last: int) -> Rows:
    columns = (Invoice.id, Invoice.issue_date, *(getattr(Invoice, name) for name in (*HEADS, *TEXTS)))
    mine = (Invoice.organisation_id == organisation_id, Invoice.id.between(first, last))
    for row in ask(select(*columns).where(*mine).order_by(Invoice.id)).all():
        yield Row(row[0], row[_HEADS_END:], row[2:_HEADS_END], row[1].toordinal())


def _of_runs(organisation_id: int, first: int, last: int) -> Rows:
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
        yield Row(run_id, (*words, *said[run_id]))


SUBJECTS = (Subject(PIECES, WAITING, _of_invoices, DAYS), Subject(LOG_PIECES, LOG_WAITING, _of_runs))


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
        rows = subject.rows(organisation_id, notes[0], notes[-1])
        _write(subject, organisation_id, (row for row in rows if row.id in ids))
        _put_together(subject, organisation_id)
    return len(ids), len(notes) == PORTION


def _write(subject: Subject, organisation_id: int, rows: Rows) -> None:
    days: dict[int, int] = {}
    texts: dict[str, list[int]] = defaultdict(list)
    starts: dict[tuple[int, str], list[int]] = defaultdict(list)
    for key, words, numbers, day in rows:
        days[key] = day
        for text in words:
            texts[text].append(key)
        for start in enumerate(numbers):
            starts[start[0], start[1][:LONGEST]].append(key)
    held: dict[str, set[int]] = defaultdict(set)
    for text, ids in texts.items():  # most stand on many rows
        for piece in pieces([text]):
            held[piece].update(ids)
    for (kind, begin), ids in starts.items():
        for piece in all_heads(begin, kind):
            held[piece].update(ids)
    if days:
        _store(subject, organisation_id, held, days)


def _store(subject: Subject, organisation_id: int, held: dict[str, set[int]], days: dict[int, int]) -> None:
    """Write a segment: which rows hold a piece, and the day of each."""
    its = subject.pieces.c
    last = current().scalar(
        select(func.max(its.segment)).where(its.organisation_id == organisation_id, its.piece == "")
    )
    segment = (last or 0) + 1
    rows = [(organisation_id, piece, segment, len(held[piece]), pack(sorted(held[piece]))) for piece in sorted(held)]
    rows.append((organisation_id, "", segment, len(days), b""))
    _copy(subject.pieces, rows)
    if subject.days is not None:
        inorder = sorted((day, key) for key, day in days.items())
        _copy(subject.days, [(organisation_id, segment, inorder[0][0], inorder[-1][0], pack_days(inorder))])


def _copy(table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    driver: Any = current().connection().connection.driver_connection
    names = table.c.keys()
    if dialect() == "sqlite":
        places = ", ".join("?" * len(names))
        driver.executemany(f"INSERT INTO {table.name} VALUES ({places})", rows)  # noqa: S608 - a table of ours
        return
    copying = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(copying) as sink:
        for row in rows:
            sink.write_row(row)


def _put_together(subject: Subject, organisation_id: int) -> None:
    """Make one segment of the small ones, where there are many: every search reads each of them."""
    its = subject.pieces.c
    mine = its.organisation_id == organisation_id
    small = select(its.segment, its.number).where(mine, its.piece == "", its.number < SMALL)
    segments = [row.segment for row in current().execute(small)]
    if len(segments) <= MANY:
        return
    held: dict[str, set[int]] = defaultdict(set)
    days: dict[int, int] = {}
    theirs = (mine, its.segment.in_(segments))
    for piece, data in current().execute(select(its.piece, its.ids).where(*theirs, its.piece != "")):
        held[piece].update(unpack(data))
    if subject.days is not None:
        own = (subject.days.c.organisation_id == organisation_id, subject.days.c.segment.in_(segments))
        for data in current().scalars(select(subject.days.c.days).where(*own).order_by(subject.days.c.segment)):
            days.update((key, day) for day, key in unpack_days(data))  # the last word on a row is the newest
        current().execute(delete(subject.days).where(*own))
    else:
        days = dict.fromkeys(set().union(*held.values()), 0)
    current().execute(delete(subject.pieces).where(*theirs))
    _store(subject, organisation_id, held, days)
