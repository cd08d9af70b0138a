"""The settings of Billingo, and fetching at once."""

import time
from typing import Any

from flask import Response

from webapp.api import bodies
from webapp.api.access import access, calling
from webapp.api.answers import Refusal, answer
from webapp.api.billingo.blueprint import BILLINGO, FEATURE, blueprint, company
from webapp.api.billingo.logs import errors_of
from webapp.api.billingo.models import (
    Detail,
    Metrics,
    SettingsAnswer,
    SettingsBody,
    SettingsList,
    Started,
    TriggerBody,
    TriggerRefusal,
)
from webapp.api.billingo.paging import PageQuery, listed, read_query
from webapp.api.billingo.shapes import formatted, iso
from webapp.api.describing import describe
from webapp.domain.connections import ConnectionProblem
from webapp.queries import fetch_runs
from webapp.services import fetching, sources
from webapp.store.session import release

REFUSALS: dict[int, Any] = {400: Detail, 401: Detail, 403: Detail, 404: Detail, 413: Detail, 429: Detail}
WAIT = 30
"""Seconds that a caller waits for the run; after that he is told where to look."""

STEP = 0.1


@blueprint.get("/billingo-settings/", strict_slashes=False)
@access("admin", feature=FEATURE)
@describe("Settings of Billingo", query=PageQuery, answers={200: SettingsList, **REFUSALS})
def list_settings() -> Response:
    """Give the settings of the company: a list of one, or an empty one. The API key is never given."""
    query = read_query(PageQuery)
    found = fetch_runs.source_of(calling().organisation_id, BILLINGO)
    return answer(listed(query, 1 if found else 0, [_settings(found)] if found and query.page == 1 else []))


@blueprint.post("/billingo-settings/", strict_slashes=False)
@access("admin", feature=FEATURE)
@describe(
    "Make or change the settings of Billingo",
    body=SettingsBody,
    answers={200: SettingsAnswer, 201: SettingsAnswer, **REFUSALS},
)
def save_settings() -> Response:
    """Make the settings (201) or change them (200); what is left out stays. Making them needs `api_key_input`."""
    body = bodies.read(SettingsBody)
    try:
        _, made = sources.configure(calling().actor, BILLINGO, key=body.api_key_input, active=body.is_active)
    except ConnectionProblem as problem:
        field = "api_key_input" if problem.field == "key" else "body"
        raise Refusal(400, f"{field}: {problem.message}") from None
    release()
    found = fetch_runs.source_of(calling().organisation_id, BILLINGO)
    if found is None:
        raise Refusal(404, "Not found.")
    return answer(_settings(found), 201 if made else 200)


@blueprint.post("/billingo-settings/trigger_sync/", strict_slashes=False)
@access("admin", feature=FEATURE)
@describe(
    "Fetch invoices now",
    body=TriggerBody,
    answers={200: Metrics, 202: Started, **REFUSALS, 400: TriggerRefusal},
)
def trigger_sync() -> Response:
    """Start a run and wait for it: its metrics with 200, or with 400 when something failed.

    After 30 seconds the answer is 202 with the id of the log; the run goes on. One that is going on already is waited
    for in place of a second one.
    """
    bodies.read(TriggerBody)
    caller = calling()
    found = fetch_runs.source_of(caller.organisation_id, BILLINGO)
    if found is None:
        raise Refusal(404, "Billingo is not set up for your company.")
    try:
        run_id = fetching.ask(caller.actor, found.id)[0]
    except fetching.FetchError as error:
        raise Refusal(400, "The connection is paused; set is_active to true first.") from error
    run = _wait(caller.organisation_id, run_id)
    if run is None:
        return answer({"status": "running", "log_id": run_id}, 202)
    return answer(_metrics(run), 200 if run.status == "completed" else 400)


def _wait(organisation_id: int, run_id: int) -> fetch_runs.FetchRun | None:
    """Return the run once it has ended, None when it takes longer than anybody waits."""
    until = time.monotonic() + WAIT
    while True:
        release()
        run = fetch_runs.find(organisation_id, BILLINGO, run_id)
        if run is not None and run.status in fetch_runs.ENDED:
            return run
        if time.monotonic() >= until:
            return None
        release()
        time.sleep(STEP)


def _settings(found: fetch_runs.Source) -> dict[str, Any]:
    return {
        "id": found.id,
        **company(),
        "has_api_key": found.has_key,
        "last_sync_time": iso(found.last_sync_at),
        "last_sync_time_formatted": formatted(found.last_sync_at),
        "is_active": found.active,
        "created_at": iso(found.created_at),
        "updated_at": iso(found.updated_at),
    }


def _metrics(run: fetch_runs.FetchRun) -> dict[str, Any]:
    return {
        "status": "success" if run.status == "completed" else "error",
        "invoices_processed": run.processed,
        "invoices_created": run.created,
        "invoices_updated": run.updated,
        "invoices_skipped": run.skipped,
        "items_extracted": run.items,
        "api_calls": run.calls,
        "duration_seconds": run.seconds,
        "errors": errors_of(run),
    }
