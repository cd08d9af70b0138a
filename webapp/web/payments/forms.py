"""The form of a payment by hand."""

from datetime import date
from decimal import Decimal

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import Length, Regexp

from webapp.domain.money import AmountError, parse_amount


def read_amount(text: str | None, *, currency: str = "EUR") -> Decimal | None:
    """Read an amount as the person's language writes it; None for what is none."""
    locale = get_locale()
    try:
        return parse_amount(text or "", locale=locale.language if locale else "en", currency=currency)
    except AmountError:
        return None


class PaymentForm(FlaskForm):  # type: ignore[misc]
    """A payment that somebody types; `key` makes a second click on the same form change nothing."""

    key = HiddenField(validators=[Regexp(r"[0-9a-f]{32}$")])
    amount = StringField(
        _l("Amount"), description=_l("What came in; with a minus sign what was paid back."), render_kw={"size": 12}
    )
    currency = StringField(_l("Currency"), [Regexp(r"[A-Z]{3}$", message=_l("Three capitals, such as EUR."))])
    received_on = StringField(_l("Date"), render_kw={"type": "date"})
    contact_name = StringField(_l("From whom"), [Length(max=200)])
    iban = StringField("IBAN", [Length(max=42)])
    description = StringField(_l("Description"), [Length(max=300)])
    number = StringField(
        _l("Invoice"),
        [Length(max=60)],
        description=_l("Its number; left empty, the payment waits on the list of unapplied payments."),
    )
    part = StringField(_l("Amount for this invoice"), description=_l("Left empty: as much as fits."))

    def read(self, latest: date) -> tuple[Decimal, date] | None:
        """Return amount and day, or None after saying at the fields what is wrong with them."""
        amount = read_amount(self.amount.data, currency=self.currency.data or "EUR")
        if not amount:
            self.amount.errors = [_l("Fill in an amount, such as 26,40.")]
        try:
            day: date | None = date.fromisoformat(self.received_on.data or "")
        except ValueError:
            day = None
        if day is None or not date(2000, 1, 1) <= day <= latest:
            self.received_on.errors = [_l("Fill in a day that has been.")]
            return None
        return (amount, day) if amount else None
