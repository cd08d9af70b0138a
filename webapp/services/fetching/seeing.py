"""Which documents are as they are here, and which a full reading has seen: a row for a page, not one for each."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, delete, insert, select

from webapp.connectors.sources import Known
from webapp.store.fetching import RemoteDocument, SeenPage
from webapp.store.keyed import Keyed
from webapp.store.session import current, direct
from webapp.store.straight import Fixed, asking, line_of
from webapp.store.types import table_of

IN_PART = "partially_paid"
"""Documents of which a list tells too little: they are read whatever their bytes say."""

CHUNK = 5_000
PAGES = 8
"""Rows of what was seen that are fetched at a time: each has the ids of up to 5,000 documents."""

SEGMENT = 1 << 14
_DOCUMENTS, _PAGES = table_of(RemoteDocument), table_of(SeenPage)
_NOTE = insert(_PAGES)
UNREAD = f"one.connection_id = :connection AND one.vanished_at IS NULL AND one.payment_status <> '{IN_PART}'"
"""Which documents need not be read, where their bytes are the same."""

_C = _DOCUMENTS.c
_THERE = Fixed(
    select(_C.id).where(
        _C.connection_id == bindparam("connection"), _C.vanished_at.is_(None), _C.seen_at < bindparam("started")
    )
)
KNOWN = Keyed(
    "remote_documents",
    "remote_id",
    "remote_id, id, mark",
    where=UNREAD,
    text_keys=True,
)


def known_to(connection_id: int) -> Known:
    """Return what tells a source which documents of a page need not be read: their bytes are those that were stored."""

    def known(marks: Mapping[str, int]) -> Mapping[str, int]:
        with asking() as line:
            found = KNOWN.of(line, marks, connection=connection_id)
        return {key: document_id for key, document_id, mark in found if mark == marks[key]}

    return known


def note_seen(connection_id: int, started_at: datetime, document_ids: Sequence[int]) -> None:
    """Write inside of a transaction that the reading that began then has seen these, and nothing of them changed."""
    if document_ids:
        packed = array("q", document_ids).tobytes()
        direct(_NOTE, connection_id=connection_id, started_at=started_at, documents=packed)


def forget_seen(connection_id: int) -> None:
    """Let go of what readings have seen, inside of a transaction: the one that needed it has ended."""
    direct(delete(_PAGES).where(_PAGES.c.connection_id == connection_id))


def missing(connection_id: int, started_at: datetime) -> list[int]:
    """Return the documents, by their ids here, that the full reading that began then has not seen."""
    seen, line, found = _seen(connection_id, started_at), line_of(current().connection()), list[int]()
    for rows in line.each(_THERE, {"connection": connection_id, "started": started_at}, most=CHUNK):
        found += seen.others([row[0] for row in rows])
    return sorted(found)


class _Ids:
    """Many ids, a byte for each: a set would have a hundred of them, and a million documents are one reading."""

    def __init__(self) -> None:
        self._segments: defaultdict[int, bytearray] = defaultdict(partial(bytearray, SEGMENT))

    def add(self, ids: Iterable[int]) -> None:
        segments = self._segments
        for one in ids:
            segments[one // SEGMENT][one % SEGMENT] = 1

    def others(self, ids: Iterable[int]) -> list[int]:
        """Return those of these ids that were not added."""
        segments = self._segments
        return [one for one in ids if not segments[one // SEGMENT][one % SEGMENT]]


def _seen(connection_id: int, started_at: datetime) -> _Ids:
    query = select(_PAGES.c.documents).where(_PAGES.c.connection_id == connection_id, _PAGES.c.started_at == started_at)
    found = _Ids()
    for page in current().connection().execute(query.execution_options(yield_per=PAGES)).scalars():
        found.add(array("q", page))
    return found
