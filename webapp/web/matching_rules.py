"""The rules of matching: tolerance by currency and payment discount, set by an administrator."""

from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.money import AmountError, parse_amount
from webapp.services import matching
from webapp.services.settings import CURRENCIES
from webapp.web.acting import acting
from webapp.web.policy import allow

blueprint = Blueprint("matching_rules", __name__, url_prefix="/payments/desk/rules")
SPARE = 2
"""Empty rows for further currencies."""

PROBLEMS = {
    "tolerance": _l("A tolerance is an amount from 0 to 100,000 with at most two decimals."),
    "currency": _l("Choose one of the currencies in the list."),
    "discount": _l("A payment discount is 0 to 20 per cent, with at most two decimals."),
    "discount_days": _l("The days are a whole number from 0 to 90."),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, as it was typed."""

    tolerance: str
    rows: tuple[tuple[str, str], ...]
    discount: str
    discount_days: str


@blueprint.get("")
@allow("admin")
def edit() -> str:
    """Show the rules."""
    kept = matching.allowed(current_user.organisation_id)
    rows = tuple((code, _number(amount)) for code, amount in kept.tolerances.items())
    return _page(Typed(_number(kept.tolerance), rows, _number(kept.discount), str(kept.discount_days)))


@blueprint.post("")
@allow("admin")
def save() -> Response | tuple[str, int]:
    """Save the rules, or say which of them does not fit."""
    said = request.form
    pairs = zip(said.getlist("currency")[:20], said.getlist("amount")[:20], strict=False)
    rows = tuple((code.strip()[:3], amount.strip()[:40]) for code, amount in pairs if code.strip() or amount.strip())
    typed = Typed(
        said.get("tolerance", "").strip()[:40],
        rows,
        said.get("discount", "").strip()[:40],
        said.get("discount_days", "").strip()[:10],
    )
    try:
        matching.allow(acting(), _read(typed))
    except matching.RuleError as error:
        return _page(typed, problem=error.field), 422
    flash(_("The rules were saved. They count from the next match on."), "success")
    return redirect(url_for("matching_rules.edit"), 303)


def _read(typed: Typed) -> matching.Allowed:
    if not (typed.discount_days.isascii() and typed.discount_days.isdigit()):
        raise matching.RuleError("discount_days")
    if any(not code for code, _amount in typed.rows):
        raise matching.RuleError("currency")
    return matching.Allowed(
        _decimal(typed.tolerance, "tolerance"),
        {code: _decimal(amount, "tolerance") for code, amount in typed.rows},
        _decimal(typed.discount, "discount"),
        int(typed.discount_days),
    )


def _decimal(text: str, name: str) -> Decimal:
    try:
        return parse_amount(text, locale=str(get_locale()), decimals=2)
    except AmountError:
        raise matching.RuleError(name) from None


def _number(amount: Decimal) -> str:
    return str(format_decimal(amount, "0.00"))


def _page(typed: Typed, *, problem: str = "") -> str:
    return render_template(
        "matching_rules/edit.html",
        typed=typed,
        rows=[*typed.rows, *[("", "")] * SPARE],
        currencies=CURRENCIES,
        problem=problem,
        words=PROBLEMS.get(problem, ""),
    )
