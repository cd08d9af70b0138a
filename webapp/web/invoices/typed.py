"""What was typed into the form becomes an invoice; what cannot be read is told at its field."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from flask_babel import gettext as _

from webapp.domain.drafts import Fault
from webapp.domain.money import AmountError, parse_amount
from webapp.queries import contacts
from webapp.queries.faults import say
from webapp.queries.numbers import language, plain_number, plain_price
from webapp.queries.vat_words import pair
from webapp.services.contacts import ContactData
from webapp.services.imports.values import Unfit, as_day, as_whole, shown
from webapp.services.invoices import InvoiceData, LineData
from webapp.services.invoices.drafting import due_date
from webapp.services.judging import FINE_DECIMALS
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.web.invoices.forms import CARRIED, GOODS, InvoiceForm, LineForm

Value = TypeVar("Value")
CONTACT_FIELDS = ("code", "name", "email", "address_line_1", "zipcode", "city", "country", "vat_number", "coc_number")
_HEAD_TEXTS = ("number", "payment_reference", "subject")
_UNREAD = date(2000, 1, 1)


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
        return InvoiceData(
            number=_tidy(form.number.data),
            issue_date=issued,
            due_date=due,
            currency=_tidy(form.currency.data).upper(),
            contact=self._contact(),
            lines=self.lines(),
            payment_method=_tidy(form.payment_method.data),
            payment_reference=_tidy(form.payment_reference.data),
            subject=_tidy(form.subject.data),
            remarks=_text(form.remarks.data),
            department_id=self._take("department_id", form.department_id.data, as_whole, None),
        )

    def lines(self) -> tuple[LineData, ...]:
        """Return the lines that are filled in; their faults are named by the place in the form."""
        made = []
        for index, entry in enumerate(self.form.lines):
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
        def amount(text: str) -> Decimal:
            currency = _tidy(self.form.currency.data).upper() or "EUR"
            try:
                return parse_amount(text, locale=language(), currency=currency, decimals=FINE_DECIMALS)
            except AmountError as error:
                params = {"most": FINE_DECIMALS, "currency": currency}
                raise Unfit(f"amount_{error.reason.value}", shown(text), **params) from None

        def stored_amount(text: str) -> Decimal:
            try:
                return parse_amount(text, locale="en", decimals=FINE_DECIMALS)
            except AmountError as error:
                raise Unfit(f"amount_{error.reason.value}", shown(text), most=FINE_DECIMALS) from None

        vat_type, vat_rate = self._vat(typed, at)
        goods: dict[str, Any] = {name: _tidy(typed[name].data) for name in GOODS if name != "mrp"}
        return LineData(
            description=_text(typed.description.data),
            quantity=self._take(f"{at}.quantity", typed.quantity.data, amount, Decimal(1)),
            unit_price=self._take(f"{at}.unit_price", typed.unit_price.data, amount, Decimal(0), needed=True),
            vat_rate=vat_rate,
            vat_type=vat_type,
            vat_included=bool(typed.vat_included.data),
            gl_account_code=_tidy(typed.gl_account_code.data),
            item_code=_tidy(typed.item_code.data),
            product_description=_tidy(typed.product_description.data),
            remarks=_text(typed.remarks.data),
            accrual_date=self._take(f"{at}.accrual_date", typed.accrual_date.data, as_day, None),
            accrual_periods=self._take(f"{at}.accrual_periods", typed.accrual_periods.data, as_whole, None),
            accrual_interval=self._take(f"{at}.accrual_interval", typed.accrual_interval.data, as_whole, None),
            mrp=self._take(f"{at}.mrp", typed.mrp.data, stored_amount, None),
            **goods,
        )

    def _vat(self, typed: LineForm, at: str) -> tuple[int, Decimal]:
        kind, mark, rate = _tidy(typed.vat.data).partition(":")
        try:
            if not mark:
                raise Unfit("required")
            return as_whole(kind), parse_amount(rate, locale="en", decimals=2)
        except (Unfit, AmountError):
            self.faults.append(Fault("required", f"{at}.vat_rate"))
            return 1, Decimal(0)

    def _contact(self) -> ContactData:
        """A field left empty clears what is known only when it was filled from that very contact."""
        typed = {name: _tidy(getattr(self.form, f"contact_{name}").data) for name in CONTACT_FIELDS}
        filled = self._is_filled_from(typed["code"], typed["name"])
        known: dict[str, Any] = {name: value if value or filled else None for name, value in typed.items()}
        return ContactData(**known | {"code": typed["code"] or None, "name": typed["name"] or None})

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


def _tidy(text: str | None) -> str:
    """Return one line of text, without space around or doubled inside."""
    return " ".join((text or "").split())


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
    if group == "contact":
        return getattr(form, f"contact_{leaf}", None)
    if not group.startswith("lines."):
        return None if leaf == "lines" else getattr(form, leaf, None)
    index = int(group.removeprefix("lines."))
    entry = form.lines[places[index] if places else index].form
    return getattr(entry, "vat" if leaf in ("vat_rate", "vat_type") else "description" if leaf in CARRIED else leaf)


def values_of(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice as the form shows it."""
    return {
        **{name: getattr(invoice, name) for name in (*_HEAD_TEXTS, "remarks", "currency", "payment_method")},
        "issue_date": invoice.issue_date.isoformat(),
        "due_date": invoice.due_date.isoformat() if invoice.due_date else "",
        "department_id": str(invoice.department_id or ""),
        "revision": str(invoice.revision),
        "lines": [
            {
                "description": line.description,
                "quantity": plain_number(line.quantity),
                "unit_price": plain_price(line.unit_price),
                "vat": pair(line.vat_type, line.vat_rate),
                "vat_included": line.vat_included,
                "gl_account_code": line.gl_account_code,
                "item_code": line.item_code,
                **{name: "" if getattr(line, name) is None else str(getattr(line, name)) for name in CARRIED},
            }
            for line in invoice.lines
        ],
        **(contact_values(invoice.contact) if invoice.contact else {"contact_name": invoice.contact_name}),
    }


def contact_values(contact: Contact) -> dict[str, Any]:
    """Return a contact as the form shows it."""
    known = {f"contact_{name}": getattr(contact, name) or "" for name in CONTACT_FIELDS}
    return {"contact_id": str(contact.id), **known}


def title(invoice: Invoice) -> str:
    """Return what an invoice is called on a page."""
    return str(_("Invoice %(number)s", number=invoice.number or "–"))
