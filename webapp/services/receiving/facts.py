"""What another system says of an invoice, by our names; what it does not say is not there."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """Head, contact and items as mappings from the names of InvoiceData, ContactData and LineData to values.

    The head also knows `department` (a name), `salesman`, `priority`, `created_by` and `vat_included`.
    """

    head: Facts
    contact: Facts | None = None
    items: tuple[Facts, ...] | None = None

    @property
    def fingerprint(self) -> str:
        """A hash of what is said, however it was written: order of names, spaces and zeros at the end do not count."""
        whole = [self.head, self.contact, self.items]
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"), default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize() if value else Decimal(0):f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
