"""From what a file said to invoices by our rules, with every fault at its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from webapp.domain.documents import CLEARABLE
from webapp.domain.drafts import Fault, vat_country
from webapp.domain.vat import default_type
from webapp.services.contacts import FIELDS, ContactData
from webapp.services.imports.raw import LINE, PERSON, Part, Raw
from webapp.services.imports.values import Unfit, as_amount, as_day, as_flag, as_rate, as_text, as_whole
from webapp.services.invoices.attachments import from_base64
from webapp.services.invoices.data import FileData, InvoiceData, LineData, PersonData
from webapp.services.invoices.drafting import due_date
from webapp.services.invoices.rules import check
from webapp.services.judging import currencies

Value = TypeVar("Value")
STATUS_WORDS = {
    "concept": "draft",
    "goedgekeurd": "approved",
    "gefiatteerd": "authorised",
    "verzonden": "sent",
}
_LONG_TEXTS = ("description", "remarks", "notes", "product_remarks")
_HEAD_TEXTS = (
    "number",
    "payment_reference",
    "subject",
    "remarks",
    "purchase_order_number",
    "layout",
    "notes",
    "price_list",
    "project_id",
    "project_code",
)
_USUAL_RATE = Decimal(21)
_FALLBACK_DAY = date(2000, 1, 1)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an organisation adds where a file is silent."""

    currency: str
    country: str
    payment_days: int
    departments: Mapping[str, int] = field(default_factory=dict)


class Converter:
    """Converts one invoice, and collects what is wrong with it."""

    def __init__(self, raw: Raw, defaults: Defaults) -> None:
        self.raw = raw
        self.defaults = defaults
        self.faults: list[Fault] = []
        self._failed = set(raw.told)

    def convert(self, known_codes: set[str]) -> InvoiceData:
        """Return the invoice; it counts only when `faults` stays empty."""
        raw, take = self.raw, self._take
        currency = self._text(raw.head, "currency", "currency").upper() or self.defaults.currency
        unit = currency if currency in currencies() else "EUR"
        issued = take(raw.head, "issue_date", "issue_date", as_day, _FALLBACK_DAY, needed=True)
        due = take(raw.head, "due_date", "due_date", as_day, due_date(issued, self.defaults.payment_days))
        texts: dict[str, Any] = {key: self._text(raw.head, key, key) for key in _HEAD_TEXTS}
        data = InvoiceData(
            issue_date=issued,
            due_date=due,
            currency=currency,
            contact=self._contact(),
            lines=tuple(self._line(part, f"lines.{at}", issued, unit) for at, part in enumerate(raw.lines)),
            payment_method=self._text(raw.head, "payment_method", "payment_method") or "ElectronicTransfer",
            process=take(raw.head, "process", "process", self._flag(raw.head), None),
            email_to_customer=take(
                raw.head, "email_to_customer", "email_to_customer", self._flag(raw.head), default=False
            ),
            sent_to_peppol=take(raw.head, "sent_to_peppol", "sent_to_peppol", self._flag(raw.head), default=False),
            person=PersonData(**{key: self._text(raw.person, key, f"person.{key}") for key in PERSON}),
            document=self._document(),
            **texts,
            department_id=self._department(),
            status=self._status(),
        )
        for fault in check(data, country=self.defaults.country, known_codes=known_codes):
            if not self._follows(fault):
                self.add(fault.code, fault.field, fault.params)
        return data

    def add(self, code: str, name: str, params: dict[str, Any]) -> None:
        """Add a fault at the place in the file that `name` stands at."""
        part, leaf = self._part_of(name)
        self._failed.add(name)
        self.faults.append(Fault(code, name, params, part.place_of(leaf)))

    def _follows(self, fault: Fault) -> bool:
        """Whether a fault only says that the value before it could not be read."""
        if fault.field in self._failed:
            return True
        if fault.code == "vat_pair":
            line = fault.field.rpartition(".")[0]
            return bool(self._failed & {"issue_date", f"{line}.vat_type"})
        return fault.code in ("due_before_issue", "date_range") and "issue_date" in self._failed

    def _part_of(self, name: str) -> tuple[Part, str]:
        group, _, leaf = name.rpartition(".")
        if group == "contact":
            return self.raw.contact, leaf
        if group == "person":
            return self.raw.person, leaf
        if group.startswith("lines."):
            return self.raw.lines[int(group.removeprefix("lines."))], leaf
        return self.raw.head, leaf

    def _take(
        self,
        part: Part,
        key: str,
        name: str,
        convert: Callable[[Any], Value],
        default: Value,
        *,
        needed: bool = False,
    ) -> Value:
        if key not in part.values:
            if needed:
                self.add("required", name, {})
            return default
        try:
            return convert(part.values[key])
        except Unfit as unfit:
            self.add(unfit.code, name, unfit.params)
            return default

    def _text(self, part: Part, key: str, name: str) -> str:
        lines = key in _LONG_TEXTS
        return self._take(part, key, name, lambda value: as_text(value, lines=lines, typed=part.typed), "")

    def _contact(self) -> ContactData:
        part = self.raw.contact
        values: dict[str, Any] = {key: self._text(part, key, f"contact.{key}") or None for key in FIELDS}
        if values["country"]:
            values["country"] = values["country"].upper()
        for key in ("contact_type", "gender"):
            values[key] = values[key] and values[key].capitalize()
        emptied = frozenset(key for key in CLEARABLE if part.values.get(key) == "")
        return ContactData(**values | dict.fromkeys(emptied, ""), cleared=emptied or None)

    @staticmethod
    def _flag(part: Part) -> Callable[[Any], bool]:
        return lambda value: as_flag(value, typed=part.typed)

    def _document(self) -> FileData | None:
        part = self.raw.head
        name = self._text(part, "document_file_name", "document_file_name")
        said = part.values.get("document_base64")
        if not name and said is None:
            return None
        if not name or said is None:
            self.add("document_half", "document_base64" if said is None else "document_file_name", {})
            return None
        try:
            return FileData(name, from_base64(str(said)))
        except ValueError:
            self.add("base64", "document_base64", {})
            return None

    def _line(self, part: Part, at: str, issued: date, currency: str) -> LineData:
        take, typed = self._take, part.typed

        def amount(value: Any) -> Decimal:
            return as_amount(value, currency=currency, typed=typed)

        from_list = take(part, "price_from_list", f"{at}.price_from_list", self._flag(part), default=False)
        rate = take(
            part,
            "vat_rate",
            f"{at}.vat_rate",
            lambda value: as_rate(value, typed=typed),
            _USUAL_RATE if from_list else _ZERO,
            needed=not from_list,
        )
        texts: dict[str, Any] = {key: self._text(part, key, f"{at}.{key}") for key in LINE if key in _TEXTS}
        return LineData(
            quantity=take(part, "quantity", f"{at}.quantity", amount, Decimal(1)),
            unit_price=take(part, "unit_price", f"{at}.unit_price", amount, _ZERO, needed=not from_list),
            vat_rate=rate,
            vat_type=1 if from_list and "vat_type" not in part.values else self._vat_type(part, at, rate, issued),
            vat_included=take(part, "vat_included", f"{at}.vat_included", self._flag(part), default=False),
            price_from_list=from_list,
            category=take(part, "category", f"{at}.category", _maybe(as_whole), None),
            line_amount=take(part, "line_amount", f"{at}.line_amount", _maybe(amount), None),
            line_vat_amount=take(part, "line_vat_amount", f"{at}.line_vat_amount", _maybe(amount), None),
            accrual_date=take(part, "accrual_date", f"{at}.accrual_date", _maybe(as_day), None),
            accrual_periods=take(part, "accrual_periods", f"{at}.accrual_periods", _maybe(as_whole), None),
            accrual_interval=take(part, "accrual_interval", f"{at}.accrual_interval", _maybe(as_whole), None),
            **texts,
        )

    def _vat_type(self, part: Part, at: str, rate: Decimal, issued: date) -> int:
        if "vat_type" in part.values:
            return self._take(part, "vat_type", f"{at}.vat_type", lambda v: as_whole(v, typed=part.typed), 1)
        found = default_type(vat_country(self.defaults.country), rate, on=issued)
        if found is None and f"{at}.vat_rate" not in self._failed and "issue_date" not in self._failed:
            self.add("vat_type_needed", f"{at}.vat_rate", {"rate": rate, "country": self.defaults.country})
        return int(found) if found is not None else 1

    def _status(self) -> str:
        word = self._text(self.raw.head, "status", "status").lower()
        return STATUS_WORDS.get(word, word) or "sent"

    def _department(self) -> int | None:
        name = self._text(self.raw.head, "department", "department")
        if not name:
            return None
        found = self.defaults.departments.get(name.casefold())
        if found is None:
            self.add("department", "department", {"value": name[:40]})
        return found


_TEXTS = (
    "description",
    "gl_account_code",
    "item_code",
    "activity_code",
    "product_description",
    "product_remarks",
    "vat_description",
    "remarks",
)


def _maybe(convert: Callable[[Any], Value]) -> Callable[[Any], Value | None]:
    return convert
