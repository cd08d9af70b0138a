"""Fill the indexes of the search with the invoices and runs that wait: many at a time, not while they are written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, select

from webapp.domain.trigrams import LONGEST, all_heads, pack, pack_days, pieces, unpack, unpack_days
from webapp.store.invoices import Invoice
from webapp.store.log_pieces import LOG_PIECES, LOG_WAITING
from webapp.store.runs import Run, RunItem
from webapp.store.search_pieces import DAYS, HEADS, PIECES, TEXTS, WAITING
from webapp.store.session import ask, current, dialect, release, transaction
from webapp.store.straight import Fixed, here
from webapp.store.types import table_of

ENOUGH = 500
"""So many that wait are looked through by every search, one by one; from here on they are taken up."""

PORTION = 20_000
SMALL = 5_000
"""Segments with fewer invoices are small; many of them are put together."""

MANY = 16


Row = tuple[int, Sequence[str], Sequence[str], int]
"""What an index is to know of a row: id, texts, what is searched by its beginning, and the ordinal of its day."""

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


_INVOICES = table_of(Invoice)
_HEADS_END = 2 + len(HEADS)
_TEXTS_OF_INVOICES = Fixed(
    select(*(_INVOICES.c[name] for name in ("id", "issue_date", *HEADS, *TEXTS)))
    .where(
        _INVOICES.c.organisation_id == bindparam("organisation"),
        _INVOICES.c.id.between(bindparam("first"), bindparam("last")),
    )
    .order_by(_INVOICES.c.id)
)


def _of_invoices(organisation_id: int, first: int, last: int) -> Rows:
    between = {"organisation": organisation_id, "first": first, "last": last}
    for row in here().raw(_TEXTS_OF_INVOICES, between):
        yield row[0], row[_HEADS_END:], row[2:_HEADS_END], _ordinal(row[1])


@lru_cache(maxsize=5_000)
def _ordinal(day: date | str) -> int:
    """Return the ordinal of a day as the driver tells it: SQLite has it as text."""
    return (day if isinstance(day, date) else date.fromisoformat(day)).toordinal()


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
        yield run_id, (*words, *said[run_id]), (), 0


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
        first = ask(select(key).where(mine).order_by(key).limit(PORTION))
        notes = [row[0] for row in first]
        if not notes:
            return 0, False
        ids = set(notes)
        # Gone before the texts are read: who changes one from now on makes a new note.
        session.execute(delete(subject.waiting).where(mine, key.between(notes[0], notes[-1])))
        rows = subject.rows(organisation_id, notes[0], notes[-1])
        _write(subject, organisation_id, (row for row in rows if row[0] in ids))
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
        for kind, number in enumerate(numbers):
            starts[kind, number[:LONGEST]].append(key)
    held: dict[str, list[int]] = defaultdict(list)
    for text, ids in texts.items():  # most stand on many rows
        for piece in pieces([text]):
            held[piece] += ids
    for (kind, begin), ids in starts.items():
        for piece in all_heads(begin, kind):
            held[piece] += ids
    if days:
        _store(subject, organisation_id, held, days)


def _store(subject: Subject, organisation_id: int, held: dict[str, list[int]], days: dict[int, int]) -> None:
    """Write a segment: which rows hold a piece, some named more than once, and the day of each."""
    its = subject.pieces.c
    last = current().scalar(
        select(func.max(its.segment)).where(its.organisation_id == organisation_id, its.piece == "")
    )
    segment = (last or 0) + 1
    rows = []
    for piece in sorted(held):
        ids = sorted(set(held.pop(piece)))
        rows.append((organisation_id, piece, segment, len(ids), pack(ids)))
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
    held: dict[str, list[int]] = defaultdict(list)
    days: dict[int, int] = {}
    theirs = (mine, its.segment.in_(segments))
    for piece, data in current().execute(select(its.piece, its.ids).where(*theirs, its.piece != "")):
        held[piece] += unpack(data)
    if subject.days is not None:
        own = (subject.days.c.organisation_id == organisation_id, subject.days.c.segment.in_(segments))
        for data in current().scalars(select(subject.days.c.days).where(*own).order_by(subject.days.c.segment)):
            days.update((key, day) for day, key in unpack_days(data))  # the last word on a row is the newest
        current().execute(delete(subject.days).where(*own))
    else:
        days = dict.fromkeys(set().union(*held.values()), 0)
    current().execute(delete(subject.pieces).where(*theirs))
    _store(subject, organisation_id, held, days)
