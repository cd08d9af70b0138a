"""The logs: the list of runs, one run with its live progress, and what was said to the remote."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.domain.runs import RunCategory
from webapp.queries import exchanges, logs, run, run_items, words
from webapp.queries.expense_words import say_problem
from webapp.queries.labels import refusal_text
from webapp.queries.listings import LISTINGS
from webapp.queries.listings.logs import read_filters
from webapp.queries.reconciliation import CURRENCY
from webapp.queries.views import Shown
from webapp.services import expenses, fetching, payments
from webapp.services.actors import Actor
from webapp.services.runs import mark_seen
from webapp.services.sending import SendError, ask, cancel, retry
from webapp.web.acting import acting
from webapp.web.inputs import chosen, identity
from webapp.web.listing import begin, look, whole
from webapp.web.policy import allow
from webapp.web.pretty import pretty
from webapp.web.streams import run_stream

blueprint = Blueprint("logs", __name__, url_prefix="/logs")
_CANCELLING = {
    RunCategory.PROCESS_PAYMENTS: payments.cancel,
    RunCategory.FETCH_INVOICES: fetching.cancel,
    RunCategory.SEND_EXPENSE_CLAIMS: expenses.cancel,
}
SELECTED_MOST = 200


@blueprint.get("")
@allow("viewer")
def index() -> str | BaseResponse:
    """Show the list of runs; the bare address begins with the view that the user chose for it."""
    shown = look("logs")
    return begin(shown) or render_template("logs/index.html", **_list(shown))


@blueprint.get("/table")
@allow("viewer")
def table() -> str:
    """Show the table of the list alone; it asks for itself again while a run of it is under way."""
    return render_template("logs/_table.html", **_list(look("logs")))


@blueprint.get("/<int:run_id>")
@allow("viewer")
def show(run_id: int) -> str:
    """Show one run."""
    view = _run(run_id)
    listed = exchanges.of_run(current_user.organisation_id, run_id)
    return render_template("logs/show.html", calls=listed, **_head(view), **_items(run_id))


@blueprint.get("/<int:run_id>/progress")
@allow("viewer")
def progress(run_id: int) -> str:
    """Show the part of the page that moves while the run goes on."""
    return render_template("logs/_progress.html", **_head(_run(run_id)))


@blueprint.get("/<int:run_id>/items")
@allow("viewer")
def items(run_id: int) -> str:
    """Show a page of the run's items."""
    return render_template("logs/_items.html", run=_run(run_id), **_items(run_id))


@blueprint.get("/<int:run_id>/calls")
@allow("viewer")
def calls(run_id: int) -> str:
    """Show the requests and answers of a run, as a list."""
    view = _run(run_id)
    return render_template("logs/_calls.html", run=view, calls=exchanges.of_run(current_user.organisation_id, run_id))


@blueprint.get("/<int:run_id>/stream")
@allow("viewer")
def stream(run_id: int) -> Response:
    """Answer with server-sent events until the run ends."""
    _run(run_id)
    return run_stream(current_user.organisation_id, run_id, token=current_user.token)


@blueprint.post("/<int:run_id>/retry", endpoint="retry")
@allow("staff")
def retry_run(run_id: int) -> BaseResponse:
    """Do again what failed in a run: all of it, one class of `failure`, or one `invoice`."""
    view = _run(run_id)
    made, refused = _retry(acting(), view, request.form.get("failure", ""), chosen("invoice"))
    if not made:
        flash(refused, "error")
        return redirect(url_for("logs.show", run_id=run_id), 303)
    flash(_("Started again; this page follows it."), "success")
    return redirect(url_for("logs.show", run_id=made[0]) if len(made) == 1 else url_for("logs.index"), 303)


@blueprint.post("/retry")
@allow("staff")
def retry_many() -> BaseResponse:
    """Do again what failed in the selected runs."""
    actor = acting()
    made: list[int] = []
    refused = ""
    for run_id in request.form.getlist("id", type=identity)[:SELECTED_MOST]:
        view = run.find(current_user.organisation_id, run_id)
        if view is not None and view.can_retry:
            started, refused = _retry(actor, view, "", None)
            made += started
    if made:
        flash(ngettext("%(num)s run started.", "%(num)s runs started.", len(made)), "success")
    else:
        flash(refused or _("Nothing in the selected runs failed: there is nothing to do again."), "info")
    return redirect(url_for("logs.index"), 303)


@blueprint.post("/seen")
@allow("staff")
def seen() -> BaseResponse:
    """Note that what failed in the selected runs was seen: they are marked no more."""
    ids = request.form.getlist("id", type=identity)[:SELECTED_MOST]
    count = mark_seen(current_user.organisation_id, ids)
    if count:
        flash(ngettext("%(num)s run is marked as seen.", "%(num)s runs are marked as seen.", count), "success")
    else:
        flash(_("Nothing failed in the selected runs that was not seen before."), "info")
    return redirect(url_for("logs.index", **LISTINGS["logs"].kept(request.form)), 303)


@blueprint.post("/<int:run_id>/cancel", endpoint="cancel")
@allow("staff")
def cancel_run(run_id: int) -> str | BaseResponse:
    """Ask a run to stop; it does so between two batches."""
    stop = _CANCELLING.get(RunCategory(_run(run_id).facts.category), cancel)
    asked = stop(acting(), run_id)
    if request.headers.get("HX-Request"):
        return render_template("logs/_progress.html", **_head(_run(run_id)))
    if asked:
        flash(_("The run stops after the batch that is under way. What has gone, has gone."), "info")
    else:
        flash(_("The run had ended already."), "info")
    return redirect(url_for("logs.show", run_id=run_id), 303)


@blueprint.get("/exchanges/<int:exchange_id>")
@allow("viewer")
def exchange(exchange_id: int) -> str:
    """Show one request and its answer, as they were kept: without key and session."""
    view = exchanges.find(current_user.organisation_id, exchange_id)
    if view is None:
        abort(404)
    return render_template("logs/exchange.html", call=view, asked=pretty(view.request), answered=pretty(view.response))


def _run(run_id: int) -> run.RunView:
    view = run.find(current_user.organisation_id, run_id)
    if view is None:
        abort(404)
    return view


def _head(view: run.RunView) -> dict[str, Any]:
    return {"run": view, "triggers": words.TRIGGER, "books_currency": CURRENCY}


def _list(shown: Shown) -> dict[str, Any]:
    args = request.args
    filters = read_filters(args)
    page = logs.page(
        current_user.organisation_id,
        filters,
        after=args.get("after", type=identity),
        before=args.get("before", type=identity),
    )
    kept = {key: value for key, value in args.items() if key not in ("after", "before") and value}
    return {
        "shown": shown,
        "whole": whole(shown),
        "page": page,
        "kept": kept,
        "categories": words.CATEGORY,
        "statuses": words.RUN,
        "triggers": words.TRIGGER,
        "moving": any(row.facts.is_open for row in page.rows),
    }


def _items(run_id: int) -> dict[str, Any]:
    args = request.args
    outcome = args.get("outcome", "")
    page = run_items.page(
        current_user.organisation_id,
        run_id,
        outcome=outcome if outcome in run_items.OUTCOMES else "",
        failure=args.get("failure", "")[:30],
        after=args.get("after", type=identity),
        before=args.get("before", type=identity),
    )
    return {"page": page, "failure": args.get("failure", "")[:30]}


def _retry(actor: Actor, view: run.RunView, failure: str, invoice: int | None) -> tuple[list[int], str]:
    """Return the runs that were started, and in words why none was."""
    try:
        if view.facts.category == RunCategory.PROCESS_PAYMENTS:
            return payments.ask(actor, view.connection_id), ""
        if view.facts.category == RunCategory.FETCH_INVOICES:
            return fetching.ask(actor, view.connection_id), ""
        if view.facts.category == RunCategory.SEND_EXPENSE_CLAIMS:
            asked = expenses.retry(actor, view.id)
            return list(asked.run_ids), " ".join(say_problem(reason) for reason in asked.held)
        if invoice is not None:
            return ask(actor, [invoice], retry_of=view.id), ""
        return retry(actor, view.id, failure=failure or None), ""
    except (SendError, payments.PaymentError, fetching.FetchError) as error:
        return [], refusal_text(error.code, error.params)
