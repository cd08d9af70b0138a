"""The matching desk: look at one unapplied payment after the other, accept, split, write off, undo."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.matching import propose
from webapp.domain.money import AmountError, parse_amount
from webapp.queries import desk as queries
from webapp.queries.bank_lines import refunds_of
from webapp.queries.invoice import find_number
from webapp.queries.labels import amount_text, num
from webapp.queries.ledger_words import WRITE_OFF_KINDS, refusal_text
from webapp.services import matching
from webapp.services.payments import LedgerError
from webapp.store.payments import Payment
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.policy import allow

blueprint = Blueprint("matching", __name__, url_prefix="/payments/desk")
MOST_PARTS = 4


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the desk: the payment in `payment`, or the one that waits longest."""
    return _page()


def _page(*, split: list[dict[str, str]] | None = None, error: str = "") -> str:
    organisation_id = current_user.organisation_id
    wanted = request.view_args.get("payment_id") if request.view_args else None
    wanted = wanted or request.args.get("payment", type=identity)
    payment = queries.find(organisation_id, wanted) if wanted else None
    payment = payment or queries.first_waiting(organisation_id)
    found = queries.desk(
        organisation_id,
        payment,
        index=matching.gather(organisation_id, payments=[payment.id] if payment else []),
        receipt=matching.receipt_of(payment) if payment else None,
        rules=matching.rules_of(organisation_id),
    )
    return render_template(
        "matching/index.html",
        desk=found,
        lines=refunds_of(payment) if payment else (),
        kinds=WRITE_OFF_KINDS,
        split=split or [{"number": "", "amount": ""} for _ in range(MOST_PARTS)],
        split_error=error,
        automatic=matching.may_match(organisation_id),
    )


@blueprint.post("/<int:payment_id>/accept")
@allow("staff")
def accept(payment_id: int) -> Response:
    """Accept a proposal, named by its invoices: it is worked out anew, for what is open may have changed."""
    payment = _waiting(payment_id)
    choice, kind = request.form.get("choice", ""), request.form.get("write_off", "")
    own = payment.organisation_id
    proposals = propose(
        matching.receipt_of(payment), matching.gather(own, payments=[payment.id]), matching.rules_of(own)
    )
    chosen = next((one for one in proposals if queries.choice_of(one) == choice), None)
    if chosen is None:
        flash(_("Something changed meanwhile, and this proposal no longer fits. Look at it again."), "error")
        return redirect(url_for("matching.index", payment=payment_id), 303)
    after = queries.next_after(payment)
    reasons = [reason.value for reason in chosen.reasons]
    parts = [(part.invoice_id, part.amount) for part in chosen.parts]
    try:
        made = matching.accept(
            acting(),
            payment_id,
            parts,
            write_off_kind=kind if kind in WRITE_OFF_KINDS else "",
            score=chosen.score,
            reasons=reasons,
        )
    except LedgerError as problem:
        flash(refusal_text(problem.code, problem.params), "error")
        return redirect(url_for("matching.index", payment=payment_id), 303)
    return _accepted(payment, made, after)


@blueprint.post("/<int:payment_id>/split")
@allow("staff")
def split(payment_id: int) -> Response | tuple[str, int]:
    """Set a payment against the invoices whose numbers were typed, each with an amount or as much as fits."""
    payment = _waiting(payment_id)
    typed = [
        {"number": number.strip(), "amount": amount.strip()}
        for number, amount in zip(request.form.getlist("number"), request.form.getlist("amount"), strict=False)
    ][:20]
    parts, error = _parts(payment, typed)
    after = queries.next_after(payment)
    if not error:
        try:
            made = matching.accept(acting(), payment_id, parts, reasons=["by_hand"])
        except LedgerError as problem:
            error = refusal_text(problem.code, problem.params)
        else:
            return _accepted(payment, made, after)
    return _page(split=typed, error=error), 422


def _parts(payment: Payment, typed: list[dict[str, str]]) -> tuple[list[tuple[int, Decimal]], str]:
    parts: list[tuple[int, Decimal]] = []
    left = payment.unapplied_amount
    for row in typed:
        if not row["number"]:
            continue
        invoice = find_number(payment.organisation_id, row["number"][:60])
        if invoice is None:
            return [], _("There is no invoice %(number)s.", number=row["number"][:60])
        amount = min(invoice.outstanding_amount, left, key=abs)
        if row["amount"]:
            try:
                amount = parse_amount(row["amount"], locale=str(get_locale()), currency=payment.currency)
            except AmountError:
                return [], _("“%(value)s” is not an amount. Write it as 1234.56 or 1.234,56.", value=row["amount"][:40])
        if not amount:
            return [], _("Nothing is outstanding on invoice %(number)s any more.", number=invoice.number)
        parts.append((invoice.id, amount))
        left -= amount
    return parts, "" if parts else _("Fill in at least one invoice number.")


@blueprint.post("/<int:payment_id>/write-off")
@allow("staff")
def write_off(payment_id: int) -> Response:
    """Write off all that is left of a payment to a named kind."""
    payment = _waiting(payment_id)
    after = queries.next_after(payment)
    left, currency = payment.unapplied_amount, payment.currency
    kind = request.form.get("kind", "")
    try:
        matching.write_off_payment(acting(), payment_id, kind)
    except LedgerError as problem:
        flash(refusal_text(problem.code, problem.params), "error")
        return redirect(url_for("matching.index", payment=payment_id), 303)
    word = str(WRITE_OFF_KINDS[kind])
    flash(_("%(amount)s written off to %(kind)s.", amount=amount_text(left, currency), kind=word), "success")
    return redirect(url_for("matching.index", payment=after), 303)


@blueprint.post("/undo/<int:match_id>")
@allow("staff")
def undo(match_id: int) -> Response:
    """Undo a match: its entries are reversed, and what was learned by it is forgotten."""
    try:
        payment_id = matching.undo(acting(), match_id)
    except matching.MatchError:
        abort(404)
    except LedgerError as problem:
        flash(refusal_text(problem.code, problem.params), "error")
        return redirect(url_for("matching.index"), 303)
    flash(_("Undone. The payment waits at the desk again."), "success")
    return redirect(url_for("matching.index", payment=payment_id), 303)


@blueprint.post("/automatic")
@allow("staff")
def automatic() -> Response:
    """Match all waiting payments that can be meant in one way only."""
    organisation_id = current_user.organisation_id
    if not matching.may_match(organisation_id):
        flash(_("Automatic matching is switched off for this organisation."), "error")
        return redirect(url_for("matching.index"), 303)
    done = matching.match_automatically(organisation_id, queries.waiting_ids(organisation_id))
    text = ngettext(
        "%(count)s payment was matched.", "%(count)s payments were matched.", len(done), count=num(len(done))
    )
    flash(text if done else _("None of these payments can be matched without a person."), "success" if done else "info")
    return redirect(url_for("matching.index"), 303)


@blueprint.post("/setting")
@allow("admin")
def setting() -> Response:
    """Switch automatic matching on or off."""
    matching.allow_automatic(acting(), request.form.get("automatic") == "1")
    flash(_("The setting was saved."), "success")
    return redirect(url_for("matching.index"), 303)


@blueprint.get("/accounts")
@allow("viewer")
def accounts() -> str:
    """Show which accounts were learned to be whose."""
    found, after = queries.learned(current_user.organisation_id, before=request.args.get("after", type=identity))
    more = url_for("matching.accounts", after=after) if after else None
    return render_template("matching/accounts.html", learned=found, next_url=more)


@blueprint.post("/accounts/<int:learned_id>/revoke")
@allow("staff")
def revoke(learned_id: int) -> Response:
    """Forget that an account is a contact's."""
    if not matching.revoke(acting(), learned_id):
        abort(404)
    flash(_("Forgotten. Matches that were made stay as they are."), "success")
    return redirect(url_for("matching.accounts"), 303)


def _waiting(payment_id: int) -> Payment:
    return queries.find(current_user.organisation_id, payment_id) or abort(404)


def _accepted(payment: Payment, made: Any, after: int | None) -> Response:
    left = queries.find(payment.organisation_id, payment.id)
    text = (
        _("Matched.")
        if left is None
        else _("Matched; %(left)s of it still waits.", left=amount_text(left.unapplied_amount, left.currency))
    )
    if made.learned:
        text += " " + _("The account is known as this contact's from now on.")
    flash(text, "success")
    return redirect(url_for("matching.index", payment=after), 303)
