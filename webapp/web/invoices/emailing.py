"""E-mail an invoice to its customer: a page that says what goes to whom, and the button that does it."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import mails as mail_queries
from webapp.queries.faults import say_obstacle
from webapp.services import mails
from webapp.services.invoices import InvoiceError
from webapp.services.papers.invoices import find_invoice
from webapp.store.invoices import Invoice
from webapp.store.reminders import address_of
from webapp.web.acting import acting
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.typed import title
from webapp.web.policy import allow


@blueprint.get("/<int:invoice_id>/email")
@allow("staff")
def email_page(invoice_id: int) -> str | Response:
    """Ask who gets it, filled in with the customer's address."""
    found = _find(invoice_id)
    obstacle = mails.ask_obstacle(found)
    if obstacle:
        return _refused(invoice_id, obstacle)
    return _show(found, address_of(found))


@blueprint.post("/<int:invoice_id>/email", endpoint="email")
@allow("staff")
def email_invoice(invoice_id: int) -> str | tuple[str, int] | Response:
    """Queue the e-mail."""
    recipient = request.form.get("recipient", "").strip()[:300]
    try:
        mails.ask(acting(), invoice_id, recipient)
    except InvoiceError as error:
        if error.code == "not_found":
            abort(404)
        return _refused(invoice_id, error.code)
    except mails.MailProblem as problem:
        if problem.code == "address":
            return _show(_find(invoice_id), recipient, problem=say_obstacle("address")), 422
        return _refused(invoice_id, problem.code)
    flash(_("The e-mail to %(address)s is on its way.", address=recipient), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)


def _refused(invoice_id: int, code: str) -> Response:
    flash(say_obstacle(code), "error")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)


def _find(invoice_id: int) -> Invoice:
    return find_invoice(current_user.organisation_id, invoice_id) or abort(404)


def _show(invoice: Invoice, recipient: str, *, problem: str = "") -> str:
    route = current_app.extensions["koppel"].mail_route
    return render_template(
        "invoices/email.html",
        invoice=invoice,
        title=title(invoice),
        recipient=recipient,
        problem=problem,
        before=mail_queries.of_invoice(invoice.id).lines,
        attached=invoice.document.file_name if invoice.document else "",
        folder=route is not None and route.scheme == "file",
        back_args=read_filters().args,
    )
