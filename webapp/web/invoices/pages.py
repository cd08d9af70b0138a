"""One invoice: its page, the moves of its document status, and deleting a draft."""

import io
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.domain.invoices import LIVE_DELIVERIES, DocumentStatus
from webapp.queries import accounts, history, invoice, invoices, reminders
from webapp.queries import mails as mail_queries
from webapp.queries import preflight_words as preflight_view
from webapp.queries.faults import say_obstacle
from webapp.queries.labels import num
from webapp.queries.ledger_words import WRITE_OFF_KINDS
from webapp.queries.vat_words import vat_word
from webapp.queries.words import status_word
from webapp.services import mails, preflight
from webapp.services.invoices import InvoiceError, delete, move, move_all
from webapp.services.invoices.moving import ban
from webapp.services.papers import paper_obstacle
from webapp.web.acting import acting
from webapp.web.headers import FRAMING_POLICY
from webapp.web.inputs import identity
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.forms import METHODS
from webapp.web.invoices.typed import title
from webapp.web.policy import allow

MOST_MOVED = 500
"""Invoices that one press approves or authorises."""

IN_BULK = ("approved", "authorised")


@blueprint.get("/<int:invoice_id>")
@allow("viewer")
def show(invoice_id: int) -> Response:
    """Show one invoice, with its place in the list one came from."""
    view = _view(invoice_id)
    filters = read_filters()
    attached = view.from_books and invoice.attached(current_user.organisation_id, invoice_id) is not None
    answer = make_response(
        render_template(
            "invoices/show.html",
            lines=history.of_invoice(current_user.organisation_id, invoice_id),
            place=invoices.neighbours(current_user.organisation_id, filters, view.invoice),
            attached=attached,
            **_page(view),
        )
    )
    if attached:
        answer.headers["Content-Security-Policy"] = FRAMING_POLICY
    return answer


@blueprint.get("/<int:invoice_id>/state")
@allow("viewer")
def state(invoice_id: int) -> Response:
    """Show the part that changes while an invoice is on its way; once it has arrived the whole page is new."""
    view = _view(invoice_id)
    answer = make_response(render_template("invoices/_state.html", **_page(view)))
    arrived = view.invoice.status != request.args.get("stood", view.invoice.status)
    if arrived or view.invoice.delivery != request.args.get("was", ""):
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.get("/<int:invoice_id>/document")
@allow("viewer")
def document(invoice_id: int) -> Response:
    """Hand out the PDF that is attached to an invoice."""
    found = invoice.attached(current_user.organisation_id, invoice_id)
    if found is None:
        abort(404)
    answer = send_file(  # never shown inside of a page of ours
        io.BytesIO(found.content), mimetype="application/pdf", as_attachment=True, download_name=found.file_name
    )
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@blueprint.post("/<int:invoice_id>/move", endpoint="move")
@allow("staff")
def move_invoice(invoice_id: int) -> BaseResponse:
    """Move an invoice to the status `to`; a review with its `reason`."""
    target = request.form.get("to", "")
    try:
        moved = move(acting(), invoice_id, target, reason=request.form.get("reason", ""))
    except InvoiceError as error:
        if error.code == "not_found":
            abort(404)
        flash(say_obstacle(error.code), "error")
    else:
        flash(
            _(
                "Invoice %(number)s: %(status)s",
                number=moved.number or _("without number"),
                status=status_word("document", target).word,
            ),
            "success",
        )
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)


@blueprint.post("/move")
@allow("staff")
def move_many() -> BaseResponse:
    """Move the ticked invoices to the status `to`: approve them, or authorise them."""
    ids = request.form.getlist("id", type=identity)[:MOST_MOVED]
    target, filters = request.form.get("to", ""), read_filters(request.form)
    if request.form.get("all"):
        ids = invoices.matching_ids(current_user.organisation_id, filters, most=MOST_MOVED + 1)
    if not ids or len(ids) > MOST_MOVED or target not in IN_BULK:
        flash(_("Nothing was changed: tick 1 to %(most)s invoices first.", most=MOST_MOVED), "info")
        return redirect(url_for("invoices.index", **filters.args), 303)
    done = move_all(acting(), ids, target)
    if done.moved:
        word = status_word("document", target).word
        flash(
            ngettext(
                "%(count)s invoice: %(status)s",
                "%(count)s invoices: %(status)s",
                done.moved,
                count=num(done.moved),
                status=word,
            ),
            "success",
        )
    for code, count in sorted(done.held.items()):
        reason = say_obstacle(code)
        flash(
            ngettext(
                "%(count)s invoice stayed as it was. %(reason)s",
                "%(count)s invoices stayed as they were. %(reason)s",
                count,
                count=num(count),
                reason=reason,
            ),
            "error",
        )
    return redirect(url_for("invoices.index", **filters.args), 303)


@blueprint.get("/<int:invoice_id>/review")
@allow("staff")
def review(invoice_id: int) -> str | BaseResponse:
    """Ask why an invoice goes back for correction; on the invoice's page a dialog does."""
    view = _view(invoice_id)
    if "review" not in view.moves:
        flash(say_obstacle("no_move"), "error")
        return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)
    return render_template("invoices/review.html", **_page(view))


@blueprint.post("/<int:invoice_id>/delete", endpoint="delete")
@allow("staff")
def delete_invoice(invoice_id: int) -> BaseResponse:
    """Delete a draft."""
    try:
        number = delete(acting(), invoice_id)
    except InvoiceError as error:
        if error.code == "not_found":
            abort(404)
        flash(say_obstacle(error.code), "error")
        return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)
    flash(_("Invoice %(number)s was deleted.", number=number or _("without number")), "success")
    return redirect(url_for("invoices.index", **read_filters().args), 303)


def _view(invoice_id: int) -> invoice.InvoiceView:
    view = invoice.show(current_user.organisation_id, invoice_id)
    if view is None:
        abort(404)
    return view


def _page(view: invoice.InvoiceView) -> dict[str, Any]:
    sent = mail_queries.of_invoice(view.invoice.id)
    return {
        "view": view,
        "invoice": view.invoice,
        "title": title(view.invoice),
        "next_ban": _next_ban(view),
        "back_args": read_filters().args,
        "paper_obstacle": paper_obstacle(view.invoice),
        "email_obstacle": mails.state_obstacle(view.invoice, sent.open_state),
        "last_mail": sent.last,
        "stages": reminders.stages(sent.reminded) if view.overdue or view.invoice.reminder_level else (),
        "say_obstacle": say_obstacle,
        "vat_word": vat_word,
        "line_accounts": accounts.of_lines(view.invoice),
        "write_off_kinds": WRITE_OFF_KINDS,
        "methods": {method.value: word for method, word in METHODS.items()},
        "preflight": _preflight(view),
        "tab": "history" if request.args.get("tab") == "history" else "report",
    }


def _next_ban(view: invoice.InvoiceView) -> str:
    """Why this person may not take the usual next step; "" when he may, or there is none."""
    return ban(acting(), view.invoice, DocumentStatus(view.next_status)) if view.next_status else ""


def _preflight(view: invoice.InvoiceView) -> preflight_view.Preflight | None:
    """What the books would do with the invoice; nothing once they have it, or it will never go there."""
    if view.invoice.delivery in LIVE_DELIVERIES or view.invoice.status == DocumentStatus.CANCELLED:
        return None
    if view.edit_obstacle in ("fetched", "filed"):
        return None
    found = preflight.examine(current_user.organisation_id, view.invoice.id)
    return preflight_view.show(found) if found else None
