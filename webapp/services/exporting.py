"""Make large lists into files in the background, keep them for a week, and tell who asked when one is ready."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from time import monotonic
from typing import Any

from flask_babel import force_locale
from sqlalchemy import delete, insert, select, update

from webapp.extensions import clock
from webapp.services import notices, outbox
from webapp.services.actors import Actor
from webapp.store.exports import Export, ExportPiece
from webapp.store.session import current, direct, release, transaction
from webapp.store.types import table_of

KEPT = timedelta(days=7)
FORGOTTEN = timedelta(minutes=2)
"""How long nothing is heard of a worker before another takes its export over."""

PULSE = 15
"""Seconds after which a worker says again that it is at it."""

ATTEMPTS = 5
AT_ONCE = 20
PORTION = 262_144
"""Bytes that are written at a time; no more than about twice that is in memory."""

READY, FAILED = "export_ready", "export_failed"
_PUT = insert(table_of(ExportPiece))
Pieces = Callable[..., Iterator[bytes]]


def ask(actor: Actor, listing: str, ending: str, *, args: Mapping[str, str], language: str) -> int:
    """Have a list made into a file; returns the export's id. The same one that is still being made is not doubled."""
    now = clock.now()
    with transaction() as session:
        mine = (Export.user_id == actor.user_id, Export.listing == listing, Export.ending == ending)
        for one in session.scalars(select(Export).where(*mine, Export.state != "ready").order_by(Export.id.desc())):
            if one.args == dict(args):
                if one.state != "failed":
                    return one.id
                notices.close_cause(one.organisation_id, _category(one.id))
        made = Export(
            organisation_id=actor.organisation_id, user_id=actor.user_id, asked_by=actor.name[:200], listing=listing,
            ending=ending, language=language, args=dict(args), created_at=now, beat_at=now,
        )  # fmt: skip
        session.add(made)
        session.flush()
        outbox.enqueue(outbox.EXPORT, made.id)
    return made.id


def work(export_id: int, pieces: Pieces) -> None:
    """Make the file of an export, unless somebody is at it; `pieces` gives it bit by bit."""
    export = _claim(export_id)
    if export is None:
        return
    attempt, portion, number = export.attempt, b"", 0
    what = (export.organisation_id, export.listing, export.ending, dict(export.args))
    try:
        with force_locale(export.language):
            for piece in pieces(*what, beat=_Pulse(export_id, attempt)):
                portion += piece
                if len(portion) >= PORTION:
                    _write(export_id, attempt, number, portion)
                    portion, number = b"", number + 1
        _write(export_id, attempt, number, portion, last=True)
    except _Lost:
        return  # another worker makes it by now


def seen(actor: Actor, export_id: int) -> None:
    """Close the notice of an export: its file was taken."""
    with transaction():
        notices.close_cause(actor.organisation_id, _category(export_id))


def sweep() -> int:
    """Take up what a worker left behind, and let go of what is older than a week; returns how many were taken up."""
    now = clock.now()
    stale = (Export.state.in_(("waiting", "running")), Export.beat_at < now - FORGOTTEN)
    left = current().execute(select(Export.id, Export.attempt).where(*stale).limit(AT_ONCE)).all()
    old = current().execute(
        select(Export.id, Export.organisation_id).where(Export.created_at < now - KEPT).limit(AT_ONCE)
    ).all()  # fmt: skip
    release()
    for row in left:
        with transaction():
            if row.attempt >= ATTEMPTS:
                if _change(row.id, *stale, state="failed", beat_at=now):
                    _tell(row.id, FAILED)
            elif _change(row.id, *stale, state="waiting", beat_at=now):
                outbox.enqueue(outbox.EXPORT, row.id)
    for row in old:
        with transaction() as session:
            session.execute(delete(ExportPiece).where(ExportPiece.export_id == row.id))
            session.execute(delete(Export).where(Export.id == row.id))
            notices.close_cause(row.organisation_id, _category(row.id))
    return len(left)


def _claim(export_id: int) -> Export | None:
    now = clock.now()
    with transaction() as session:
        free = (Export.state == "waiting") | ((Export.state == "running") & (Export.beat_at < now - FORGOTTEN))
        taken = _change(export_id, free, state="running", attempt=Export.attempt + 1, beat_at=now, size=0)
        if not taken:
            return None
        session.execute(delete(ExportPiece).where(ExportPiece.export_id == export_id))
    return current().get(Export, export_id, populate_existing=True)


class _Lost(Exception):
    """The export is another worker's by now, or gone."""


class _Pulse:
    """Tells now and then that an export is being worked at; a workbook has no piece before its last row."""

    def __init__(self, export_id: int, attempt: int) -> None:
        self.export_id, self.attempt, self.last = export_id, attempt, monotonic()

    def __call__(self) -> None:
        """Say so, unless that was done a moment ago; raises _Lost."""
        if monotonic() - self.last < PULSE:
            return
        self.last = monotonic()
        with transaction():
            own = (Export.state == "running", Export.attempt == self.attempt)
            if not _change(self.export_id, *own, beat_at=clock.now()):
                raise _Lost


def _write(export_id: int, attempt: int, number: int, content: bytes, *, last: bool = False) -> None:
    """Keep a portion; raises _Lost."""
    now = clock.now()
    done: dict[str, Any] = {"state": "ready", "ready_at": now} if last else {}
    own = (Export.state == "running", Export.attempt == attempt)
    with transaction():
        if not _change(export_id, *own, beat_at=now, size=Export.size + len(content), **done):
            raise _Lost
        direct(_PUT, export_id=export_id, number=number, content=content)  # the session would hold every piece
        if last:
            _tell(export_id, READY)


def _tell(export_id: int, what: str) -> None:
    export = current().get_one(Export, export_id)
    notices.raise_notice(
        export.organisation_id, what, connection_id=None, run_id=None, category=_category(export_id), count=1,
        person=export.user_id,
    )  # fmt: skip


def _category(export_id: int) -> str:
    return f"export:{export_id}"


def _change(export_id: int, *wanted: Any, **values: Any) -> bool:
    changed = update(Export).where(Export.id == export_id, *wanted).values(**values)
    result = current().execute(changed.execution_options(synchronize_session=False))
    return bool(result.rowcount)  # type: ignore[attr-defined]
