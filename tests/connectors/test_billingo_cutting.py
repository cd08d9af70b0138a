"""Pages of Billingo cut apart at what stands between records: the same as opening them, whatever stands in them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.connectors.test_billingo_paging import ITEM, VARIED, Nothing, page, parts, record, slowly
from webapp.connectors.billingo import mapping, memory, opening, paging
from webapp.connectors.billingo.memory import Remembered
from webapp.connectors.billingo.paging import read_page
from webapp.connectors.ports import NotUnderstood
from webapp.connectors.sources import InvoicePage

pytestmark = pytest.mark.pure

BETWEEN = '}, {"id": 7'
RELATED = st.lists(st.fixed_dictionaries({"id": st.integers(1, 5), "invoice_number": st.just("A-1")}), max_size=3)
SAID = st.fixed_dictionaries(
    {},
    optional={
        "comment": st.sampled_from([BETWEEN, BETWEEN * 90, "é" * 900, '"}, {"id": 1', "\\", None]),
        "related_documents": RELATED,
        "items": st.just([]),
        "payment_status": st.sampled_from(["paid", " paid ", "none"]),
        "paid_date": st.sampled_from([None, "2026-03-10"]),
        "odd": st.sampled_from([{"id": 1}, [{"x": 1}, {"id": 2}], [[{"id": 3}, {"id": 4}]]]),
    },
)
STYLES = st.sampled_from([
    {}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False},
])  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    said = draw(st.lists(st.tuples(st.integers(1, 6), SAID | st.just({})), min_size=1, max_size=5))
    found = [json.loads(record(one, total="10.5")) | more for one, more in said]
    if draw(st.integers(0, 3)) == 0:
        keep = draw(st.integers(0, 1))  # with the id first, as everybody writes it, or not
        found = [dict([*one.items()][:keep] + draw(st.permutations([*one.items()][keep:]))) for one in found]
    whole = {"data": found, "total": len(found), "current_page": 1, "last_page": 1}
    more = draw(st.sampled_from([{}] * 8 + [{"links": []}, {"others": [{"id": 1}, {"id": 2}]}]))
    return json.dumps(whole | more, sort_keys=draw(st.integers(0, 9)) == 0, **draw(STYLES)).encode()


def looked_at(body: bytes) -> InvoicePage:
    """The same page, opened and looked at record by record because something may be known of it."""
    return read_page(body, 1, lambda _marks: {})


@given(bodies())
def test_a_page_that_is_cut_says_what_the_same_page_says_that_is_opened(body: bytes) -> None:
    short, opened = read_page(body, 1), looked_at(body)
    assert parts(short) == parts(opened) == parts(slowly(body))
    assert (short.marks, short.tail) == (opened.marks, opened.tail)
    new = paging._read_new(body, 1, 5)
    event(f"cut: {new is not None}, records: {len(opened.marks)}")
    assert new is None or new == paging._read_page(body, 1, None, 5)


@given(bodies())
def test_what_is_noted_of_a_page_that_was_cut_is_what_would_be_noted_of_it_opened(body: bytes) -> None:
    class Empty(Nothing):
        nothing = True

    assert read_page(body, 1, Empty()) == read_page(body, 1, Nothing())


@pytest.mark.parametrize("surely", [False, True])
@pytest.mark.parametrize("longer", ["", BETWEEN, "a" * 300, "a" * 900, "a" * 9000])
def test_records_are_found_where_they_stand(longer: str, *, surely: bool) -> None:
    said = [record(n, comment=longer if n % 3 == 0 else "") for n in range(1, 40)]
    body = page(*said)
    found = opening.cut(body, surely=surely)
    assert found is not None
    assert [body[begin:end].decode() for begin, end in found.places] == said
    assert (found.page.last_page, found.page.total) == (1, 39)


def test_two_short_records_after_long_ones_are_seen_to_be_two() -> None:
    said = [record(n, comment="a" * (1600 if n < 4 else 520)) for n in range(1, 8)]
    body = page(*said)
    hasty, sure = opening.cut(body), opening.cut(body, surely=True)
    assert hasty is not None
    assert sure is not None
    assert len(hasty.places) < len(sure.places) == 7
    new = paging._read_new(body, 1)
    assert new is not None
    assert parts(new) == parts(slowly(body))


@pytest.mark.parametrize("name", ["data", "d\\u0061ta"])
@pytest.mark.parametrize(("data", "there"), [("[]", []), (f"[{record(2)}]", ["2"])])
def test_a_page_that_says_twice_what_it_holds_is_not_cut(name: str, data: str, there: list[str]) -> None:
    body = page(record(1)).replace(b'"total"', f'"{name}": {data}, "total"'.encode())
    assert parts(read_page(body, 1)) == parts(slowly(body))
    assert [one.remote_id for one in read_page(body, 1).invoices] == there


@pytest.mark.parametrize("between", ["}\x0b,\x0c{", "},,{", "}{", "} 7, {"])
def test_records_with_something_else_between_them_are_no_page(between: str) -> None:
    body = page(record(1), record(2), record(3)).replace(b"}, {", between.encode())
    with pytest.raises(NotUnderstood):
        read_page(body, 1)


def test_a_record_that_is_none_does_not_keep_the_others_from_being_known() -> None:
    body = page(record(1), record(2, related_documents={}), record(3))
    found = looked_at(body)
    assert parts(found) == parts(slowly(body))
    assert [one.reason for one in found.bad] == ["not_a_list"]
    assert set(found.marks) == {"1", "3"}


@pytest.mark.parametrize("after", [" 7", "null", ' "x"', "[]", ",", "}"])
def test_a_list_with_something_behind_its_last_record_is_no_page(after: str) -> None:
    body = page(record(1), record(2)).replace(b'}], "total"', f'}}{after}], "total"'.encode())
    assert paging._read_new(body, 1, 5) is None
    with pytest.raises(NotUnderstood):
        read_page(body, 1)


def test_a_page_without_documents_is_read_as_one() -> None:
    assert opening.cut(page()) is None
    assert read_page(page(), 1).invoices == ()


CHANGES = st.lists(
    st.one_of([st.tuples(st.just(name), one) for name, one in VARIED.items()])
    | st.tuples(st.just("items"), st.lists(st.fixed_dictionaries({}, optional=ITEM), max_size=2)),
    max_size=2,
).map(dict)


@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_documents_that_are_read_together_are_read_as_each_by_itself(changes: list[Mapping[str, Any]]) -> None:
    plain = json.loads(record(3))
    told = []
    for at, said in enumerate(changes, 1):
        items = {"items": [plain["items"][0] | one for one in said["items"]]} if "items" in said else {}
        told.append(json.dumps(plain | {"gross_total": 10.5} | said | items | {"id": at}))
    body = page(*told)
    assert parts(read_page(body, 1)) == parts(slowly(body))
    event(f"read at one go: {paging._read_new(body, 1) is not None}")


def test_a_page_as_most_are_is_read_at_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "read_records", None)
    monkeypatch.setattr(opening, "_MOST", 0)
    with pytest.raises(TypeError):
        read_page(page(record(5), record(6)), 1)  # opened twice in vain, and then read the long way
    monkeypatch.setattr(opening, "_MOST", 100)
    monkeypatch.setattr(paging, "_read_page", None)
    assert [one.remote_id for one in read_page(page(record(5), record(6)), 1).invoices] == ["5", "6"]


def test_what_was_read_is_remembered_until_there_is_too_much_of_it() -> None:
    read: list[bytes] = []

    def reader(part: bytes) -> tuple[int, ...]:
        read.append(part)
        if part == b"bad":
            raise ZeroDivisionError
        return tuple(part)

    known, long = Remembered(reader, most=3), b"x" * memory.LONGEST
    assert known.each([b"a", b"b", b"a", b""]) == [(97,), (98,), (97,), ()]
    assert known.each([b"b", b""]) == [(98,), ()]
    assert read == [b"a", b"b", b""]
    assert known.each([long, long]) == [tuple(long)] * 2
    assert read[3:] == [long, long], "what is long is read each time"
    with pytest.raises(ZeroDivisionError):
        known.each([b"bad", b"c"])
    assert known.each([b"c", b"a"]) + known.each([b"a"]) == [(99,), (97,), (97,)]
    assert read[-2:] == [b"c", b"a"], "it began anew when it was full"
