"""Pages of Billingo out of their bytes: nothing is lost by passing over, and no amount by reading fast."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.connectors.billingo import mapping, wire
from webapp.connectors.billingo.listing import list_pages
from webapp.connectors.billingo.paging import read_page
from webapp.connectors.ports import NotUnderstood
from webapp.connectors.sources import InvoicePage, KnownPages

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


class Nothing(KnownPages):
    """Nothing is known."""

    def __call__(self, marks: Mapping[str, int]) -> Mapping[str, int]:
        return {}

    def page(self, number: int, mark: int, again: Any) -> None:
        return None

    def notes(self, number: int) -> tuple[bytes, list[int]] | None:
        return None


class Stored(Nothing):
    """What a page left here; it is asked for by its notes, or document by document without them."""

    def __init__(self, page: InvoicePage, *, by_notes: bool) -> None:
        self.sheet, self.marks, self.by_notes = page.sheets[0], dict(page.marks), by_notes

    def __call__(self, marks: Mapping[str, int]) -> Mapping[str, int]:
        return {key: int(key) * 10 for key, mark in marks.items() if self.marks.get(key) == mark}

    def notes(self, number: int) -> tuple[bytes, list[int]] | None:
        return (self.sheet.notes, [int(key) * 10 for key in self.sheet.ids]) if self.by_notes else None


SAID = st.tuples(
    st.integers(1, 6),
    st.fixed_dictionaries({}, optional={"comment": st.just("új"), "items": st.just([]), "id": st.just("x"),
                                        "paid_date": st.just("2026-03-10"), "payment_status": st.just("paid")}),
)  # fmt: skip


@given(st.lists(SAID, max_size=6))
def test_what_was_noted_of_a_page_tells_the_same_as_looking_at_each_document(said: list[tuple[int, Any]]) -> None:
    first = read_page(page(*map(record, (1, 2, 3, 4))), 1, Nothing())
    body = page(*(record(one, **more) for one, more in said))
    noted, looked = (read_page(body, 1, Stored(first, by_notes=by_notes)) for by_notes in (True, False))
    assert noted == looked


def test_the_day_on_which_one_asks_is_no_change_and_the_day_of_a_payment_is() -> None:
    def mark(**more: Any) -> int:
        return read_page(page(record(**more)), 1).marks["1"]

    assert mark(paid_date="2026-03-09") == mark(paid_date="2026-03-10")
    assert mark(payment_status="paid", paid_date="2026-03-09") != mark(payment_status="paid", paid_date="2026-03-10")
    assert mark(total="10.50") != mark(total="10.51")


WORDS = st.sampled_from([None, "", "--", "Termék", " x ", "né\x07", "a" * 70, 7, True])
AMOUNTS = st.sampled_from([None, "", 12, -3, 12.5, 0.00001, 19476607.000000004, 1e13, "12", True, [1]])
DAYS = st.sampled_from([None, "", "2026-03-01", "2026-02-30", 5])
VARIED = {
    "invoice_number": WORDS, "type": WORDS, "correction_type": WORDS, "payment_status": WORDS, "comment": WORDS,
    "payment_method": WORDS, "currency": st.sampled_from(["HUF", "huf", None, 3]), "due_date": DAYS,
    "fulfillment_date": DAYS, "paid_date": DAYS, "invoice_date": DAYS, "conversion_rate": AMOUNTS,
    "cancelled": st.sampled_from([None, True, False, 1]), "language": WORDS, "electronic": WORDS, "block_id": WORDS,
    "tags": st.sampled_from([None, [], ["á", " b "], "x"]), "discount": st.sampled_from([None, {"value": 1.5}, []]),
    "related_documents": st.sampled_from([None, [], [{"id": 4, "invoice_number": "A-1"}], [{"id": 0}], 3]),
    "document_partner": st.sampled_from(
        [None, {}, {"id": 7}, {"id": -1, "name": "x"}, {"id": 9, "emails": [None, "a@b"]}]
    ),
    "partner": st.sampled_from([None, {"id": 8, "name": "Ma"}]),
    "summary": st.sampled_from([None, {}, {"net_amount": 8}]),
    "organization": st.sampled_from([None, {}, {"name": "Mi", "bank_account": {"swift": "S"}}, "x"]),
    "settings": st.sampled_from([None, {"round": "five"}, {"round": "none"}]),
}  # fmt: skip
ITEM = {
    "name": WORDS, "unit": WORDS, "vat": st.sampled_from(["27%", "5,5%", "AAM", None, 3]), "comment": WORDS,
    "product_id": st.sampled_from([None, 0, 4, "4"]), "entitlement": WORDS, "quantity": AMOUNTS,
    "vat_amount": AMOUNTS, "net_amount": AMOUNTS,
}  # fmt: skip


@given(st.fixed_dictionaries({}, optional=VARIED), st.fixed_dictionaries({}, optional=ITEM))
def test_the_short_way_and_the_long_way_read_every_document_alike(more: dict[str, Any], item: dict[str, Any]) -> None:
    whole = json.loads(record(3))
    told = json.dumps(whole | {"gross_total": 10.5, "items": [whole["items"][0] | item]} | more)
    body = page(record(5), told, record(6))
    assert parts(read_page(body, 1)) == parts(slowly(body))


def test_a_document_as_most_are_is_read_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "read_records", None)
    assert [one.remote_id for one in read_page(page(record(5), record(6)), 1).invoices] == ["5", "6"]


@given(st.text(st.sampled_from("aKkſıİiI\x00\n é\ufffe"), max_size=12), st.sampled_from(["", "Ki", "kK"]))
def test_no_key_in_any_guise_and_nothing_unfit_is_kept(text: str, secret: str) -> None:
    plain = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE) if secret else text
    assert wire.redact(text, secret=secret) == re.sub("[\x00-\x08\ufffe]", "\ufffd", plain).strip()


class Listed:
    """A list that is asked for page by page, and a shelf on which some of its older pages lie."""

    def __init__(self, ids: list[int], lying: dict[int, bytes], *, tail: str) -> None:
        self.ids, self.lying, self.tail, self.asked = ids, dict(lying), tail, list[int]()

    def body(self, number: int) -> bytes:
        last = -(-len(self.ids) // 2)
        found = ", ".join(record(one) for one in self.ids[number * 2 - 2 : number * 2])
        return f'{{"data": [{found}], "total": {len(self.ids)}, "current_page": 1, "last_page": {last}}}'.encode()

    def documents(self, query: Mapping[str, int]) -> bytes:
        self.asked.append(query["page"])
        return self.body(query["page"])

    def documents_ahead(self, queries: Any, *, put: Any) -> Any:
        for number, query in queries:
            body = self.documents(query)
            put(number, body)
            yield body

    def numbers(self) -> list[int]:
        return sorted(self.lying)

    def take(self, number: int) -> bytes | None:
        return self.lying.get(number)

    def put(self, number: int, body: bytes) -> None:
        self.lying[number] = body

    def clear(self) -> None:
        self.lying.clear()

    def read(self, number: int) -> list[str]:
        client: Any = self
        found = list_pages(client, lambda one: {"page": one}, number, known=None, shelf=self)
        return [one.remote_id for page in found if page is not None for one in page.invoices]


def test_pages_that_lie_here_are_not_asked_for_unless_the_list_was_pushed_down_since() -> None:
    before = Listed([8, 7, 6, 5, 4, 3, 2, 1], {}, tail="")
    lying = {number: before.body(number) for number in (3, 4)}
    calm = Listed(before.ids, lying, tail="7")
    assert (calm.read(2), calm.asked) == (["6", "5", "4", "3", "2", "1"], [2])
    # One came in front and one went behind: the page that was missing now begins with 7, and 5 is no longer on it.
    pushed = Listed([9, 8, 7, 6, 5, 4, 3, 1], lying, tail="7")
    assert (pushed.read(2), pushed.asked) == (["7", "6", "5", "4", "3", "1"], [2, 3, 4])
    later = Listed(pushed.ids, {2: before.body(2), 4: before.body(4)}, tail="7")
    assert (later.read(2), later.asked) == (["6", "5", "5", "4", "3", "1"], [3, 4])


def test_a_page_that_makes_no_sense_is_asked_for_again() -> None:
    found = Listed([4, 3, 2, 1], {2: b"<html>"}, tail="")
    assert (found.read(1), found.asked) == (["4", "3", "2", "1"], [1, 2])
