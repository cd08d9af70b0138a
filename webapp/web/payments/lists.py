"""Payments: their history, what is open by age, the books compared, and the button that asks the books."""

from datetime import timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.extensions import clock
from webapp.queries import ageing, reconciliation
from webapp.queries import payments as queries
from webapp.queries.invoice_limits import AGES
from webapp.queries.ledger_words import SOURCES
from webapp.queries.listings.payments import read_filters
from webapp.queries.views import Shown
from webapp.services import payments
from webapp.web.acting import acting
from webapp.web.inputs import chosen
from webapp.web.listing import begin, look, whole
from webapp.web.payments.blueprint import blueprint
from webapp.web.policy import allow


@blueprint.get("")
@allow("viewer")
def index() -> str | Response:
    """Show the payments page; the bare address begins with the view that the user chose for it."""
    shown = look("payments")
    begins = begin(shown)
    if begins is not None:
        return begins
    zone = current_app.extensions["koppel"].zone
    today = clock.today(zone)
    organisation_id = current_user.organisation_id
    monday = today - timedelta(days=today.weekday())
    return render_template(
        "payments/index.html",
        standing=queries.standing(organisation_id),
        ageing=ageing.table(organisation_id, ageing.View(today), today=today, zone=zone),
        ages=AGES,
        unapplied=queries.unapplied_totals(organisation_id),
        comparisons=reconciliation.comparisons(organisation_id),
        strangers=reconciliation.strangers(organisation_id),
        received=queries.received_since(organisation_id, monday),
        week={"from": monday.isoformat(), "to": today.isoformat()},
        own_currency=current_user.organisation.currency,
        **_table(shown),
    )


@blueprint.get("/table")
@allow("viewer")
def table() -> str:
    """Show the table alone."""
    return render_template("payments/_table.html", **_table(look("payments")))


@blueprint.post("/process")
@allow("staff")
def process() -> Response:
    """Ask the books what is open; one run for each administration."""
    connection_id = chosen("connection_id")
    try:
        runs = payments.ask(acting(), connection_id)
    except payments.PaymentError as error:
        flash(_words(error), "error")
        return redirect(url_for("payments.index"), 303)
    flash(
        ngettext(
            "Payments are being processed for one administration.",
            "Payments are being processed for %(num)d administrations.",
            len(runs),
        ),
        "info",
    )
    if len(runs) == 1:
        return redirect(url_for("logs.show", run_id=runs[0]), 303)
    return redirect(url_for("logs.index", category="process_payments"), 303)


def _words(error: payments.PaymentError) -> str:
    if error.code == "paused":
        sentence = _(
            "The connection %(name)s is paused, so no payments can be processed. Resume it under Connections first.",
            name=error.params["connection"],
        )
    else:
        sentence = _("There is no connection that processes payments. Set one up under Connections.")
    return str(sentence)


def _table(shown: Shown) -> dict[str, Any]:
    args, filters = request.args, read_filters(request.args)
    found = queries.table(
        current_user.organisation_id, filters, after=args.get("after", ""), before=args.get("before", "")
    )
    kept: dict[str, Any] = {
        "q": filters.q or None,
        "direction": filters.direction or None,
        "source": filters.source or None,
        "unapplied": "1" if filters.unapplied else None,
        "from": filters.since,
        "to": filters.until,
        "columns": shown.args.get("columns"),
    }
    return {
        "shown": shown,
        "whole": whole(shown),
        "table": found,
        "filters": filters,
        "source_words": SOURCES,
        "kept": kept,
        "next_url": url_for("payments.index", **kept, after=found.after) if found.after else None,
        "prev_url": url_for("payments.index", **kept, before=found.before) if found.before else None,
    }
