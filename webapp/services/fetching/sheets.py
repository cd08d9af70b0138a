"""Pages that are known to the byte: what their documents are here, kept for as long as that is true.

A row is written with the page, in its transaction, and taken away in the one that changes a document of it. So where
the row is, nothing has to be looked at but the bytes of the page.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, delete, func, insert, select

from webapp.connectors.sources import InvoicePage, KnownPages, Sheet
from webapp.services.fetching.seeing import known_to
from webapp.store.fetching import PageMark, RemoteDocument, SeenPage
from webapp.store.session import by_dialect, current
from webapp.store.straight import Fixed, Line, asking, line_of
from webapp.store.types import table_of

AT_ONCE = 200
"""Rows that are looked up together: pages come in their order."""

WIDTH = 8
"""Bytes of an id."""

NONE = (Sheet(0, -1, 0, 0, "", 0), 0)

_PAGES, _SEEN, _D = table_of(PageMark), table_of(SeenPage), table_of(RemoteDocument)
_C = _PAGES.c
_MINE = _C.connection_id == bindparam("connection", type_=BigInteger())
_NAMES = ("connection_id", "number", "mark", "last", "total", "tail", "lines", "low", "high", "documents", "notes")
_STATEMENTS = by_dialect(
    lambda insert: (made := insert(_PAGES)).on_conflict_do_update(
        index_elements=["connection_id", "number"], set_={name: made.excluded[name] for name in _NAMES[2:]}
    )
)
_PUT = {name: Fixed(made, columns=_NAMES) for name, made in _STATEMENTS.items()}
_NEXT = Fixed(
    select(_C.number, _C.mark, _C.last, _C.total, _C.tail, _C.lines, func.length(_C.documents))
    .where(_MINE, _C.number.between(bindparam("first"), bindparam("until")))
    .order_by(_C.number)
)
_NOTES = Fixed(select(_C.notes, _C.documents).where(_MINE, _C.number == bindparam("page")))
_ANY = Fixed(select(_D.c.id).where(_D.c.connection_id == bindparam("connection", type_=BigInteger())).limit(1))
_MARKS = Fixed(
    select(_C.number, _C.mark)
    .where(_MINE, _C.number.between(bindparam("first"), bindparam("until")))
    .order_by(_C.number)
)
_REACH = Fixed(
    select(_C.number, _C.low, _C.high).where(_MINE, _C.low <= bindparam("highest"), _C.high >= bindparam("lowest"))
)
_FORGET = Fixed(delete(_PAGES).where(_MINE, _C.number == bindparam("page")))
_SEE = Fixed(
    insert(_SEEN).from_select(
        ["connection_id", "started_at", "documents"],
        select(_C.connection_id, bindparam("started", type_=_SEEN.c.started_at.type), _C.documents)
        .where(_MINE, _C.number.between(bindparam("first"), bindparam("until")))
        .order_by(_C.number),
        include_defaults=False,
    )
)


class Sheets(KnownPages):
    """What a full reading knows of a connection's documents and pages."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id
        self._documents = known_to(connection_id)
        with asking() as line:
            self.nothing = line.one(_ANY, {"connection": connection_id}) is None
        self._rows: dict[int, tuple[Sheet, int]] = {}
        self._looked_at = range(0)

    def __call__(self, marks: Mapping[str, int]) -> Mapping[str, int]:
        """Return our ids of the documents that need not be read, as KnownPages asks."""
        return self._documents(marks)

    def page(self, number: int, mark: int, again: Callable[[], InvoicePage]) -> InvoicePage | None:
        """Return a page that is here as its bytes tell it; never the last one, with which the list ends."""
        if number not in self._looked_at:
            self._look(number)
        sheet, documents = self._rows.pop(number, NONE)
        if sheet.mark != mark or number >= sheet.last:
            return None
        return InvoicePage(
            number,
            sheet.last,
            sheet.total,
            (),
            same_lines=sheet.lines,
            tail=sheet.tail,
            sheets=(sheet,),
            passed=documents,
            again=again,
        )

    def notes(self, number: int) -> tuple[bytes, Sequence[int]] | None:
        """Return what the source noted of a page, and our ids of its documents: asked for now, it is true now."""
        with asking() as line:
            found = line.one(_NOTES, {"connection": self._connection_id, "page": number})
        return (found[0], array("q", found[1])) if found is not None else None

    def _look(self, number: int) -> None:
        self._looked_at = range(number, number + AT_ONCE)
        where = {"connection": self._connection_id, "first": number, "until": number + AT_ONCE - 1}
        with asking() as line:
            rows = line.all(_NEXT, where)
        self._rows = {row[0]: (Sheet(*row[:6]), row[6] // WIDTH) for row in rows}


def keep(connection_id: int, sheets: Sequence[Sheet], ids: Mapping[str, int]) -> None:
    """Keep the pages of which every document is here as it was read, inside of the transaction that wrote them.

    `ids` are ours of those documents.
    """
    rows = []
    for one in sheets:
        mine = [ids[key] for key in one.ids if key in ids]
        if len(mine) != len(one.ids):
            continue
        values = (connection_id, *one[:6], min(mine), max(mine), array("q", mine).tobytes(), one.notes)
        rows.append(dict(zip(_NAMES, values, strict=True)))
    line = line_of(current().connection())
    line.many(_PUT[line.kind], rows)


def forget(connection_id: int, document_ids: Collection[int]) -> None:
    """Let go of the pages that may have one of these documents, inside of the transaction that changes them."""
    if not document_ids:
        return
    line, ordered = line_of(current().connection()), sorted(document_ids)
    gone = []
    reach = {"connection": connection_id, "lowest": ordered[0], "highest": ordered[-1]}
    for number, low, high in line.all(_REACH, reach):  # not all of a connection's
        at = bisect_left(ordered, low)
        if at < len(ordered) and ordered[at] <= high:
            gone.append({"connection": connection_id, "page": number})
    line.many(_FORGET, gone)


def pass_over(line: Line, connection_id: int, sheets: Sequence[Sheet], started_at: datetime) -> bool:
    """Note pages that follow each other as seen, inside of a transaction; False where they are not known any more."""
    where = {"connection": connection_id, "first": sheets[0].number, "until": sheets[-1].number}
    if [tuple(row) for row in line.all(_MARKS, where)] != [(one.number, one.mark) for one in sheets]:
        return False
    line.do(_SEE, where | {"started": started_at})
    return True
