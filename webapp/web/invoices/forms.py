"""The form of an invoice: what a person types, and what it means."""

from typing import Any

from babel import Locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

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
GENDERS = (("", "–"), ("Male", _l("Male")), ("Female", _l("Female")), ("Unknown", _l("Unknown")))
CONTACT_TYPES = (("Company", _l("Company")), ("Person", _l("Person")))
PROCESS = (("", _l("As the connection says")), ("1", _l("Book at once")), ("0", _l("As a draft, numbered by Yuki")))
LINE_TEXTS = ("gl_account_code", "item_code", "activity_code", "product_description", "vat_description")
LINE_LONG_TEXTS = ("remarks", "product_remarks")
LINE_DETAILS = (
    "activity_code",
    "product_description",
    "remarks",
    "product_remarks",
    "category",
    "vat_description",
    "price_from_list",
    "line_amount",
    "line_vat_amount",
    "accrual_date",
    "accrual_periods",
    "accrual_interval",
)
"""The fields of a line that stand folded away."""


class LineForm(Form):  # type: ignore[misc]
    """One line, as typed."""

    description = StringField(_l("Description"))
    quantity = StringField(_l("Quantity"))
    unit_price = StringField(_l("Price"))
    vat = SelectField(_l("VAT"), validate_choice=False)
    vat_included = BooleanField(_l("Price includes VAT"))
    gl_account_code = StringField(_l("GL account"))
    item_code = StringField(_l("Item code"))
    activity_code = StringField(_l("Activity"), description=_l("The code of an activity; it may have its own account."))
    product_description = StringField(
        _l("Product name"), description=_l("At most 60 characters; left empty it is the description.")
    )
    remarks = TextAreaField(
        _l("Remarks under the line"), render_kw={"rows": 2}, description=_l("Printed on a new line under this one.")
    )
    product_remarks = TextAreaField(
        _l("Remarks with the product"), render_kw={"rows": 2}, description=_l("Kept with the product, not printed.")
    )
    category = SelectField(_l("Category"), validate_choice=False)
    vat_description = StringField(_l("VAT description"), description=_l("With VAT type 8 only; as in Yuki's settings."))
    price_from_list = BooleanField(
        _l("Price and VAT from Yuki's price list"),
        description=_l("The product must be in that list; what is filled in here is then a guess."),
    )
    line_amount = StringField(
        _l("Amount of the line"), description=_l("Not advised: Yuki then does not compute the line.")
    )
    line_vat_amount = StringField(
        _l("VAT of the line"), description=_l("Not advised: Yuki then does not compute the VAT.")
    )
    accrual_date = StringField(_l("Accrual from"), render_kw={"type": "date"})
    accrual_periods = StringField(_l("Number of periods"), render_kw={"inputmode": "numeric"})
    accrual_interval = StringField(_l("Months in a period"), render_kw={"inputmode": "numeric"})
    barcode = HiddenField()
    packing = HiddenField()
    shelf_location = HiddenField()
    mrp = HiddenField()
    company_name = HiddenField()
    batch_no = HiddenField()

    def is_blank(self) -> bool:
        """Whether nothing was filled in: such a line is left out."""
        return not any((self.description.data, self.unit_price.data, self.item_code.data, self.gl_account_code.data))

    @property
    def has_details(self) -> bool:
        """Whether something that is folded away is filled in, or wrong."""
        return any(self[name].data or self[name].errors for name in LINE_DETAILS)


class InvoiceForm(FlaskForm):  # type: ignore[misc]
    """An invoice, as typed; `contact_id` names the contact that the contact's fields were filled from."""

    number = StringField(
        _l("Number"), description=_l("Left empty: the next one in sequence, given when the invoice is authorised.")
    )
    issue_date = StringField(_l("Invoice date"), render_kw={"type": "date"})
    due_date = StringField(_l("Due date"), render_kw={"type": "date"})
    currency = SelectField(_l("Currency"), validate_choice=False)
    payment_method = SelectField(_l("Payment method"), validate_choice=False)
    payment_reference = StringField(_l("Payment reference"))
    subject = StringField(_l("Subject"))
    remarks = TextAreaField(_l("Remarks"), render_kw={"rows": 2}, description=_l("Kept with the invoice, not printed."))
    notes = TextAreaField(_l("Notes on the invoice"), render_kw={"rows": 2}, description=_l("Printed on the invoice."))
    purchase_order_number = StringField(_l("Purchase order number"))
    processing = SelectField(_l("In Yuki"), validate_choice=False)
    email_to_customer = BooleanField(_l("Have Yuki e-mail it"))
    sent_to_peppol = BooleanField(_l("Sent by Peppol"))
    layout = StringField(_l("Layout"), description=_l("Left empty: Yuki's default."))
    price_list = StringField(_l("Price list"), description=_l("Left empty: Yuki's default; in the invoice's currency."))
    project_id = StringField(_l("Project ID"), description=_l("Goes before the project code."))
    project_code = StringField(_l("Project code"))
    document = FileField(_l("PDF"), description=_l("Goes with an invoice that is booked at once; at most 2.5 MB."))
    drop_document = BooleanField(_l("Take the PDF away"))
    department_id = SelectField(_l("Department"), validate_choice=False)
    contact_id = HiddenField()
    contact_code = StringField(_l("Contact code"))
    contact_name = StringField(_l("Name"))
    contact_email = StringField(_l("E-mail address"), render_kw={"inputmode": "email"})
    contact_address_line_1 = StringField(_l("Address"))
    contact_address_line_2 = StringField(_l("Second address line"))
    contact_zipcode = StringField(_l("Zip code"))
    contact_city = StringField(_l("City"))
    contact_country = SelectField(_l("Country"), validate_choice=False)
    contact_vat_number = StringField(_l("VAT number"))
    contact_coc_number = StringField(_l("Chamber of Commerce number"))
    contact_contact_type = SelectField(_l("Kind of contact"), validate_choice=False)
    contact_first_name = StringField(_l("First name"))
    contact_middle_name = StringField(_l("Middle name"))
    contact_last_name = StringField(_l("Last name"))
    contact_gender = SelectField(_l("Gender"), validate_choice=False)
    contact_website = StringField(_l("Website"))
    contact_phone = StringField(_l("Phone"), render_kw={"inputmode": "tel"})
    contact_mobile = StringField(_l("Mobile phone"), render_kw={"inputmode": "tel"})
    contact_bank_account = StringField(_l("Bank account (IBAN)"))
    contact_bic = StringField(_l("BIC"))
    contact_cleared = SelectMultipleField(validate_choice=False)
    person_full_name = StringField(_l("Name"))
    person_first_name = StringField(_l("First name"))
    person_middle_name = StringField(_l("Middle name"))
    person_last_name = StringField(_l("Last name"))
    person_gender = SelectField(_l("Gender"), validate_choice=False)
    person_email = StringField(_l("E-mail address"), render_kw={"inputmode": "email"})
    revision = HiddenField()
    lines = FieldList(FormField(LineForm), min_entries=1)

    def offer(self, *, country: str, departments: tuple[tuple[int, str], ...]) -> None:
        """Fill the choices, in the language of the person; what an invoice has already is always among them."""
        names = Locale.parse(language()).territories
        _choose(self.currency, [(code, code) for code in CURRENCIES])
        _choose(self.payment_method, [(method.value, word) for method, word in METHODS.items()])
        _choose(self.contact_country, [(code, names[code]) for code in COUNTRIES])
        _choose(self.processing, list(PROCESS))
        _choose(self.contact_contact_type, list(CONTACT_TYPES))
        _choose(self.contact_gender, list(GENDERS))
        _choose(self.person_gender, list(GENDERS))
        self.department_id.choices = [("", "–"), *((str(identity), name) for identity, name in departments)]
        pairs = choices(country)
        known = {value for group in pairs.values() for value, _ in group}
        for entry in self.lines:
            _choose(entry.form.category, [("", "–"), ("13", "13")])
            present = entry.form.vat.data
            own = {} if not present or present in known else {present: [(present, present.replace(":", " · ") + " %")]}
            entry.form.vat.choices = pairs | own

    def is_folded(self, *names: str) -> bool:
        """Whether nothing of these fields is filled in or wrong, so that they may stay folded away."""
        return not any(self[name].data or self[name].errors for name in names)


def _choose(field: Any, offered: list[tuple[str, Any]]) -> None:
    present = field.data
    own = [(present, present)] if present and present not in {value for value, _ in offered} else []
    field.choices = offered + own
