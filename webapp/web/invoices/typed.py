"""What was typed into the form becomes an invoice; what cannot be read is told at its field."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _

from webapp.domain.drafts import Fault
from webapp.domain.money import AmountError, parse_amount
from webapp.domain.preflight import MOST_REFERENCE
from webapp.queries import contacts, products
from webapp.queries.faults import say
from webapp.queries.numbers import language, plain_price
from webapp.queries.vat_words import pair
from webapp.services.contacts import FIELDS, ContactData
from webapp.services.documents import PERSON_FIELDS
from webapp.services.identifiers import is_iban, is_vat_number
from webapp.services.imports.values import Unfit, as_day, as_whole, shown
from webapp.services.invoices import InvoiceData, LineData
from webapp.services.invoices.attachments import LIMIT
from webapp.services.invoices.data import FileData, PersonData
from webapp.services.invoices.drafting import due_date
from webapp.services.judging import FINE_DECIMALS
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.web.invoices.forms import GOODS, LINE_LONG_TEXTS, LINE_TEXTS, InvoiceForm, LineForm

Value = TypeVar("Value")
HEAD_TEXTS = (
    "number",
    "payment_reference",
    "subject",
    "purchase_order_number",
    "layout",
    "price_list",
    "project_id",
    "project_code",
)
LONG_TEXTS = ("remarks", "notes")
CONTACT_FIELDS = tuple(name for name in FIELDS if hasattr(InvoiceForm, f"contact_{name}"))
_UNREAD = date(2000, 1, 1)


_PROCESS = {"": None, "1": True, "0": False}


class Typed:
    """Reads one form; `faults` collects what could not be read."""

    def __init__(self, form: InvoiceForm, organisation: Organisation) -> None:
        self.form = form
        self.organisation = organisation
        self.faults: list[Fault] = []

    def invoice(self) -> InvoiceData:
        """Return the invoice; it counts only when `faults` stays empty."""
        form = self.form
        issued = self._take("issue_date", form.issue_date.data, as_day, _UNREAD, needed=True)
        due = self._take("due_date", form.due_date.data, as_day, due_date(issued, self.organisation.payment_days))
        texts: dict[str, Any] = {name: _tidy(form[name].data) for name in HEAD_TEXTS}
        texts |= {name: _text(form[name].data) for name in LONG_TEXTS}
        return InvoiceData(
            issue_date=issued,
            due_date=due,
            currency=_tidy(form.currency.data).upper(),
            contact=self.contact(),
            lines=self.lines(),
            payment_method=_tidy(form.payment_method.data),
            process=self._process(),
            email_to_customer=bool(form.email_to_customer.data),
            sent_to_peppol=bool(form.sent_to_peppol.data),
            person=PersonData(**{name: _tidy(form[f"person_{name}"].data) for name in PERSON_FIELDS}),
            document=self._document(),
            drop_document=bool(form.drop_document.data),
            **texts,
            department_id=self._take("department_id", form.department_id.data, as_whole, None),
        )

    def _process(self) -> bool | None:
        """Return what is wished of Yuki, None for what the connection does as always."""
        wished = _tidy(self.form.processing.data)
        if wished not in _PROCESS:
            self.faults.append(Fault("not_flag", "processing", {"value": wished[:40]}))
        return _PROCESS.get(wished)

    def lines(self) -> tuple[LineData, ...]:
        """Return the lines that are filled in; their faults are named by the place in the form."""
        made = []
        for index, entry in enumerate(self.form.lines):
            self._fill_from_product(entry.form)
            if not (entry.form.is_blank() and len(self.form.lines) > 1):
                made.append(self._line(entry.form, f"lines.{index}"))
        return tuple(made)

    def places(self) -> list[int]:
        """Return, for each line of the invoice, which line of the form it came from."""
        entries = list(self.form.lines)
        return [index for index, entry in enumerate(entries) if not (entry.form.is_blank() and len(entries) > 1)]

    def independent(self, faults: list[Fault], places: list[int]) -> list[Fault]:
        """Return those of the faults that do not merely follow from what could not be read."""
        unread = {fault.field for fault in self.faults}
        kept = []
        for fault in faults:
            group, _sep, leaf = fault.field.rpartition(".")
            if group.startswith("lines."):
                group = f"lines.{places[int(group.removeprefix('lines.'))]}"
            name = f"{group}.{leaf}" if group else leaf
            dated = "issue_date" in unread and fault.code in ("vat_pair", "due_before_issue", "date_range")
            if name not in unread and not dated:
                kept.append(fault)
        return kept

    def _line(self, typed: LineForm, at: str) -> LineData:
        def amount(text: str, decimals: int = FINE_DECIMALS) -> Decimal:
            currency = _tidy(self.form.currency.data).upper() or "EUR"
            try:
                return parse_amount(text, locale=language(), currency=currency, decimals=decimals)
            except AmountError as error:
                params = {"most": decimals, "currency": currency}
                raise Unfit(f"amount_{error.reason.value}", shown(text), **params) from None

        def take(name: str, convert: Callable[[str], Any]) -> Any:
            return self._take(f"{at}.{name}", typed[name].data, convert, None)

        def stored_amount(text: str) -> Decimal:
            try:
                return parse_amount(text, locale="en", decimals=FINE_DECIMALS)
            except AmountError as error:
                raise Unfit(f"amount_{error.reason.value}", shown(text), most=FINE_DECIMALS) from None

        vat_type, vat_rate = self._vat(typed, at)
        texts: dict[str, Any] = {name: _tidy(typed[name].data) for name in (*LINE_TEXTS, *GOODS) if name != "mrp"}
        texts |= {name: _text(typed[name].data) for name in LINE_LONG_TEXTS}
        return LineData(
            description=_text(typed.description.data),
            quantity=self._take(f"{at}.quantity", typed.quantity.data, amount, Decimal(1)),
            unit_price=self._take(f"{at}.unit_price", typed.unit_price.data, amount, Decimal(0), needed=True),
            vat_rate=vat_rate,
            vat_type=vat_type,
            vat_included=bool(typed.vat_included.data),
            price_from_list=bool(typed.price_from_list.data),
            category=take("category", as_whole),
            line_amount=take("line_amount", lambda text: amount(text, 2)),
            line_vat_amount=take("line_vat_amount", lambda text: amount(text, 2)),
            accrual_date=take("accrual_date", as_day),
            accrual_periods=take("accrual_periods", as_whole),
            accrual_interval=take("accrual_interval", as_whole),
            mrp=take("mrp", stored_amount),
            **texts,
        )

    def _fill_from_product(self, typed: LineForm) -> None:
        """A line that names a product by its code, and no price, takes what the product says."""
        code = _tidy(typed.item_code.data)
        if not code or _tidy(typed.unit_price.data) or len(code) > MOST_REFERENCE:
            return
        product = products.by_code(self.organisation.id, code)
        if product is None:
            return
        typed.description.data = typed.description.data or product.description
        typed.product_description.data = typed.product_description.data or product.description
        typed.unit_price.data = plain_price(product.sales_price or Decimal(0))
        typed.price_from_list.data = product.sales_price is None
        typed.vat.data = pair(product.vat_type, product.vat_rate)
        typed.vat_included.data = product.vat_included
        typed.category.data = str(product.category or "")
        typed.vat_description.data = product.vat_description
        typed.product_remarks.data = typed.product_remarks.data or product.remarks

    def _vat(self, typed: LineForm, at: str) -> tuple[int, Decimal]:
        kind, mark, rate = _tidy(typed.vat.data).partition(":")
        try:
            if not mark:
                raise Unfit("required")
            return as_whole(kind), parse_amount(rate, locale="en", decimals=2)
        except (Unfit, AmountError):
            self.faults.append(Fault("required", f"{at}.vat_rate"))
            return 1, Decimal(0)

    def contact(self, *, own_page: bool = False) -> ContactData:
        """Return the contact.

        A field left empty clears what is known only when it was filled from that very contact, as on its own page.
        """
        typed = {name: self.form[f"contact_{name}"].data for name in CONTACT_FIELDS}
        said: dict[str, Any] = {name: None if value is None else _tidy(value) for name, value in typed.items()}
        filled = own_page or self._is_filled_from(said["code"] or "", said["name"] or "")
        known = {name: value if value or filled else None for name, value in said.items()}
        cleared = frozenset(self.form.contact_cleared.data or ())
        self._judge_numbers(said)
        return ContactData(
            **known
            | {
                "code": said["code"] or None,
                "name": said["name"] or None,
                "cleared": cleared if filled or cleared else None,
            }
        )

    def _judge_numbers(self, said: dict[str, Any]) -> None:
        number, country = said["vat_number"] or "", said["country"] or self.organisation.country
        if number and not is_vat_number(number, country):
            self.faults.append(Fault("vat_number", "contact.vat_number", {"value": shown(number), "country": country}))
        if said["bank_account"] and not is_iban(said["bank_account"]):
            self.faults.append(Fault("iban", "contact.bank_account", {"value": shown(said["bank_account"])}))

    def _document(self) -> FileData | None:
        upload = request.files.get(self.form.document.name)
        if upload is None or not upload.filename:
            return None
        return FileData(upload.filename.rpartition("\\")[2].rpartition("/")[2], upload.stream.read(LIMIT + 1))

    def _is_filled_from(self, code: str, name: str) -> bool:
        identity = _tidy(self.form.contact_id.data)
        if not (identity.isascii() and identity.isdigit() and len(identity) < 18):
            return False
        known = contacts.find(self.organisation.id, int(identity))
        return known is not None and (known.code == code if known.code else known.name == name and not code)

    def _take(
        self, name: str, text: str | None, convert: Callable[[str], Value], default: Value, *, needed: bool = False
    ) -> Value:
        if not text or not text.strip():
            if needed:
                self.faults.append(Fault("required", name))
            return default
        try:
            return convert(text)
        except Unfit as unfit:
            self.faults.append(Fault(unfit.code, name, unfit.params))
            return default


_SPACE = re.compile(r"[^\S\x0b\x0c\x1c-\x1f]+")
"""White space but not the control characters that Python counts as such: those are for the rules to refuse."""


def _tidy(text: str | None) -> str:
    """Return one line of text, without space around or doubled inside."""
    return _SPACE.sub(" ", text or "").strip(" ")


def _text(text: str | None) -> str:
    """Return a text that may have lines."""
    return (text or "").replace("\r\n", "\n").strip()


def tell(form: InvoiceForm, faults: list[Fault], places: list[int] | None = None) -> None:
    """Put each fault at its field; `places` says which line of the form a line of the invoice came from."""
    for fault in faults:
        target = _target(form, fault.field, places)
        sentence = say(fault)
        if target is None:
            form.form_errors = [*form.form_errors, sentence]
        elif sentence not in target.errors:
            target.errors = [*target.errors, sentence]


def _target(form: InvoiceForm, name: str, places: list[int] | None) -> Any:
    group, _sep, leaf = name.rpartition(".")
    if group in ("contact", "person"):
        return getattr(form, f"{group}_{leaf}", None)
    if not group.startswith("lines."):
        return None if leaf == "lines" else getattr(form, leaf, None)
    index = int(group.removeprefix("lines."))
    entry = form.lines[places[index] if places else index].form
    return getattr(entry, "vat" if leaf in ("vat_rate", "vat_type") else leaf)


def title(invoice: Invoice) -> str:
    """Return what an invoice is called on a page."""
    if invoice.credited_invoice_id is not None:
        return str(_("Credit note %(number)s", number=invoice.number or _("without number")))
    if invoice.kind == "purchase":
        return str(_("Purchase invoice %(number)s", number=invoice.number or _("without number")))
    return str(_("Invoice %(number)s", number=invoice.number) if invoice.number else _("Invoice without number"))
