"""Write a complete answer of the books: planned on what stands, in one transaction that holds the connection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from webapp.domain.payments import RemoteItem
from webapp.domain.runs import verdict
from webapp.extensions import clock
from webapp.services import runs, troubles
from webapp.services.lone_runs import is_cancelled
from webapp.services.payments.beforehand import Ahead, Books, Memory, Reader, Work
from webapp.services.payments.documents import known_documents
from webapp.services.payments.keptitems import Told
from webapp.services.payments.knowing import known_invoices
from webapp.services.payments.planning import plan
from webapp.services.payments.recording import record
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.session import transaction
from webapp.store.standstill import STATE
from webapp.store.straight import Asked, Fixed
from webapp.store.types import Moment, table_of

_CONNECTIONS, _RUNS = table_of(Connection), table_of(Run)
_OF_BOOKS = (_CONNECTIONS.c.payments_asked_at, *troubles.TROUBLE)
_HELD = Fixed(
    select(*_OF_BOOKS).where(_CONNECTIONS.c.id == bindparam("connection")).with_for_update(),
    gives=_OF_BOOKS,
)
_NAMES = ("status", "cancel_requested_at", "organisation_id", "actor_name", "details")
_RUN = Fixed(
    select(*(_RUNS.c[name] for name in _NAMES)).where(_RUNS.c.id == bindparam("run")).with_for_update(),
    gives=[_RUNS.c[name] for name in _NAMES],
)
_ASKED = Fixed(
    update(_CONNECTIONS)
    .where(_CONNECTIONS.c.id == bindparam("connection"))
    .values(payments_asked_at=bindparam("asked_at", type_=Moment()))
)
_ENDED = ("status", "result", "details", "offered", "succeeded", "skipped")
_NOW = bindparam("now", type_=Moment())
_END = Fixed(
    update(_RUNS)
    .where(_RUNS.c.id == bindparam("run"))
    .values({name: bindparam(f"new_{name}", type_=_RUNS.c[name].type) for name in _ENDED})
    .values(failure="", remote_text="", started_at=func.coalesce(_RUNS.c.started_at, _NOW), ended_at=_NOW)
    .values(heartbeat_at=_NOW)
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer: its items as told, the same for the planner in one order, and when it was asked for."""

    items: list[Told]
    remote: list[RemoteItem]
    asked_at: datetime


def write(run_id: int, answer: Answer, books: Books, ahead: Ahead, *, keep: Callable[[], list[Asked]]) -> None:
    """Write what an answer tells, and end the run; `ahead` has read while it was asked for.

    `keep` gives what writes down what was said, which is a part of it whatever becomes of the run.
    """
    memory = ahead.end()
    with transaction() as session:
        reader = Reader.within(memory)
        # The connection first: two answers about one administration are written one after the other.
        held, *_, row, state = reader.line.at_once(
            [
                (_HELD, {"connection": books.id}),
                *keep(),
                (_RUN, {"run": run_id}),
                (STATE[reader.line.kind], {}),
            ]
        )
        if not held or not row or row[0][0] not in runs.OPEN_STATES:
            return
        _, cancelled_at, organisation_id, actor_name, details = row[0]
        if cancelled_at is not None:
            is_cancelled(session.get_one(Run, run_id))
            return
        last, *trouble = held[0]
        troubles.note_success(books.id, trouble)
        said: dict[str, Any] = {}
        # An answer to an older question than the last one tells nothing new.
        if last is None or answer.asked_at >= last:
            work = Work(run_id, organisation_id, actor_name)
            reader.trust(holds=ahead.holds(state[0]))
            said = _record(reader, memory, books, work, answer=answer, last=last)
            reader.do_later(_ASKED, {"connection": books.id, "asked_at": answer.asked_at})
        _end(reader, run_id, details | said.pop("details", {}), said)


def _record(
    reader: Reader, memory: Memory, books: Books, work: Work, *, answer: Answer, last: datetime | None
) -> dict[str, Any]:
    known = known_invoices(reader, books, {item.reference for item in answer.remote})
    known += known_documents(reader, books, {item.document_id for item in answer.remote}, kind="sales")
    intents = plan(memory, known, answer.remote, asked_at=answer.asked_at, last=last)
    return record(reader, books, work, known=known, items=answer.items, intents=intents)


def _end(reader: Reader, run_id: int, details: Mapping[str, Any], counted: Mapping[str, int]) -> None:
    """End a run of which nothing is left to do: what it offered has succeeded, or was skipped."""
    offered, succeeded = counted.get("offered", 0), counted.get("succeeded", 0)
    status, result = verdict(offered=offered, succeeded=succeeded)
    ended = {
        "status": status.value,
        "result": result.value,
        "details": details,
        "offered": offered,
        "succeeded": succeeded,
        "skipped": counted.get("skipped", 0),
    }
    reader.finish((_END, {"run": run_id, "now": clock.now()} | {f"new_{name}": ended[name] for name in _ENDED}))
