"""The Yuki button: on one invoice, and on a selection of the list."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import invoice, invoices
from webapp.queries.labels import num, refusal_text
from webapp.services import preflight
from webapp.services.sending import SendError, ask, settle_draft
from webapp.services.sending.asking import MOST
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.policy import allow

SELECTED_MOST = 500
"""Boxes that one form may carry; for more there is `all`."""

CHECKED_MOST = 200
"""Invoices that are examined while boxes are being ticked; more of them have the page that checks."""


@blueprint.post("/<int:invoice_id>/send")
@allow("staff")
def send(invoice_id: int) -> Response:
    """Queue one invoice for the books."""
    found = invoice.find(current_user.organisation_id, invoice_id)
    if found is None:
        abort(404)
    try:
        ask(acting(), [invoice_id])
    except SendError as error:
        flash(refusal_text(error.code, error.params), "error")
    else:
        flash(_("Invoice %(number)s is on its way to Yuki.", number=found.number), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)


@blueprint.post("/<int:invoice_id>/draft")
@allow("staff")
def settle(invoice_id: int) -> Response:
    """Take a person's word on a draft whose outcome is unknown: it is in Yuki, or it is not."""
    if invoice.find(current_user.organisation_id, invoice_id) is None:
        abort(404)
    found = request.form.get("found") == "1"
    if not settle_draft(acting(), invoice_id, found=found):
        flash(_("Nothing was changed: the outcome of this invoice is known."), "info")
    elif found:
        flash(_("Noted: the draft is in Yuki."), "success")
    else:
        flash(_("Noted: the draft is not in Yuki. You can send the invoice again."), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)


@blueprint.post("/send")
@allow("staff")
def send_many() -> Response:
    """Queue what was selected: the ticked rows, or with `all` everything that matches the filters of the form."""
    filters = read_filters(request.form)
    ids = request.form.getlist("id", type=identity)[:SELECTED_MOST]
    if request.form.get("all"):
        ids = invoices.matching_ids(current_user.organisation_id, filters, most=MOST + 1)
    if not ids:
        flash(_("Nothing was selected: tick the invoices first."), "info")
        return redirect(url_for("invoices.index", **filters.args), 303)
    return send_all(ids, filters.args)


def send_all(ids: Sequence[int], back_args: Mapping[str, Any]) -> Response:
    """Queue these invoices, and go where their run is seen; back to the list with the reason where none can go."""
    try:
        runs = ask(acting(), ids)
    except SendError as error:
        flash(refusal_text(error.code, error.params), "error")
        return redirect(url_for("invoices.index", **back_args), 303)
    count = invoices.offered(current_user.organisation_id, runs)
    text = ngettext(
        "%(count)s invoice was offered to Yuki.", "%(count)s invoices were offered to Yuki.", count, count=num(count)
    )
    flash(text, "success")
    return redirect(url_for("logs.show", run_id=runs[0]) if len(runs) == 1 else url_for("logs.index"), 303)


@blueprint.post("/selection")
@allow("staff")
def selection() -> str:
    """Say what the action on the selection would do: how many would go, for how much, and how many not."""
    filters = read_filters(request.form)
    ids = None if request.form.get("all") else request.form.getlist("id", type=identity)[:SELECTED_MOST]
    organisation_id = current_user.organisation_id
    chosen = ids if ids is not None else invoices.matching_ids(organisation_id, filters, most=CHECKED_MOST + 1)
    checked = None
    if len(chosen) <= CHECKED_MOST:
        found = preflight.examine_all(organisation_id, invoices.ready_ids(organisation_id, chosen))
        bad = sum(1 for one in found if one.errors)
        checked = {"ready": len(found) - bad, "bad": bad} if found else None
    return render_template(
        "invoices/_bulk.html", selection=invoices.selection(organisation_id, filters, ids), checked=checked
    )
