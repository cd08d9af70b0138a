"""Pages of Billingo out of their bytes: nothing is lost by passing over, and no amount by reading fast."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.connectors.billingo import mapping, wire
from webapp.connectors.billingo.paging import read_page
from webapp.connectors.ports import NotUnderstood
from webapp.connectors.sources import InvoicePage

pytestmark = pytest.mark.pure

FIGURES = st.from_regex(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?([eE][+-]?[0-9])?", fullmatch=True)


def record(remote_id: int = 1, *, total: str = "10.50", **more: Any) -> str:
    """A document as it travels; `total` as it is written there."""
    item = {"name": "Termék", "quantity": 2, "net_unit_amount": 5, "net_amount": 10, "gross_amount": 10, "vat": "0%"}
    said = {
        "id": remote_id, "invoice_number": f"INV-{remote_id}", "type": "invoice", "payment_status": "outstanding",
        "invoice_date": "2026-03-01", "paid_date": "2026-03-09", "currency": "HUF", "gross_total": "TOTAL",
        "items": [item], "document_partner": {"id": 7, "name": "Vevő"},
    }  # fmt: skip
    return json.dumps(said | more).replace('"TOTAL"', total)


def page(*records: str, last: Any = 1) -> bytes:
    data = ", ".join(records)
    return f'{{"data": [{data}], "total": {len(records)}, "current_page": 1, "last_page": {json.dumps(last)}}}'.encode()


def slowly(body: bytes) -> InvoicePage:
    """The same by the JSON of Python, record by record."""
    found = wire.open_page(wire.read(body))
    return InvoicePage(1, found.last, found.total, *mapping.read_records(found.records))


def parts(found: InvoicePage) -> tuple[Any, ...]:
    return found.number, found.last, found.total, found.invoices, [(one.remote_id, one.reason) for one in found.bad]


@given(FIGURES)
def test_every_figure_is_read_exactly_as_it_is_written(figure: str) -> None:
    body = page(record(total=figure))
    found = read_page(body, 1)
    assert parts(found) == parts(slowly(body))
    for one in found.invoices:
        assert abs(one.gross_total - Decimal(figure)) <= Decimal("0.000001")


@pytest.mark.parametrize(
    "odd",
    [
        record(comment="\ud800 \x00 né"),
        record(total="NaN"),
        record(total="1e999999"),
        record(total="1" * 400),
        record(total='"ten"'),
        record(invoice_date="2026-02-30"),
        record(items=None),
        record(id="seven"),
        record(id=2**70),
        '{"id": 3}',
        "17",
        "[" * 2000 + "]" * 2000,
    ],
)
def test_what_is_odd_is_found_odd_as_ever_and_keeps_nobody_up(odd: str) -> None:
    body = page(record(5), odd, record(6))
    try:
        expected = parts(slowly(body))
    except NotUnderstood:
        with pytest.raises(NotUnderstood):
            read_page(body, 1)
        return
    assert parts(read_page(body, 1)) == expected


def test_what_is_no_page_is_not_understood() -> None:
    for body in (b"", b"{}", b"<html>", page(record(), last=-1), page(record(), last="two"), page(record(), last=True)):
        with pytest.raises(NotUnderstood):
            read_page(body, 1)


def test_what_is_known_to_the_byte_is_passed_over_and_only_that() -> None:
    first = read_page(page(record(1), record(2), record(3)), 1)
    marks = dict(first.marks)

    def known(asked: Mapping[str, int]) -> dict[str, int]:
        return {key: int(key) * 10 for key, mark in asked.items() if marks.get(key) == mark}

    again = read_page(page(record(1), record(2, comment="új"), record(3), record(3)), 1, known)
    assert (again.same, again.same_lines) == ({"1": 10, "3": 30}, 2)
    assert [one.remote_id for one in again.invoices] == ["2", "3"]  # the second record of 3 is seen as a second one
    assert set(again.marks) == {"2"}


def test_the_day_on_which_one_asks_is_no_change_and_the_day_of_a_payment_is() -> None:
    def mark(**more: Any) -> int:
        return read_page(page(record(**more)), 1).marks["1"]

    assert mark(paid_date="2026-03-09") == mark(paid_date="2026-03-10")
    assert mark(payment_status="paid", paid_date="2026-03-09") != mark(payment_status="paid", paid_date="2026-03-10")
    assert mark(total="10.50") != mark(total="10.51")
