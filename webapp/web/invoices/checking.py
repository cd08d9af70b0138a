"""Examine invoices before they are sent: one on its page, a selection of the list on a page of its own."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import examinations, invoices, preflight_words
from webapp.queries.labels import refusal_text
from webapp.services import contact_cards, examining, preflight, vat_codes
from webapp.services.sending.asking import MOST
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.sending import SELECTED_MOST, send_all
from webapp.web.policy import allow

SHOWN = 100
"""Invoices with findings that one page lists; the rest is counted."""


@blueprint.post("/check")
@allow("viewer")
def check() -> str | Response:
    """Say of the ticked invoices, or with `all` of all that match, what Yuki would do with each.

    More than one answer can wait for are examined in the background, and have a page of their own.
    """
    filters = read_filters(request.form)
    organisation_id = current_user.organisation_id
    ids = request.form.getlist("id", type=identity)[:SELECTED_MOST]
    if request.form.get("all"):
        ids = invoices.matching_ids(organisation_id, filters, most=MOST + 1)
    if not ids:
        flash(_("Nothing was selected: tick the invoices first."), "info")
        return redirect(url_for("invoices.index", **filters.args), 303)
    if len(ids) > MOST:
        flash(refusal_text("too_many", {"count": len(ids), "most": MOST}), "error")
        return redirect(url_for("invoices.index", **filters.args), 303)
    ready = invoices.ready_ids(organisation_id, ids)
    if len(ids) > SELECTED_MOST:
        made = examining.ask(acting(), ready, skipped=len(ids) - len(ready), filters=filters.args)
        return redirect(url_for("invoices.checked", examination_id=made), 303)
    found = preflight.examine_all(organisation_id, ready)
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


@blueprint.get("/checks/<int:examination_id>")
@allow("viewer")
def checked(examination_id: int) -> str:
    """Show how far an examination is, and the invoices with something to look at, page by page."""
    return render_template("invoices/checked.html", **_examination(examination_id))


@blueprint.get("/checks/<int:examination_id>/progress", endpoint="checked_progress")
@allow("viewer")
def progress(examination_id: int) -> str:
    """Show the same, as the part of the page that renews itself."""
    return render_template("invoices/_checked.html", **_examination(examination_id))


@blueprint.post("/checks/<int:examination_id>/send")
@allow("staff")
def send_checked(examination_id: int) -> Response:
    """Queue what was found ready."""
    view = _find(examination_id)
    return send_all(examinations.ready_ids(view.id), view.back_args)


def _examination(examination_id: int) -> dict[str, Any]:
    view = _find(examination_id)
    only = request.args.get("only", "")
    verdicts = {"bad": ("bad",), "warned": ("warned",)}.get(only, ("bad", "warned"))
    ids, after = examinations.page(view.id, verdicts, after=request.args.get("after", type=identity) or 0)
    found = preflight.examine_all(current_user.organisation_id, ids)
    return {
        "view": view,
        "only": only if only in ("bad", "warned") else "",
        "after": after,
        "back_args": view.back_args,
        # As they are now: what was mended since is not shown any more.
        "shown": [preflight_words.show(one) for one in found if one.errors or one.warnings],
    }


def _find(examination_id: int) -> examinations.ExaminationView:
    view = examinations.show(current_user.organisation_id, examination_id)
    if view is None:
        abort(404)
    return view


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
    """Have what Yuki knows around an invoice read in the background: VAT codes, accounts, and the contact's card."""
    organisation_id = current_user.organisation_id
    found = preflight.examine(organisation_id, invoice_id)
    if found is None:
        abort(404)
    asked = False
    if found.connection_id is not None:
        asked = vat_codes.ask(organisation_id, found.connection_id)
        if found.contact_id is not None:
            asked = contact_cards.ask(organisation_id, found.connection_id, found.contact_id) or asked
    if asked:
        flash(_("Yuki is being asked; look again in a moment."), "info")
    # The page looks again by itself, a few times.
    again: dict[str, Any] = {"asked": 5, "_anchor": "preflight"} if asked else {}
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args, **again), 303)
