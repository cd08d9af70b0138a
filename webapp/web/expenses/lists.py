"""The list of expense claims, and what is done with a selection of it."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.expenses import ClaimStatus
from webapp.queries import expenses as queries
from webapp.queries.expense_words import say_problem
from webapp.queries.labels import num
from webapp.queries.listings.expenses import read_filters
from webapp.services import expenses
from webapp.web.acting import acting
from webapp.web.expenses.blueprint import blueprint
from webapp.web.inputs import identity
from webapp.web.listing import look
from webapp.web.policy import allow


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the claims, newest first."""
    organisation_id = current_user.organisation_id
    return render_template(
        "expenses/index.html",
        totals=queries.totals(organisation_id),
        switched_on=queries.is_switched_on(organisation_id),
        **_table(),
    )


@blueprint.get("/table")
@allow("viewer")
def table() -> str:
    """Show the table alone."""
    return render_template("expenses/_table.html", **_table())


@blueprint.post("/send", endpoint="send_many")
@allow("staff")
def send_many() -> Response:
    """Send the selected claims to the archive."""
    return _send(request.form.getlist("id", type=identity), url_for("expenses.index"))


@blueprint.post("/<int:claim_id>/send", endpoint="send")
@allow("staff")
def send_one(claim_id: int) -> Response:
    """Send one claim to the archive."""
    if queries.find(current_user.organisation_id, claim_id) is None:
        abort(404)
    return _send([claim_id], url_for("expenses.show", claim_id=claim_id))


def _send(claim_ids: list[int], back: str) -> Response:
    if not claim_ids:
        flash(_("Choose expense claims first."), "error")
        return redirect(back, 303)
    asked = expenses.ask(acting(), claim_ids)
    for reason, count in asked.held.items():
        words = say_problem(reason)
        flash(f"{num(count)} ×: {words}" if len(claim_ids) > 1 else words, "error")
    sent = len(claim_ids) - sum(asked.held.values())
    if asked.run_ids:
        flash(
            ngettext(
                "%(count)s expense claim goes to Yuki.", "%(count)s expense claims go to Yuki.", sent, count=num(sent)
            ),
            "info",
        )
    return redirect(back, 303)


def _table() -> dict[str, Any]:
    args, filters = request.args, read_filters(request.args)
    found = queries.table(
        current_user.organisation_id,
        filters,
        after=args.get("after", type=identity),
        before=args.get("before", type=identity),
    )
    kept: dict[str, Any] = {
        "q": filters.q or None,
        "status": filters.status or None,
        "delivery": filters.delivery or None,
        "from": filters.since,
        "to": filters.until,
    }
    return {
        "table": found,
        "filters": filters,
        "shown": look("expenses"),
        "statuses": [status.value for status in ClaimStatus],
        "deliveries": queries.DELIVERIES,
        "next_url": url_for("expenses.index", **kept, after=found.after) if found.after else None,
        "prev_url": url_for("expenses.index", **kept, before=found.before) if found.before else None,
    }
