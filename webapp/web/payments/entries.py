"""The verbs of the ledger as forms: set against, undo, take back, write off, set off."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import invoice as invoices
from webapp.queries import payment as queries
from webapp.queries.ledger_words import refusal_text
from webapp.services import matching, payments
from webapp.services.payments import LedgerError
from webapp.web.acting import acting
from webapp.web.inputs import chosen, identity
from webapp.web.payments.blueprint import blueprint
from webapp.web.payments.forms import read_amount
from webapp.web.policy import allow

MOST_PARTS = 50


@blueprint.post("/<int:payment_id>/allocate")
@allow("staff")
def allocate(payment_id: int) -> Response:
    """Set a payment against the invoices whose amounts were filled in (fields `part-<invoice>`)."""
    view = queries.show(current_user.organisation_id, payment_id) or abort(404)
    currency, parts = view.payment.currency, []
    for name, text in list(request.form.items())[: MOST_PARTS + 5]:
        field, _sign, key = name.partition("-")
        if field == "part" and key.isdecimal() and len(key) < 18 and text.strip():
            amount = read_amount(text, currency=currency)
            if amount is None:
                flash(_("%(text)s is no amount; nothing was changed.", text=text[:30]), "error")
                return redirect(url_for("payments.show", payment_id=payment_id), 303)
            parts.append((int(key), amount))
    return _done(
        lambda: payments.allocate(acting(), payment_id, parts),
        _("The payment was set against its invoices."),
        url_for("payments.show", payment_id=payment_id),
    )


@blueprint.post("/<int:payment_id>/refund")
@allow("staff")
def refund(payment_id: int) -> Response:
    """Say which payments this one pays back, or is paid back by; `desk`: one was there.

    The fields `part-<payment>` hold amounts; `line` is a bank line that went out and that is taken as a refund.
    """
    view = _own_payment(payment_id)
    came_in, currency = view.payment.amount > 0, view.payment.currency
    back = url_for("matching.index", payment=payment_id) if request.form.get("desk") else _page(payment_id)
    parts: list[tuple[int, int, Decimal]] = []
    for name, text in list(request.form.items())[: MOST_PARTS + 5]:
        field, _sign, key = name.partition("-")
        if field == "part" and key.isdecimal() and len(key) < 18 and text.strip():
            amount = read_amount(text, currency=currency)
            if amount is None:
                flash(_("%(text)s is no amount; nothing was changed.", text=text[:30]), "error")
                return redirect(back, 303)
            parts.append((payment_id, int(key), amount) if came_in else (int(key), payment_id, amount))
    lines = request.form.getlist("line", type=identity)[:MOST_PARTS] if came_in else []
    if not parts and not lines:
        flash(_("Fill in an amount at the payment that it belongs to; nothing was changed."), "error")
        return redirect(back, 303)
    return _done(
        lambda: matching.refund_payment(acting(), payment_id, parts, lines=lines),
        _("The refund was set against the payment."),
        back,
    )


@blueprint.post("/<int:payment_id>/reverse")
@allow("staff")
def reverse(payment_id: int) -> Response:
    """Take a payment back, with its `reason`."""
    _own_payment(payment_id)
    reason = request.form.get("reason", "")
    return _done(
        lambda: payments.reverse_payment(acting(), payment_id, reason=reason),
        _("The payment was reversed, with all that it had settled."),
        url_for("payments.show", payment_id=payment_id),
    )


@blueprint.post("/<int:payment_id>/write-off")
@allow("staff")
def write_off_rest(payment_id: int) -> Response:
    """Write off what is left of a payment to a `kind`."""
    view = _own_payment(payment_id)
    left = view.payment.unapplied_amount
    return _done(
        lambda: payments.write_off_rest(acting(), payment_id, request.form.get("kind", ""), left),
        _("What was left was written off."),
        url_for("payments.show", payment_id=payment_id),
    )


@blueprint.post("/entries/<int:entry_id>/reverse")
@allow("staff")
def reverse_entry(entry_id: int) -> Response:
    """Undo an entry; the field `invoice_id` says on whose page one was, else it was the payment's."""
    entry = queries.entry(current_user.organisation_id, entry_id) or abort(404)
    invoice_id = chosen("invoice_id")
    if invoice_id is not None:
        back = url_for("invoices.show", invoice_id=invoice_id)
    elif entry.payment_id is not None:
        back = url_for("payments.show", payment_id=entry.payment_id)
    else:
        back = url_for("invoices.show", invoice_id=entry.invoice_id)
    return _done(
        lambda: payments.reverse_allocation(acting(), entry_id, reason=request.form.get("reason", "")),
        _("The entry was undone."),
        back,
    )


@blueprint.post("/invoices/<int:invoice_id>/write-off")
@allow("staff")
def write_off(invoice_id: int) -> Response:
    """Write off `amount` of an invoice to a `kind`."""
    found = invoices.find(current_user.organisation_id, invoice_id) or abort(404)
    amount = read_amount(request.form.get("amount"), currency=found.currency) or Decimal(0)
    return _done(
        lambda: payments.write_off(acting(), invoice_id, request.form.get("kind", ""), amount),
        _("The difference was written off."),
        url_for("invoices.show", invoice_id=invoice_id),
    )


@blueprint.post("/invoices/<int:invoice_id>/credit")
@allow("staff")
def credit(invoice_id: int) -> Response:
    """Set the credit note `credit_note_id` against an invoice, as much of it as fits."""
    if invoices.find(current_user.organisation_id, invoice_id) is None:
        abort(404)
    note = chosen("credit_note_id") or 0
    return _done(
        lambda: payments.credit_against(acting(), note, invoice_id),
        _("The credit note was set against the invoice."),
        url_for("invoices.show", invoice_id=invoice_id),
    )


def _page(payment_id: int) -> str:
    return url_for("payments.show", payment_id=payment_id)


def _own_payment(payment_id: int) -> queries.PaymentView:
    view = queries.show(current_user.organisation_id, payment_id)
    if view is None:
        abort(404)
    return view


def _done(verb: Callable[[], Any], words: str, back: str) -> Response:
    """Do a verb, say what came of it, and go back."""
    try:
        verb()
    except LedgerError as error:
        flash(refusal_text(error.code, error.params), "error")
    else:
        flash(words, "success")
    return redirect(back, 303)
