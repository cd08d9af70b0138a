"""E-mail invoices to their customers: a page that says what goes to whom, and the button that does it."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.invoices import DocumentStatus
from webapp.domain.mails import is_address
from webapp.queries import invoices
from webapp.queries import mails as mail_queries
from webapp.queries.faults import say_obstacle
from webapp.services import mails
from webapp.services.invoices import InvoiceError
from webapp.services.mails.asking import sender_obstacle
from webapp.services.papers.invoices import find_invoice
from webapp.store.invoices import Invoice
from webapp.store.reminders import address_of
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.typed import title
from webapp.web.policy import allow

MOST = 100
"""Invoices that are e-mailed by one press."""


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


@blueprint.post("/email")
@allow("staff")
def email_many() -> str | Response:
    """Show who of the ticked invoices gets an e-mail and who does not, before anything leaves."""
    filters = read_filters(request.form)
    ids = request.form.getlist("id", type=identity)[: MOST + 1]
    if request.form.get("all"):
        ids = invoices.matching_ids(current_user.organisation_id, filters, most=MOST + 1)
    if not ids or len(ids) > MOST:
        flash(_("Nothing was sent: tick 1 to %(most)s invoices first.", most=MOST), "info")
        return redirect(url_for("invoices.index", **filters.args), 303)
    plans = [(one, _obstacle(one)) for one in mail_queries.candidates(current_user.organisation_id, ids)]
    return render_template(
        "invoices/email_many.html",
        ready=[one for one, obstacle in plans if not obstacle],
        held=[(one, say_obstacle(obstacle)) for one, obstacle in plans if obstacle],
        folder=_is_folder(),
        back_args=filters.args,
    )


@blueprint.post("/email/send")
@allow("staff")
def email_all() -> Response:
    """Queue an e-mail for each invoice that was shown as ready; each is judged again."""
    filters, ids = read_filters(request.form), request.form.getlist("id", type=identity)[:MOST]
    done, held = 0, []
    for one in mail_queries.candidates(current_user.organisation_id, ids):
        try:
            mails.ask(acting(), one.invoice.id, one.address)
            done += 1
        except (InvoiceError, mails.MailProblem) as problem:
            held.append((one.invoice.number, problem.code))
    if done:
        flash(ngettext("%(num)s e-mail is on its way.", "%(num)s e-mails are on their way.", done), "success")
    for number, code in held[:10]:
        flash(_("%(number)s was not e-mailed. %(reason)s", number=number, reason=say_obstacle(code)), "error")
    return redirect(url_for("invoices.index", **filters.args), 303)


def _obstacle(one: mail_queries.Candidate) -> str:
    obstacle = mails.state_obstacle(one.invoice, one.open_state) or sender_obstacle(one.invoice.organisation_id)
    if not obstacle and one.invoice.status != DocumentStatus.AUTHORISED:
        return "not_authorised"
    return obstacle or ("" if is_address(one.address) else "no_address")


def _is_folder() -> bool:
    route = current_app.extensions["koppel"].mail_route
    return route is not None and route.scheme == "file"


def _refused(invoice_id: int, code: str) -> Response:
    flash(say_obstacle(code), "error")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)


def _find(invoice_id: int) -> Invoice:
    return find_invoice(current_user.organisation_id, invoice_id) or abort(404)


def _show(invoice: Invoice, recipient: str, *, problem: str = "") -> str:
    return render_template(
        "invoices/email.html",
        invoice=invoice,
        title=title(invoice),
        recipient=recipient,
        problem=problem,
        before=mail_queries.of_invoice(invoice.id).lines,
        attached=invoice.document.file_name if invoice.document else "",
        folder=_is_folder(),
        back_args=read_filters().args,
    )
