"""One payment with its entries, and the form of a payment by hand."""

from decimal import Decimal
from uuid import uuid4

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.extensions import clock
from webapp.queries import invoice as invoices
from webapp.queries import payment as queries
from webapp.queries.bank_lines import refunds_of
from webapp.queries.ledger_words import WRITE_OFF_KINDS, refusal_text
from webapp.services import payments
from webapp.services.payments import LedgerError, PaymentData
from webapp.store.invoices import Invoice
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.payments.blueprint import blueprint
from webapp.web.payments.forms import PaymentForm, read_amount
from webapp.web.policy import allow


@blueprint.get("/<int:payment_id>")
@allow("viewer")
def show(payment_id: int) -> str:
    """Show a payment: its source, its amounts, its entries, and what may be done with what is left."""
    view = queries.show(current_user.organisation_id, payment_id) or abort(404)
    lines = refunds_of(view.payment)
    return render_template("payments/show.html", view=view, payment=view.payment, lines=lines, kinds=WRITE_OFF_KINDS)


@blueprint.get("/new")
@allow("staff")
def new() -> str:
    """Show the form of a payment by hand, for the invoice in the address where there is one."""
    invoice_id = request.args.get("invoice", type=identity)
    found = invoices.find(current_user.organisation_id, invoice_id) if invoice_id else None
    today = clock.today(current_app.extensions["koppel"].zone)
    values = {
        "key": uuid4().hex,
        "received_on": today.isoformat(),
        "currency": found.currency if found else current_user.organisation.currency,
        "number": found.number if found else "",
        "contact_name": found.contact_name if found else "",
    }
    return _form(PaymentForm(formdata=None, data=values), found)


@blueprint.post("/new")
@allow("staff")
def create() -> Response | tuple[str, int]:
    """Record a payment, and set it against its invoice: both or neither."""
    form = PaymentForm()
    read = form.read(clock.today(current_app.extensions["koppel"].zone)) if form.validate() else None
    number = (form.number.data or "").strip()
    found = invoices.find_number(current_user.organisation_id, number) if number else None
    if number and found is None:
        form.number.errors = [
            _("There is no invoice %(number)s; write its number as it stands in the list.", number=number)
        ]
    if read is None or (number and found is None):
        return _form(form, found), 422
    amount, day = read
    data = PaymentData(
        "manual",
        form.key.data,
        amount,
        day,
        currency=form.currency.data,
        contact_name=(form.contact_name.data or "").strip(),
        iban=form.iban.data or "",
        description=(form.description.data or "").strip(),
    )
    part = _part(form, found, amount) if found else None
    if found and part is None:
        form.part.errors = [_("Fill in an amount, such as 26,40.")]
        return _form(form, found), 422
    try:
        made = payments.receive(acting(), data, [(found.id, part)] if found and part else [])
    except LedgerError as error:
        form.amount.errors = [refusal_text(error.code, error.params)]
        return _form(form, found), 422
    flash(_("The payment was recorded."), "success")
    return redirect(url_for("payments.show", payment_id=made.payment_id), 303)


def _part(form: PaymentForm, found: Invoice, amount: Decimal) -> Decimal | None:
    """Return what of a payment goes to the invoice: what was typed, or else as much as fits."""
    if (form.part.data or "").strip():
        return read_amount(form.part.data, currency=found.currency)
    if amount * found.outstanding_amount > 0:
        return min(amount, found.outstanding_amount, key=abs)
    return amount


def _form(form: PaymentForm, found: Invoice | None) -> str:
    return render_template("payments/new.html", form=form, invoice=found)
