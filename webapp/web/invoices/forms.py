"""The form of an invoice: what a person types, and what it means."""

from typing import Any

from babel import Locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField

from webapp.domain.documents import PaymentMethod
from webapp.queries.numbers import language
from webapp.queries.vat_words import choices
from webapp.services.settings import COUNTRIES, CURRENCIES

METHODS: dict[PaymentMethod, Any] = {
    PaymentMethod.ELECTRONIC_TRANSFER: _l("Electronic transfer"),
    PaymentMethod.DIRECT_COLLECTION: _l("Direct debit"),
    PaymentMethod.IDEAL: "iDEAL",
    PaymentMethod.CREDIT_CARD: _l("Credit card"),
    PaymentMethod.DEBIT_CARD: _l("Debit card"),
    PaymentMethod.CASH: _l("Cash"),
    PaymentMethod.ONLINE: _l("Online"),
    PaymentMethod.TO_SETTLE: _l("To settle"),
    PaymentMethod.UNSPECIFIED: _l("Unspecified"),
}
GOODS = ("barcode", "packing", "shelf_location", "mrp", "company_name", "batch_no")
CARRIED = ("product_description", "remarks", "accrual_date", "accrual_periods", "accrual_interval", *GOODS)
"""What a line keeps although the form does not show it."""


class LineForm(Form):  # type: ignore[misc]
    """One line, as typed."""

    description = StringField(_l("Description"))
    quantity = StringField(_l("Quantity"))
    unit_price = StringField(_l("Price"))
    vat = SelectField(_l("VAT"), validate_choice=False)
    vat_included = BooleanField(_l("Price includes VAT"))
    gl_account_code = StringField(_l("GL account"))
    item_code = StringField(_l("Item code"))
    product_description = HiddenField()
    remarks = HiddenField()
    accrual_date = HiddenField()
    accrual_periods = HiddenField()
    accrual_interval = HiddenField()
    barcode = HiddenField()
    packing = HiddenField()
    shelf_location = HiddenField()
    mrp = HiddenField()
    company_name = HiddenField()
    batch_no = HiddenField()

    def is_blank(self) -> bool:
        """Whether nothing was filled in: such a line is left out."""
        return not any((self.description.data, self.unit_price.data, self.item_code.data, self.gl_account_code.data))


class InvoiceForm(FlaskForm):  # type: ignore[misc]
    """An invoice, as typed; `contact_id` names the contact that the contact's fields were filled from."""

    number = StringField(_l("Number"))
    issue_date = StringField(_l("Invoice date"), render_kw={"type": "date"})
    due_date = StringField(_l("Due date"), render_kw={"type": "date"})
    currency = SelectField(_l("Currency"), validate_choice=False)
    payment_method = SelectField(_l("Payment method"), validate_choice=False)
    payment_reference = StringField(_l("Payment reference"))
    subject = StringField(_l("Subject"))
    remarks = TextAreaField(_l("Remarks"), render_kw={"rows": 2}, description=_l("Kept with the invoice, not printed."))
    department_id = SelectField(_l("Department"), validate_choice=False)
    contact_id = HiddenField()
    contact_code = StringField(_l("Contact code"))
    contact_name = StringField(_l("Name"))
    contact_email = StringField(_l("E-mail address"), render_kw={"inputmode": "email"})
    contact_address_line_1 = StringField(_l("Address"))
    contact_zipcode = StringField(_l("Zip code"))
    contact_city = StringField(_l("City"))
    contact_country = SelectField(_l("Country"), validate_choice=False)
    contact_vat_number = StringField(_l("VAT number"))
    contact_coc_number = StringField(_l("Chamber of Commerce number"))
    revision = HiddenField()
    lines = FieldList(FormField(LineForm), min_entries=1)

    def offer(self, *, country: str, departments: tuple[tuple[int, str], ...]) -> None:
        """Fill the choices, in the language of the person; what an invoice has already is always among them."""
        names = Locale.parse(language()).territories
        _choose(self.currency, [(code, code) for code in CURRENCIES])
        _choose(self.payment_method, [(method.value, word) for method, word in METHODS.items()])
        _choose(self.contact_country, [(code, names[code]) for code in COUNTRIES])
        self.department_id.choices = [("", "–"), *((str(identity), name) for identity, name in departments)]
        pairs = choices(country)
        known = {value for group in pairs.values() for value, _ in group}
        for entry in self.lines:
            present = entry.form.vat.data
            own = {} if not present or present in known else {present: [(present, present.replace(":", " · ") + " %")]}
            entry.form.vat.choices = pairs | own


def _choose(field: Any, offered: list[tuple[str, Any]]) -> None:
    present = field.data
    own = [(present, present)] if present and present not in {value for value, _ in offered} else []
    field.choices = offered + own
