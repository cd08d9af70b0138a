"""Pages on which nothing changed: its counters and the place where one is, in the few statements that this takes.

Most pages of most readings are like this. Whatever is out of the ordinary is left to the long way, which knows all.
"""

from array import array
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, insert, select, update

from webapp.domain.fetching import Change, as_json
from webapp.extensions import clock
from webapp.services.fetching import sheets
from webapp.services.fetching.batching import Batch
from webapp.services.fetching.keeping import Lying
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState, SeenPage, SetAside
from webapp.store.runs import Run
from webapp.store.straight import Fixed, Line, writing
from webapp.store.types import Json, table_of

_CONNECTIONS, _RUNS, _STATES = table_of(Connection), table_of(Run), table_of(FetchState)
_PAGES, _ASIDE = table_of(SeenPage), table_of(SetAside)
_ID = bindparam("id", type_=BigInteger())
_AT_EASE = (
    select(_CONNECTIONS.c.failure_streak, _CONNECTIONS.c.breaker_until, _CONNECTIONS.c.rest_until)
    .where(_CONNECTIONS.c.id == _ID)
    .with_for_update()
)
_GOING_ON = select(_RUNS.c.status, _RUNS.c.cancel_requested_at, _RUNS.c.details).where(_RUNS.c.id == _ID)
_PLACE = select(_STATES.c.progress, exists().where(_ASIDE.c.connection_id == _ID, _ASIDE.c.solved_at.is_(None))).where(
    _STATES.c.connection_id == _ID
)
_COUNT = (
    update(_RUNS)
    .where(_RUNS.c.id == _ID)
    .values(
        offered=_RUNS.c.offered + bindparam("more", type_=BigInteger()),
        succeeded=_RUNS.c.succeeded + bindparam("more", type_=BigInteger()),
        details=bindparam("said", type_=Json),
        heartbeat_at=bindparam("now", type_=_RUNS.c.heartbeat_at.type),
    )
)
_MOVE = (
    update(_STATES)
    .where(_STATES.c.connection_id == _ID)
    .values(
        progress=bindparam("reached", type_=Json),
        updated_at=bindparam("now", type_=_STATES.c.updated_at.type),
    )
)
AT_EASE = Fixed(
    _AT_EASE, gives=[_CONNECTIONS.c.failure_streak, _CONNECTIONS.c.breaker_until, _CONNECTIONS.c.rest_until]
)
GOING_ON = Fixed(_GOING_ON, gives=[_RUNS.c.status, _RUNS.c.cancel_requested_at, _RUNS.c.details])
PLACE = Fixed(_PLACE, gives=[_STATES.c.progress, _RUNS.c.offered])
COUNT, MOVE = Fixed(_COUNT), Fixed(_MOVE)
NOTHING = dict.fromkeys([change.value for change in Change] + ["failed", "items"], 0)
SEEN = Fixed(insert(_PAGES), columns=("connection_id", "started_at", "documents"))


def pass_over(run_id: int, connection_id: int, batch: Batch, shelf: Lying) -> bool:
    """Write pages of which every document was passed over, and where one is after them; False where nothing is done.

    Nothing is done where there is more to write than counters: the pages are then to be stored as any other.
    """
    reading, page, after = batch.reading, batch.page, batch.after
    if page.invoices or page.bad or page.total is None or not (page.same or page.passed) or after.ended:
        return False
    with writing() as line:
        details = _details(line, run_id, connection_id, as_json(reading))
        if details is None:
            return False
        if page.passed and not sheets.pass_over(line, connection_id, page.sheets, reading.started_at):
            return False
        now, number = clock.now(), page.passed or len(page.same)
        counted = NOTHING | {Change.UNCHANGED.value: number, "items": page.same_lines}
        said = details | {name: int(str(details.get(name, 0))) + more for name, more in counted.items()}
        reached = {"page": page.number, "pages": page.last}
        line.do(COUNT, {"id": run_id, "more": number, "said": said | {"tries": 0} | reached, "now": now})
        line.do(MOVE, {"id": connection_id, "reached": as_json(after), "now": now})
        if reading.full and page.same:
            seen = array("q", page.same.values()).tobytes()
            line.do(SEEN, {"connection_id": connection_id, "started_at": reading.started_at, "documents": seen})
        shelf.written(page.number, line)
    return True


def _details(line: Line, run_id: int, connection_id: int, place: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is counted so far, None where anything is not as it mostly is."""
    # The connection first, as everywhere: two pages of one connection are written one after the other.
    if line.one(AT_EASE, {"id": connection_id}) != (0, None, None):
        return None
    run = line.one(GOING_ON, {"id": run_id})
    if run is None or run[0] != "running" or run[1] is not None:
        return None
    state = line.one(PLACE, {"id": connection_id})
    if state is None or state[0] != place or state[1]:
        return None
    return dict(run[2])
