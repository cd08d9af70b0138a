"""Koppel reading many documents of a Yuki over HTTP, first and once more, in a process of its own; as JSON."""

import json
import sys
from collections import Counter
from typing import Any

from sqlalchemy import func, select

from tests.bench.fetching import timed
from tests.bench.peers.memory import Memory
from tests.bench.stage import Stage, stage
from tests.support.records import make_connection
from webapp.extensions import db
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import fetching
from webapp.services.actors import person
from webapp.store.fetching import RemoteDocument, SetAside
from webapp.store.invoices import Invoice
from webapp.store.runs import HttpExchange, Run
from webapp.store.session import current

BUDGET = 1_000_000


def main(kind: str, url: str) -> dict[str, Any]:
    """Return the seconds of both readings, what they wrote, their calls, and the kilobytes above the start."""
    with stage(kind, yuki_nl_url=url, yuki_timeout=120) as place:
        with place.app.app_context():
            connection = make_connection(
                place.organisation_id, key=NL_KEY, administration_id=NL_ADMINISTRATION, daily_calls=BUDGET
            )
            db.session.remove()
        with Memory() as memory:
            first = timed(lambda: _read(place, connection))
        found = {"first": first, "first run": _said(place), **memory.taken()}
        again = timed(lambda: _read(place, connection))
        return found | {"again": again, "second run": _said(place), **_rows(place)}


def _read(place: Stage, connection_id: int) -> None:
    with place.app.app_context():
        run_id = fetching.ask(person(place.organisation_id, "bench"), connection_id)[0]
        fetching.fetch(run_id)
        db.session.remove()


def _said(place: Stage) -> dict[str, Any]:
    """Return what the last run says of itself, and its calls by their operations."""
    with place.app.app_context():
        run = current().scalars(select(Run).order_by(Run.id.desc()).limit(1)).one()
        calls = Counter(current().scalars(select(HttpExchange.operation).where(HttpExchange.run_id == run.id)))
        told = {"status": run.status, "failure": run.failure, "failed": run.failed, "calls": dict(calls)}
        told |= {name: run.details.get(name, 0) for name in ("created", "updated", "unchanged")}
        db.session.remove()
    return told


def _rows(place: Stage) -> dict[str, int]:
    with place.app.app_context():
        counts = {
            kind.__tablename__: current().scalar(select(func.count()).select_from(kind)) or 0
            for kind in (Invoice, RemoteDocument, SetAside)
        }
        counts["open"] = current().scalar(select(func.count()).where(Invoice.outstanding_amount != 0)) or 0
        db.session.remove()
    return counts


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
