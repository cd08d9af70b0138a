"""Reads a list of open items once, in one of four ways, in a process of its own; prints what it took as JSON."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from xml.parsers import expat

from lxml import etree

OPERATION = "OutstandingDebtorItems"
NAMESPACE = "http://www.theyukicompany.com/"
FIELDS = (
    ("Date", "xsd:date"), ("Description", "xsd:string"), ("Contact", "xsd:string"), ("ContactCode", "xsd:string"),
    ("OpenAmount", "xsd:decimal"), ("OriginalAmount", "xsd:decimal"), ("Type", "Type"), ("Reference", "xsd:string"),
    ("DueDate", "xsd:date"), ("DocumentID", "xsd:string"), ("PaymentMethod", "xsd:string"),
)  # fmt: skip
LAPS = 5
"""How often what takes least is read: of few items once is too short to be told from what disturbs it."""

Fact = tuple[str, str, date | None, Decimal]


def write(path: Path, count: int, *, paid: int = 0) -> None:
    """Write an answer of `count` open items, in the shape of the vendor's samples; each `paid`th has less open."""
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        )
        file.write(f'<soap:Body><{OPERATION}Response xmlns="{NAMESPACE}"><{OPERATION}Result><{OPERATION} xmlns="">')
        for number in range(count):
            day = f"2026-{1 + number % 12:02}-{1 + number % 28:02}"
            cents = 1000 + number * 7919 % 5_000_000
            left = cents // 2 if paid and number % paid == 0 else cents
            file.write(
                f'<Item ID="{number:08x}-0000-4000-8000-{number:012x}"><Date>{day}</Date><Description>Factuur {number}'
                f"</Description><Contact>Relatie {number % 4000} &amp; Zn</Contact><ContactCode>D{number % 4000:05}"
                f"</ContactCode><OpenAmount>{left // 100}.{left % 100:02}</OpenAmount><OriginalAmount>{cents // 100}."
                f'{cents % 100:02}</OriginalAmount><Type ID="6">Verkoopfactuur</Type>'
                f"<Reference>26-{number:06}</Reference>"
                f"<DueDate>{day}</DueDate><DocumentID>{number:08x}-1111-4000-8000-{number:012x}</DocumentID>"
                "<PaymentMethod>Elektronische overboeking</PaymentMethod></Item>"
            )
        file.write(f"</{OPERATION}></{OPERATION}Result></{OPERATION}Response></soap:Body></soap:Envelope>")


def product(body: bytes) -> Iterator[Fact]:
    """As Koppel does: item by item, checked and typed."""
    from webapp.connectors.yuki import answers, plain

    for row in plain.read_rows(body, OPERATION, answers.OPEN_ITEM):
        one = answers.read_open_item(row)
        yield one.remote_id, one.reference, one.issue_date or date.min, one.open_amount


def remember(body: bytes) -> Any:
    """Return what Koppel keeps of an answer: the rows of its table, as it reads them while the books are asked."""
    from webapp.connectors.yuki import answers, plain
    from webapp.services.payments.keptitems import Kept
    from webapp.services.payments.openitems import _Row

    rows = []
    for number, item in enumerate(
        plain.read_rows(body, OPERATION, answers.OPEN_ITEM).since({}, answers.read_open_item)
    ):
        row = _Row()
        row.fill(item, invoice_id=None)
        rows.append(Kept(number, **row.new))
    return rows


def again(body: bytes, kept: Any) -> Iterator[Fact]:
    """As Koppel does where it was there before: item by item, what is known by its bytes as it was kept."""
    from webapp.connectors.yuki import answers, plain
    from webapp.services.payments.keptitems import by_mark

    rows = plain.read_rows(body, OPERATION, answers.OPEN_ITEM)
    for one in rows.since(by_mark(kept), answers.read_open_item):
        # Of what is kept no day is asked.
        yield one.remote_id, one.reference, getattr(one, "issue_date", None), one.open_amount


def zeep(body: bytes) -> Iterator[Fact]:
    """As people usually do: objects that zeep makes by a schema of the list."""
    from zeep.xsd import Schema

    fields = "".join(f'<xsd:element name="{name}" type="{kind}"/>' for name, kind in FIELDS)
    text = f"""<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"><xsd:complexType name="Type"><xsd:simpleContent>
    <xsd:extension base="xsd:string"><xsd:attribute name="ID" type="xsd:string"/></xsd:extension></xsd:simpleContent>
    </xsd:complexType><xsd:element name="{OPERATION}"><xsd:complexType><xsd:sequence><xsd:element name="Item"
    maxOccurs="unbounded"><xsd:complexType><xsd:sequence>{fields}</xsd:sequence><xsd:attribute name="ID"
    type="xsd:string"/></xsd:complexType></xsd:element></xsd:sequence></xsd:complexType></xsd:element></xsd:schema>"""
    schema = Schema(etree.fromstring(text))  # type: ignore[no-untyped-call]
    found = etree.fromstring(body, etree.XMLParser(huge_tree=True)).find(f".//{OPERATION}")
    for one in schema.get_element(OPERATION).parse(found, schema).Item:  # type: ignore[no-untyped-call]
        yield one.ID, one.Reference, one.Date, one.OpenAmount


def bare(body: bytes) -> Iterator[Fact]:
    """As little as can be: expat tells every element and text, and nothing is made of them but strings."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    seen: list[int] = [0]
    parser.StartElementHandler = lambda name, _facts: seen.__setitem__(0, seen[0] + (name == "Item"))
    parser.EndElementHandler = lambda _name: None
    parser.CharacterDataHandler = lambda _text: None
    parser.Parse(body, True)
    return iter([("", str(seen[0]), date.min, Decimal(0))])


WAYS: dict[str, Callable[..., Iterator[Fact]]] = {"product": product, "zeep": zeep, "bare": bare, "again": again}


def main(way: str, path: str, last: str) -> dict[str, Any]:
    """Read the file, where that counts after the `last` one; what takes least some times.

    Returns the seconds of one reading, the memory over that before, the count, a hash of what was read and one of its
    days, and how many were read anew.
    """
    body = Path(path).read_bytes()
    read = partial(again, kept=remember(Path(last).read_bytes())) if way == "again" else WAYS[way]
    for _ in read(_warm(body)):
        pass
    laps = LAPS if way == "again" else 1
    before, began = _peak(), time.process_time()
    for _ in range(laps):
        count = digest = days = anew = 0
        for name, reference, day, amount in read(body):
            # Cheap beside the reading, and the same in every process that PYTHONHASHSEED is given to.
            digest += hash((name, reference, amount))
            if day is not None:
                anew += 1
                days += hash(day)
            count = count + 1 if way != "bare" else int(reference)
    seconds = (time.process_time() - began) / laps
    kilobytes = _peak() - before
    return {"seconds": seconds, "kilobytes": kilobytes, "count": count, "digest": digest, "days": days, "anew": anew}


def _peak() -> int:
    """Return the most that this process has had in memory since it was started, in kilobytes.

    Not `ru_maxrss`: a large process that starts a small one hands its own peak down.
    """
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(said["VmHWM"].split()[0])


def _warm(body: bytes) -> bytes:
    """Return the same answer with one item, so that imports and first calls are no part of the measure."""
    end, rest = body.index(b"</Item>") + len(b"</Item>"), body.rindex(b"</Item>") + len(b"</Item>")
    return body[:end] + body[rest:]


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
