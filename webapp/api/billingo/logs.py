"""The logs of fetching: one for each run, the newest first."""

import json
from typing import Any

from flask import Response
from flask_babel import force_locale

from webapp.api.access import access, calling
from webapp.api.answers import answer
from webapp.api.billingo.blueprint import BILLINGO, FEATURE, blueprint, company
from webapp.api.billingo.models import Detail, LogList, LogsQuery
from webapp.api.billingo.paging import listed, read_query
from webapp.api.billingo.shapes import duration, formatted, iso, whole
from webapp.api.describing import describe
from webapp.queries import fetch_runs

REFUSALS: dict[int, Any] = {400: Detail, 401: Detail, 403: Detail, 404: Detail, 429: Detail}


@blueprint.get("/billingo-sync-logs/", strict_slashes=False)
@access("viewer", feature=FEATURE)
@describe("Logs of fetching", query=LogsQuery, answers={200: LogList, **REFUSALS})
def list_logs() -> Response:
    """Give the runs that fetched invoices, the newest first; the two displays in the language of the user."""
    query = read_query(LogsQuery)
    with force_locale(calling().language or "en"):
        total, runs = fetch_runs.page(
            calling().organisation_id,
            BILLINGO,
            trigger=(query.sync_type or "").lower(),
            status=(query.status or "").lower(),
            start=query.start,
            size=query.page_size,
        )
    mine = company()
    return answer(listed(query, total, [_log(mine, run) for run in runs]))


def _log(mine: dict[str, object], run: fetch_runs.FetchRun) -> dict[str, Any]:
    """Return one log in the order it was printed in."""
    errors = errors_of(run)
    return {
        "id": run.id,
        **mine,
        "sync_type": run.trigger.upper(),
        "sync_type_display": run.trigger_word,
        "status": run.status.upper(),
        "status_display": run.status_word,
        "invoices_processed": run.processed,
        "invoices_created": run.created,
        "invoices_updated": run.updated,
        "invoices_skipped": run.skipped,
        "items_extracted": run.items,
        "api_calls_made": run.calls,
        "sync_duration_seconds": run.seconds,
        "duration_formatted": duration(run.seconds),
        "started_at": iso(run.started_at),
        "started_at_formatted": formatted(run.started_at),
        "completed_at": iso(run.ended_at),
        "completed_at_formatted": formatted(run.ended_at),
        "errors": json.dumps(errors, ensure_ascii=False) if errors else "",
        "errors_parsed": errors,
    }


def errors_of(run: fetch_runs.FetchRun) -> list[dict[str, Any]]:
    """Return what could not be taken in a run."""
    return [
        {"invoice_id": whole(one.remote_id), "invoice_number": one.number or None, "error": one.error}
        for one in run.errors
    ]
