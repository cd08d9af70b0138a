"""Documents of Billingo as bytes: the same pages for the product and for each of its peers."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Book:
    """Pages of documents as bytes, kept in one file with a second one that says where each begins."""

    file: Path
    places: tuple[tuple[int, int], ...]
    count: int

    @classmethod
    def write(cls, file: Path, count: int, *, every: int = 0) -> Self:
        """Write `count` documents of two lines, newest first; of each `every` one says something else."""
        places, at, last = [], 0, -(-count // PER_PAGE)
        with file.open("wb") as target:
            for page in range(last):
                ids = range(count - page * PER_PAGE, max(0, count - (page + 1) * PER_PAGE), -1)
                body = json.dumps(
                    {"data": [record(one, other=every > 0 and not one % every) for one in ids],
                     "total": count, "per_page": PER_PAGE, "current_page": page + 1, "last_page": last}
                ).encode()  # fmt: skip
                target.write(body)
                places.append((at, len(body)))
                at += len(body)
        made = cls(file, tuple(places), count)
        file.with_suffix(".places").write_text(json.dumps([count, places]))
        return made

    @classmethod
    def open(cls, file: Path) -> Self:
        """Open what `write` wrote."""
        count, places = json.loads(file.with_suffix(".places").read_text())
        return cls(file, tuple((at, length) for at, length in places), count)

    def pages(self, most: int | None = None) -> Iterator[bytes]:
        """Yield the bodies in their order, of at least so many documents."""
        with self.file.open("rb") as source:
            for _, length in self.places[: most and -(-most // PER_PAGE)]:
                yield source.read(length)

    def page(self, number: int) -> bytes:
        """Return the body of one page."""
        at, length = self.places[number - 1]
        return os.pread(_opened(self.file), length, at)


@cache
def _opened(file: Path) -> int:
    """Open a file once, and for as long as the process lives: opening it costs as much as hashing a page of it."""
    return os.open(file, os.O_RDONLY)


def record(number: int, *, other: bool = False) -> dict[str, Any]:
    """Return a document as it travels, with every field that Billingo tells; an `other` one has another comment."""
    day = (date(2024, 1, 1) + timedelta(days=number % 700)).isoformat()
    item = {
        "product_id": 10_000 + number % 300, "name": f"Termék {number % 300}", "net_unit_amount": 1200,
        "quantity": 2, "unit": "db", "net_amount": 2400, "gross_amount": 3048, "vat": "27%", "vat_amount": 648,
        "entitlement": None, "comment": "",
    }  # fmt: skip
    party = _party(number % 4000)
    return {
        "id": 111_000_000 + number, "invoice_number": f"INV-2025-{number}", "type": "invoice",
        "correction_type": "invoice", "cancelled": False, "block_id": 200001, "payment_status": "outstanding",
        "payment_method": "wire_transfer", "gross_total": 6096, "currency": "HUF", "conversion_rate": 1,
        "invoice_date": day, "fulfillment_date": day, "due_date": day, "paid_date": day,
        "organization": _ORGANIZATION, "partner": party | _AS_IT_IS_NOW, "document_partner": party,
        "electronic": False, "comment": "levél" if other else "", "tags": [], "notification_status": "none",
        "language": "hu", "items": [item, item], "summary": _SUMMARY, "settings": _SETTINGS, "related_documents": [],
        "online_szamla_status": "done", "discount": None,
    }  # fmt: skip


def _party(number: int) -> dict[str, Any]:
    return {
        "id": 1_840_000_000 + number, "name": f"Vevő {number} Kft.",
        "address": {"country_code": "HU", "post_code": "1011", "city": "Budapest", "address": "Fő utca 1."},
        "emails": [], "taxcode": "10000003-2-43", "iban": "", "swift": "", "account_number": "--", "phone": "",
        "tax_type": "HAS_TAX_NUMBER",
    }  # fmt: skip


_AS_IT_IS_NOW = {
    "general_ledger_number": "", "group_member_tax_number": "",
    "custom_billing_settings": {
        "payment_method": None, "document_form": None, "due_days": None, "document_currency": None,
        "template_language_code": None, "discount": None,
    },
}  # fmt: skip
_ORGANIZATION = {
    "name": "Mintavölgy Kft.", "tax_number": "10000003-2-43",
    "bank_account": {
        "id": 120_001, "name": "Főszámla", "account_number": "11111111-22222222-33333333", "account_number_iban": "",
        "swift": "",
    },
    "address": {"country_code": "HU", "post_code": "1011", "city": "Budapest", "address": "Fő utca 1."},
    "small_taxpayer": False, "ev_number": "", "eu_tax_number": "", "cash_settled": False,
}  # fmt: skip
_SUMMARY = {
    "net_amount": 4800, "net_amount_local": 4800, "gross_amount_local": 6096, "vat_amount": 1296,
    "vat_amount_local": 1296,
    "vat_rate_summary": [
        {"vat_name": "27%", "vat_percentage": 0.27, "vat_rate_net_amount": 4800, "vat_rate_vat_amount": 1296,
         "vat_rate_vat_amount_local": 1296, "vat_rate_gross_amount": 6096},
    ],
}  # fmt: skip
_SETTINGS = {
    "mediated_service": False, "without_financial_fulfillment": False, "online_payment": "",
    "should_send_email": False, "round": "none", "no_send_onlineszamla_by_user": False, "order_number": "",
    "place_id": None, "instant_payment": True, "selected_type": None, "dont_send_to_nav_reason": None,
    "instant_payment_request": None,
}  # fmt: skip
