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
    """Return a document as it travels; an `other` one has another comment."""
    day = (date(2024, 1, 1) + timedelta(days=number % 700)).isoformat()
    item = {
        "product_id": 10_000 + number % 300, "name": f"Termék {number % 300}", "net_unit_amount": 1200,
        "quantity": 2, "unit": "db", "net_amount": 2400, "gross_amount": 3048, "vat": "27%", "vat_amount": 648,
        "entitlement": None, "comment": "",
    }  # fmt: skip
    partner = {
        "id": 1_840_000_000 + number % 4000, "name": f"Vevő {number % 4000} Kft.", "taxcode": "10000003-2-43",
        "address": {"country_code": "HU", "post_code": "1011", "city": "Budapest", "address": "Fő utca 1."},
        "emails": [], "iban": "", "swift": "", "account_number": "--", "phone": "",
    }  # fmt: skip
    return {
        "id": 111_000_000 + number, "invoice_number": f"INV-2025-{number}", "type": "invoice",
        "correction_type": "invoice", "cancelled": False, "block_id": 200001, "payment_status": "outstanding",
        "payment_method": "wire_transfer", "gross_total": 6096, "currency": "HUF", "conversion_rate": 1,
        "invoice_date": day, "fulfillment_date": day, "due_date": day, "paid_date": day, "items": [item, item],
        "organization": {"name": "Mintavölgy Kft.", "tax_number": "10000003-2-43"}, "document_partner": partner,
        "comment": "levél" if other else "", "online_szamla_status": "done", "related_documents": [],
        "summary": {"net_amount": 4800, "vat_amount": 1296},
    }  # fmt: skip
