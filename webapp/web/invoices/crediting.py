"""Credit an invoice: a page that asks how many of each line, filled in for all of it."""

from decimal import Decimal

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.money import AmountError, parse_amount
from webapp.queries import invoice
from webapp.queries.faults import say_obstacle
from webapp.queries.invoice_filters import today
from webapp.queries.numbers import language, plain_number
from webapp.services.invoices import InvoiceError, credit
from webapp.services.judging import FINE_DECIMALS
from webapp.web.acting import acting
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.typed import title
from webapp.web.policy import allow

MOST_REMARKS = 500


@blueprint.get("/<int:invoice_id>/credit")
@allow("staff")
def credit_page(invoice_id: int) -> str | Response:
    """Ask how many of each line are credited."""
    view = _view(invoice_id)
    if view.credit_obstacle:
        flash(say_obstacle(view.credit_obstacle), "error")
        return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)
    left = view.credit_left == view.invoice.gross_total
    typed = {line.position: plain_number(line.quantity) if left else "" for line in view.invoice.lines}
    return _show(view, typed)


@blueprint.post("/<int:invoice_id>/credit", endpoint="credit")
@allow("staff")
def credit_invoice(invoice_id: int) -> str | tuple[str, int] | Response:
    """Make the draft of the credit note, and go there."""
    view = _view(invoice_id)
    typed = {line.position: request.form.get(f"quantity-{line.position}", "") for line in view.invoice.lines}
    remarks = " ".join(request.form.get("remarks", "").replace("\0", "").split())[:MOST_REMARKS]
    try:
        wanted = {position: _quantity(text) for position, text in typed.items()}
    except AmountError:
        return _show(view, typed, problem=_("Write quantities as numbers, such as 2 or 0,5.")), 422
    subject = _("Credit note for invoice %(number)s", number=view.invoice.number)
    try:
        note = credit(acting(), invoice_id, wanted, on=today(), subject=subject, remarks=remarks)
    except InvoiceError as error:
        if error.code == "not_found":
            abort(404)
        return _show(view, typed, problem=say_obstacle(error.code)), 422
    flash(_("The credit note is a draft: approve and authorise it, and it gets its number."), "success")
    return redirect(url_for("invoices.show", invoice_id=note.id), 303)


def _quantity(text: str) -> Decimal:
    return parse_amount(text, locale=language(), decimals=FINE_DECIMALS) if text.strip() else Decimal(0)


def _show(view: invoice.InvoiceView, typed: dict[int, str], *, problem: str = "") -> str:
    return render_template(
        "invoices/credit.html",
        view=view,
        invoice=view.invoice,
        title=title(view.invoice),
        typed=typed,
        problem=problem,
        back_args=read_filters().args,
    )


def _view(invoice_id: int) -> invoice.InvoiceView:
    return invoice.show(current_user.organisation_id, invoice_id) or abort(404)
