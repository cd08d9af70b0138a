"""Examine invoices before they are sent: one on its page, a selection of the list on a page of its own."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import invoices, preflight_words
from webapp.services import preflight, vat_codes
from webapp.web.inputs import identity
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.sending import SELECTED_MOST
from webapp.web.policy import allow

SHOWN = 100
"""Invoices with findings that one page lists; the rest is counted."""


@blueprint.post("/check")
@allow("viewer")
def check() -> str | Response:
    """Say of the ticked invoices, or with `all` of all that match, what Yuki would do with each."""
    filters = read_filters(request.form)
    ids = request.form.getlist("id", type=identity)[:SELECTED_MOST]
    if request.form.get("all"):
        ids = invoices.matching_ids(current_user.organisation_id, filters, most=SELECTED_MOST)
    if not ids:
        flash(_("Nothing was selected: tick the invoices first."), "info")
        return redirect(url_for("invoices.index", **filters.args), 303)
    found = preflight.examine_all(current_user.organisation_id, invoices.ready_ids(current_user.organisation_id, ids))
    shown = [preflight_words.show(one) for one in found if one.errors or one.warnings]
    return render_template(
        "invoices/check.html",
        ready=[one.invoice_id for one in found if not one.errors],
        bad=sum(1 for one in found if one.errors),
        warned=sum(1 for one in found if one.warnings and not one.errors),
        skipped=len(ids) - len(found),
        shown=shown[:SHOWN],
        more=max(0, len(shown) - SHOWN),
        back_args=filters.args,
    )


@blueprint.get("/<int:invoice_id>/preflight", endpoint="preflight")
@allow("viewer")
def preflight_of(invoice_id: int) -> str:
    """Show what Yuki would do with one invoice."""
    found = preflight.examine(current_user.organisation_id, invoice_id)
    if found is None:
        abort(404)
    return render_template(
        "invoices/_preflight.html", preflight=preflight_words.show(found), back_args=read_filters().args
    )


@blueprint.post("/<int:invoice_id>/lists")
@allow("staff")
def ask_lists(invoice_id: int) -> Response:
    """Have the VAT codes and accounts of the invoice's administration read anew, in the background."""
    found = preflight.examine(current_user.organisation_id, invoice_id)
    if found is None:
        abort(404)
    if found.connection_id is not None and vat_codes.ask(current_user.organisation_id, found.connection_id):
        flash(_("Yuki is asked for its VAT codes; look again in a moment."), "info")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)
