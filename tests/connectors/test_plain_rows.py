"""Long lists read by their bytes: what comes of them is what comes of their elements, however they are written."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webapp.connectors.yuki import plain, wire
from webapp.connectors.yuki.plain import Row, read_rows, row_of

pytestmark = pytest.mark.pure
NAME = "OutstandingDebtorItems"
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=9
)
ODD = st.sampled_from(
    ["a &amp; b", "&#233;", "&#x41;", "&#0;", "&none;", "a & b", "<b>deep</b>", "<![CDATA[x]]>", "<!-- c -->", "x > y",
     "]]>", "\r\n", " ", "</Item>", "<Item ID='in'/>", "\x07"]
)  # fmt: skip
TOLD = ("Date", "Contact", "OpenAmount", "Reference", "Type", "F1", "A")
FIELDS = st.tuples(
    st.sampled_from(["Date", "Contact", "OpenAmount", "Reference", "Note"]), st.sampled_from(["", "one"])
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@st.composite
def items(draw: Any) -> str:
    parts = [f'<Item ID="{draw(st.text("0123456789abcdef-", max_size=5))}">']
    for name, way in draw(st.lists(FIELDS, max_size=5)):
        text = draw(TEXTS.map(escaped) | ODD) if draw(st.integers(0, 5)) == 0 else draw(TEXTS.map(escaped))
        parts.append(f"<{name}/>" if way and not text else f"<{name}>{text}</{name}>")
    if draw(st.booleans()):
        parts.append('<Type ID="6">Factuur</Type>')
    return draw(st.sampled_from(["", "\n  "])).join([*parts, "</Item>"])


def answer(rows: list[str], *, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    body = "".join(rows)
    text = f"""{head}<soap:Envelope xmlns:soap="{wire.SOAP_11}"><soap:Body><{NAME}Response xmlns="http://x/">
    <{NAME}Result><{NAME} xmlns="">{body}</{NAME}></{NAME}Result></{NAME}Response></soap:Body></soap:Envelope>"""
    return text.encode()


def outcome(read: Any) -> tuple[list[Row], str]:
    """The rows that come, and what ends them."""
    found: list[Row] = []
    try:
        found.extend(read())
    except (wire.Unreadable, wire.SoapFault) as error:
        return found, type(error).__name__
    return found, ""


def as_elements(body: bytes) -> tuple[list[Row], str]:
    return outcome(lambda: (row_of(item, TOLD) for item in wire.stream_rows(body, NAME, NAME, "Item")))


@settings(max_examples=150, deadline=None)
@given(st.lists(items(), max_size=6))
@example(['<Item ID=""><Note>&#0;</Note></Item>'])
def test_a_list_reads_alike_by_its_bytes_and_as_elements(rows: list[str]) -> None:
    body = answer(rows)
    found, ended = outcome(lambda: read_rows(body, NAME, TOLD))
    expected, why = as_elements(body)
    assert ended == why
    if not why:
        assert found == expected


def test_rows_in_many_ways_of_writing_are_all_read() -> None:
    rows = [f'<Item ID="{n}"><F{n % 40}>x</F{n % 40}></Item>' for n in range(100)]
    assert outcome(lambda: read_rows(answer(rows), NAME, TOLD)) == as_elements(answer(rows))


@pytest.mark.parametrize(
    "body",
    [
        answer([]),
        answer(['<Item ID="1"><A>1</A></Item>'])[:-30],
        answer(['<Item ID="1"><A>1</A></Item>'] * 3).replace(b"</A></Item><Item", b"</A></Item>text<Item"),
        answer(['<Item ID="1"><A>1</A></Item>'], head="<!DOCTYPE x [<!ENTITY a 'b'>]>"),
        answer(['<Item ID="1"><A>1</A></Item>']).replace(NAME.encode() + b"Response", b"OtherResponse"),
        answer(['<a:Item xmlns:a="u" ID="1"><a:A>1</a:A></a:Item>']),
        answer(['<Item ID="1"><A>1</A></Item>']).replace(b"</soap:Body>", b"<Item/></soap:Body>"),
        b"<html>",
        b"",
    ],
)
def test_what_is_no_such_list_is_found_out_as_ever(body: bytes) -> None:
    found, ended = outcome(lambda: read_rows(body, NAME, TOLD))
    expected, why = as_elements(body)
    assert ended == why
    assert why or found == expected  # an answer that breaks off may be found out before its first row


def test_a_plain_list_is_read_without_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f'<Item ID="{n}"><Contact>Jansen &amp; Zn</Contact><Type ID="6">F</Type></Item>' for n in range(9)]
    monkeypatch.setattr(plain, "row_of", None)
    found = list(read_rows(answer(rows), NAME, TOLD))
    assert found[8] == ("8", "6", "", "Jansen & Zn", "", "", "F", "", "")


AMID = st.sampled_from(
    ['<!-- <Item ID="1"><A>1</A></Item> -->', '<![CDATA[<Item ID="1"><A>1</A></Item>]]>', "<!-- ", " -->", "text",
     "\r\n", '<X><Item ID="1"/></X>', '<Item ID="9"><Item ID="1"><A>1</A></Item></Item>', "<Item/>", "<X>", "</X>",
     '<a:Item xmlns:a="u" ID="1"><a:A>1</a:A></a:Item>', '<Item ID="1"><A>1</A></Item >', "<?pi </Item>?>",
     '<Item ID="1" xmlns="u"><A>1</A></Item>', '<Item ID="1"><xml:A>1</xml:A></Item>', f"</{NAME}><{NAME}>",
     "<Item ID='1'><A>1</A></Item>"]
)  # fmt: skip
HEADS = st.sampled_from(
    ['<?xml version="1.0" encoding="utf-8"?>'] * 5 + ["", "<!-- <Item -->", "<!DOCTYPE x [<!ENTITY amp 'b'>]>"]
)


@st.composite
def retold(draw: Any) -> list[bytes]:
    """Some answers, each with most rows of the one before: others came, changed, went, are there twice, or moved."""
    rows, told = draw(st.lists(items(), min_size=1, max_size=5)), []
    for _ in range(draw(st.integers(2, 4))):
        at = draw(st.integers(0, len(rows)))
        rows = rows[:at] + draw(st.lists(items(), max_size=1)) + rows[at + draw(st.integers(0, 1)) :]
        rows = draw(st.permutations(rows)) if draw(st.booleans()) else rows
        amid = [draw(AMID)] if draw(st.integers(0, 3)) == 0 else []
        at = draw(st.integers(0, len(rows)))
        told.append(answer([*rows[:at], *amid, *rows[at:]], head=draw(HEADS)))
    if draw(st.integers(0, 5)) == 0:
        told[-1] = told[-1][: draw(st.integers(0, len(told[-1])))]
    return told


@settings(max_examples=150, deadline=None)
@given(retold())
def test_what_is_known_of_earlier_answers_never_changes_what_is_read(told: list[bytes]) -> None:
    known: dict[int, Row] = {}

    def kept(row: Row, mark: int | None) -> Row:
        if mark is not None:
            known[mark] = row
        return row

    for body in told:
        found, ended = outcome(lambda body=body: read_rows(body, NAME, TOLD).since(known, kept))
        expected, why = as_elements(body)
        assert ended == why
        if not why:
            assert found == expected


def test_only_what_is_new_is_read_and_the_rest_is_what_was_known() -> None:
    before, after = ([f'<Item ID="{n}"><A>{n * tens}</A></Item>' for n in range(5)] for tens in (1, 10))
    marks = dict(read_rows(answer(before), NAME, TOLD).since({}, lambda row, mark: (mark or -1, row[0])))
    told = answer([before[4], after[3], before[1], *before[:2]])
    made = list(read_rows(told, NAME, TOLD).since(marks, lambda row, _: row))
    assert made == ["4", ("3", "", "", "", "", "", "", "", "30"), "1", "0", "1"]


def test_a_mark_is_another_once_a_sign_of_the_row_is(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ['<Item ID="1"><A>1</A></Item>', '<Item ID="1"><A>1 </A></Item>', '\n<Item ID="1"><A>1</A></Item>']
    marks = list(read_rows(answer(rows * 2), NAME, TOLD).since({}, lambda _, mark: mark or -1))
    assert len(set(marks)) == 3
    assert all(0 <= mark < 2**63 for mark in marks)
    monkeypatch.setattr(plain, "_CODE", plain._CODE ^ 2)  # as if the code that reads had changed
    assert set(marks).isdisjoint(read_rows(answer(rows), NAME, TOLD).since({}, lambda _, mark: mark or -1))
