"""Documents of Billingo from JSON to rows as they are stored, beside JSON and a mapping by hand, and decoding alone.

The peer is what people usually write: Python's own JSON with exact amounts, and a function that picks the fields.
Decoding alone is the product's own decoder, to plain values, with nothing done with them.
"""

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from tests.bench.book import Book
from tests.bench.figures import Figure, Options, Series, WrongResult
from webapp.connectors.billingo.paging import read_page
from webapp.services.fetching.rows import document_rows, invoice_rows, line_rows

COUNT = 10_000
Found = tuple[int, int, int]
"""How many documents and lines, and what they come to, in ten-thousandths."""


def measure(options: Options) -> list[Figure]:
    """Return how the product's seconds of processor stand to those of the peer, and to decoding alone."""
    series, count = Series(), options.size(COUNT, 500)
    with TemporaryDirectory() as folder:
        pages = Path(folder) / "pages"
        Book.write(pages, count)
        for number in range(options.rounds):
            names = ["product", "peer", "alone"]
            took = {name: _apart(name, pages) for name in (names if number % 2 else names[::-1])}
            series.add("json and mapping / product", took["peer"] / took["product"])
            series.add("decoding alone / product", took["alone"] / took["product"])
            series.add("documents from JSON to rows", count / took["product"])
            each = ", ".join(f"{name} {seconds * 1e6 / count:.1f} µs" for name, seconds in took.items())
            options.tell(f"  round {number + 1}: {each} a document")
    return [
        series.figure(
            "json and mapping / product", bound=4.0, row=13, note=f"{count:,} documents of two lines; processor time"
        ),
        series.figure("decoding alone / product", bound=0.5, row=13, note="msgspec, to dicts and Decimals"),
        series.figure("documents from JSON to rows", unit="/s"),
    ]


def _apart(name: str, pages: Path) -> float:
    """Return the seconds that one way takes in a process of its own: what lies about in this one would be collected."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_seconds, (name, pages))


def _seconds(name: str, pages: Path) -> float:
    book = Book.open(pages)
    bodies = list(book.pages())
    way: Callable[[Sequence[bytes]], Found] = {"product": _product, "peer": _peer, "alone": _alone}[name]
    return min(_timed(partial(way, bodies), book.count) for _ in range(5))


def _timed(work: Callable[[], Found], count: int) -> float:
    began = time.process_time()
    found = work()
    took = time.process_time() - began
    if found != (count, 2 * count, count * 60_960_000):
        raise WrongResult(f"they read something else: {found}")
    return took


def _product(bodies: Sequence[bytes]) -> Found:
    count = lines = total = 0
    for number, body in enumerate(bodies, 1):
        page = read_page(body, number)
        here = len(page.invoices)
        beside = document_rows(page.invoices, [0] * here, [None] * here, [False] * here)
        heads = list(zip(invoice_rows(page.invoices), beside, strict=True))
        count, total = count + len(heads), total + sum(one.gross_e4 for one in page.invoices)
        lines += len(list(line_rows([(place, one.lines) for place, one in enumerate(page.invoices)])))
    return count, lines, total


def _alone(bodies: Sequence[bytes]) -> Found:
    count = lines = 0
    total = Decimal(0)
    decoder = msgspec.json.Decoder(float_hook=Decimal)
    for body in bodies:
        found = decoder.decode(body)["data"]
        count, lines = count + len(found), lines + sum(len(one["items"]) for one in found)
        total += sum(one["gross_total"] for one in found)
    return count, lines, int(total * 10_000)


def _peer(bodies: Sequence[bytes]) -> Found:
    heads: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    for body in bodies:
        for one in json.loads(body, parse_float=Decimal)["data"]:
            heads.append(_head(one))
            lines += _lines(one)
    return len(heads), len(lines), sum(head[7] for head in heads)


def _head(one: dict[str, Any]) -> tuple[Any, ...]:
    """Return the row of an invoice and of its document as a person would write it."""
    partner, summary = one["document_partner"], one["summary"]
    address = partner.get("address") or {}
    contact = {
        "remote_id": str(partner["id"]), "name": _text(partner.get("name")),
        "tax_number": _text(partner.get("taxcode")), "country": _text(address.get("country_code")),
        "zipcode": _text(address.get("post_code")), "city": _text(address.get("city")),
        "address": _text(address.get("address")),
        "email": next(iter(partner.get("emails") or ()), ""), "phone": _text(partner.get("phone")),
        "iban": _text(partner.get("iban")), "swift": _text(partner.get("swift")),
        "account_number": _text(partner.get("account_number")),
    }  # fmt: skip
    facts = {
        "organization": {name: _text(value) for name, value in one["organization"].items()},
        "block_id": one.get("block_id"), "online_szamla_status": _text(one.get("online_szamla_status")),
        "related": [(str(other["id"]), other.get("invoice_number")) for other in one.get("related_documents") or ()],
        "partner": contact,
        "lines": [
            {"product_id": item.get("product_id"), "unit": _text(item.get("unit")), "vat": _text(item.get("vat")),
             "entitlement": item.get("entitlement")}
            for item in one["items"]
        ],
    }  # fmt: skip
    paid = one["payment_status"] in ("paid", "partially_paid")
    difference = _exact(one["gross_total"]) - sum(_exact(item["gross_amount"]) for item in one["items"])
    return (
        str(one["id"]), _text(one.get("invoice_number")), one["currency"], _text(one.get("comment")),
        _day(one["invoice_date"]), _exact(summary["net_amount"]), _exact(summary["vat_amount"]),
        _exact(one["gross_total"]), _day(one.get("due_date")), _text(one.get("payment_method")), contact["name"],
        _text(one.get("type")), _text(one.get("correction_type")), bool(one.get("cancelled")),
        _text(one.get("payment_status")), _day(one.get("fulfillment_date")),
        _day(one.get("paid_date")) if paid else None, _exact(one["conversion_rate"], 6), difference, json.dumps(facts),
    )  # fmt: skip


def _lines(one: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for place, item in enumerate(one["items"], 1):
        vat = _text(item.get("vat"))
        rate = Decimal(vat.rstrip("%").replace(",", ".")) if vat.endswith("%") else Decimal(0)
        yield (
            one["id"], place, _text(item.get("name")), _text(item.get("comment")), str(item.get("product_id") or ""),
            _exact(item["quantity"], 6), _exact(item["net_unit_amount"], 6), _exact(rate), vat,
            _exact(item["net_amount"]), _exact(item["vat_amount"]), _exact(item["gross_amount"]),
        )  # fmt: skip


def _text(value: Any) -> str:
    text = str(value or "").strip()
    return "" if text == "--" else text


def _day(value: str | None) -> str | None:
    return date.fromisoformat(value).isoformat() if value else None


def _exact(value: int | Decimal, decimals: int = 4) -> int:
    """Return a figure as it is stored; raises for one with more decimals than that."""
    whole = Decimal(value).scaleb(decimals)
    if whole != whole.to_integral_value():
        raise ValueError(f"{value} cannot be kept")
    return int(whole)
