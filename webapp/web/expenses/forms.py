"""The forms of expense claims, and what was typed into them."""

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectChoice, SelectField, StringField

from webapp.domain.expenses import vat_within
from webapp.domain.money import AmountError, parse_amount
from webapp.domain.receipts import LIMIT
from webapp.queries.expense_words import say_problem
from webapp.queries.numbers import language
from webapp.services.expenses import ClaimData, ExpenseError, LineData

RATES = ("21", "9", "12", "6", "27", "18", "5", "0")
"""Percentages that receipts of the Netherlands, Belgium and Hungary show."""

RATE_CHOICES = [SelectChoice("", _l("not known or several")), *(SelectChoice(one, f"{one} %") for one in RATES)]


class ClaimForm(FlaskForm):  # type: ignore[misc]
    """The head of a claim."""

    subject = StringField(_l("Subject"), description=_l("Such as: business trip to Utrecht, March."))
    employee = StringField(_l("Employee"))
    claimed_on = StringField(_l("Date"))
    department_id = SelectField(_l("Department"), validate_choice=False)

    def read(self) -> ClaimData:
        """Return what was typed; raises ExpenseError with its field."""
        department = (self.department_id.data or "").strip()
        if department and not (department.isascii() and department.isdigit() and len(department) < 18):
            raise ExpenseError("department", field="department_id")
        return ClaimData(
            subject=_line(self.subject.data),
            employee=_line(self.employee.data),
            claimed_on=_day(self.claimed_on.data, "claimed_on"),
            department_id=int(department) if department else None,
        )


class LineForm(FlaskForm):  # type: ignore[misc]
    """One expense with its receipt."""

    spent_on = StringField(_l("Date on the receipt"))
    description = StringField(_l("Description"))
    amount = StringField(_l("Amount incl. VAT"))
    vat_rate = SelectField(_l("VAT rate"), validate_choice=False, choices=RATE_CHOICES)
    vat_amount = StringField(_l("Of which VAT"), description=_l("Left empty, it is worked out with the rate."))
    cost_category = StringField(_l("Cost category (GL account)"))
    receipt = FileField(_l("Receipt file"))

    def read(self, currency: str) -> LineData:
        """Return what was typed and the file; raises ExpenseError with its field."""
        amount = _amount(self.amount.data, "amount", currency)
        rate = Decimal(self.vat_rate.data) if self.vat_rate.data in RATES else None
        vat = _amount(self.vat_amount.data, "vat_amount", currency) if (self.vat_amount.data or "").strip() else None
        if vat is None and rate is not None:
            vat = vat_within(amount, rate)
        upload = self.receipt.data
        return LineData(
            spent_on=_day(self.spent_on.data, "spent_on"),
            description=_line(self.description.data),
            amount=amount,
            cost_category=_line(self.cost_category.data),
            vat_rate=rate,
            vat_amount=vat,
            file_name=(upload.filename or "") if upload else "",
            content=upload.stream.read(LIMIT + 1) if upload else b"",
        )


def tell(form: FlaskForm, error: ExpenseError) -> None:
    """Show a problem at its field, or at the first one."""
    field: Any = form[error.field] if error.field in form else next(iter(form))
    field.errors = [say_problem(error.code, error.params)]


def _amount(text: str | None, field: str, currency: str) -> Decimal:
    try:
        return parse_amount(text or "", locale=language(), currency=currency, decimals=2)
    except AmountError:
        raise ExpenseError(field, field=field) from None


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _day(text: str | None, field: str) -> date:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        raise ExpenseError("day", field=field) from None
