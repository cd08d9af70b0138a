"""What the readers of files hand over: values as they stood there, each with its place in the file."""

from dataclasses import dataclass, field
from typing import Any

from webapp.domain.drafts import Fault
from webapp.services.invoices.data import InvoiceData

LIMIT = 10 * 1024 * 1024
"""Bytes in one file."""

MOST_INVOICES = 20_000
MOST_ROWS = 50_000
MOST_FAULTS = 100
"""Faults that are listed; the rest is counted."""

HEAD = (
    "number",
    "issue_date",
    "due_date",
    "currency",
    "subject",
    "remarks",
    "payment_method",
    "payment_reference",
    "purchase_order_number",
    "process",
    "email_to_customer",
    "sent_to_peppol",
    "layout",
    "notes",
    "price_list",
    "project_id",
    "project_code",
    "document_file_name",
    "document_base64",
    "status",
    "department",
)
LINE = (
    "description",
    "quantity",
    "unit_price",
    "vat_rate",
    "vat_type",
    "vat_included",
    "gl_account_code",
    "item_code",
    "activity_code",
    "product_description",
    "product_remarks",
    "category",
    "vat_description",
    "price_from_list",
    "line_amount",
    "line_vat_amount",
    "remarks",
    "accrual_date",
    "accrual_periods",
    "accrual_interval",
)
PERSON = ("full_name", "first_name", "middle_name", "last_name", "gender", "email")


class Unreadable(Exception):
    """A file of which nothing can be read; `fault` says why."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        place: dict[str, Any] = {name: params.pop(name) for name in ("line", "column") if name in params}
        self.fault = Fault(code, "file", params, place)


@dataclass(slots=True)
class Part:
    """A group of values, by our names; `columns` are the names that a table gave them.

    `typed`: the format has numbers of its own (JSON), so that a text is never taken for one.
    A field of the contact that is "" was there and empty: it is to be cleared. A table has no such thing.
    """

    values: dict[str, Any] = field(default_factory=dict)
    place: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    typed: bool = False

    def place_of(self, name: str) -> dict[str, Any]:
        """Return where one value stands."""
        return self.place | ({"column": self.columns[name]} if name in self.columns else {})


@dataclass(slots=True)
class Raw:
    """One invoice as a file has it; `told` are its fields whose fault the reader told already."""

    head: Part
    contact: Part
    lines: list[Part] = field(default_factory=list)
    person: Part = field(default_factory=Part)
    told: frozenset[str] = frozenset()


@dataclass(slots=True)
class Found:
    """What a reader found: invoices, what it could not read, and what it left aside on purpose."""

    invoices: list[Raw] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read and judged; it can be stored when there is no fault.

    `fault_count` counts all faults, `faults` lists the first of them; `places` says where a number stands.
    """

    name: str
    invoices: tuple[InvoiceData, ...]
    faults: tuple[Fault, ...]
    fault_count: int
    notes: tuple[Fault, ...]
    places: dict[str, dict[str, Any]] = field(default_factory=dict)
