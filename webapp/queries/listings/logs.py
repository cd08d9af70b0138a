"""The list of runs, as a file and as columns to choose."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from webapp.domain.runs import RunCategory, RunStatus, Trigger
from webapp.queries import address, logs, words
from webapp.queries.listings.base import Args, Chunks, Column, Listing, bounded, keyset, local
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.types import table_of

COUNTS = ("outcome",)


def read_filters(args: Mapping[str, str]) -> logs.Filters:
    """Return the filters of an address; what is not understood is left out."""
    return logs.Filters(
        q=args.get("q", "").strip()[:100],
        category=address.one_of(args, "category", tuple(RunCategory)),
        status=address.one_of(args, "status", tuple(RunStatus)),
        trigger=address.one_of(args, "trigger", tuple(Trigger)),
        connection_id=address.whole(args.get("connection", "")),
        since=_midnight(args, "from"),
        until=_midnight(args, "to", days=1),
        unseen=args.get("unseen") == "1",
    )


def _midnight(args: Mapping[str, str], name: str, *, days: int = 0) -> datetime | None:
    """Return the moment at which a day begins in the zone of the screens, or one of the days after it."""
    day = address.day(args, name)
    if day is None or not 1900 <= day.year <= 9000:
        return None
    day += timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=current_app.extensions["koppel"].zone)


def _chunks(organisation_id: int, args: Args) -> Chunks:
    runs, links = table_of(Run).c, table_of(Connection).c
    facts = tuple(column for column in runs if column.name not in ("id", "details", "remote_text"))
    query = (
        select(
            runs.id, *facts, links.name.label("connection_name"), links.provider, links.rest_until, links.breaker_until
        )
        .select_from(Run)
        .outerjoin(Connection, Connection.id == Run.connection_id)
        .where(*_wanted(organisation_id, args))
    )
    for rows in keyset(query, runs.id, falling=True):
        groups = logs.failure_groups([row.id for row in rows if row.failed or row.unknown])
        yield [logs.make_row(row, row, groups.get(row.id, ())) for row in rows]


def _wanted(organisation_id: int, args: Args) -> list[ColumnElement[bool]]:
    ids = address.several(args, "ids")
    found = [logs.condition(organisation_id, read_filters(args))]
    return found if ids is None else [*found, Run.id.in_(ids)]


def _count(organisation_id: int, args: Args, most: int) -> int:
    return bounded(select(Run.id).where(*_wanted(organisation_id, args)), most)


def _state(row: logs.RunRow) -> str:
    return str(words.RUN[row.facts.status].word)


LOGS = Listing(
    name="logs",
    title=_l("Yuki logs"),
    endpoint="logs.index",
    names=("q", "category", "status", "trigger", "connection", "from", "to", "unseen"),
    columns=(
        Column("category", _l("Category"), lambda row: str(row.category), fixed=True),
        Column("number", _l("Run"), lambda row: row.id, "number", beside=("category",)),
        Column("type", _l("Type"), lambda row: row.kind),
        Column("connection", _l("Connection"), lambda row: row.connection_name, usual=False),
        Column("status", _l("Status"), _state),
        Column("started", _l("Started"), lambda row: local(row.started_at), "moment"),
        Column("ended", _l("Ended"), lambda row: local(row.ended_at), "moment"),
        Column("result", _l("Result"), lambda row: row.result),
        Column("total", _l("Total"), lambda row: row.facts.offered, "number"),
        Column("outcome", _l("Outcome"), None),
        Column("succeeded", _l("Succeeded"), lambda row: row.facts.succeeded, "number", beside=COUNTS),
        Column("failed", _l("Failed"), lambda row: row.facts.failed, "number", beside=COUNTS),
        Column("skipped", _l("Skipped"), lambda row: row.facts.skipped, "number", beside=COUNTS),
        Column("unknown", _l("Outcome unknown"), lambda row: row.facts.unknown, "number", beside=COUNTS),
        Column("duration", _l("Duration (seconds)"), lambda row: row.seconds, "number"),
        Column("trigger", _l("Trigger"), lambda row: str(words.TRIGGER.get(row.trigger, row.trigger)), usual=False),
        Column("user", _l("User"), lambda row: row.actor_name, usual=False),
    ),
    chunks=_chunks,
    count=_count,
)
