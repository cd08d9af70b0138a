"""Reads a list of open items once, in one of three ways, in a process of its own; prints what it took as JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
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
Fact = tuple[str, str, date, Decimal]


def write(path: Path, count: int) -> None:
    """Write an answer of `count` open items, in the shape of the vendor's samples."""
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        )
        file.write(f'<soap:Body><{OPERATION}Response xmlns="{NAMESPACE}"><{OPERATION}Result><{OPERATION} xmlns="">')
        for number in range(count):
            day = f"2026-{1 + number % 12:02}-{1 + number % 28:02}"
            cents = 1000 + number * 7919 % 5_000_000
            file.write(
                f'<Item ID="{number:08x}-0000-4000-8000-{number:012x}"><Date>{day}</Date><Description>Factuur {number}'
                f"</Description><Contact>Relatie {number % 4000} &amp; Zn</Contact><ContactCode>D{number % 4000:05}"
                f"</ContactCode><OpenAmount>{cents // 100}.{cents % 100:02}</OpenAmount><OriginalAmount>{cents // 100}."
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


WAYS: dict[str, Callable[[bytes], Iterator[Fact]]] = {"product": product, "zeep": zeep, "bare": bare}


def main(way: str, path: str) -> dict[str, Any]:
    """Read the file once; returns the seconds, the memory over that before, the count, and a hash of what was read."""
    body = Path(path).read_bytes()
    for _ in WAYS[way](_warm(body)):
        pass
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    count = digest = 0
    for fact in WAYS[way](body):
        # Cheap beside the reading, and the same in every process that PYTHONHASHSEED is given to.
        digest = (digest + hash(fact)) & (2**63 - 1)
        count = count + 1 if way != "bare" else int(fact[1])
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "kilobytes": peak - before, "count": count, "digest": digest}


def _warm(body: bytes) -> bytes:
    """Return the same answer with one item, so that imports and first calls are no part of the measure."""
    end, rest = body.index(b"</Item>") + len(b"</Item>"), body.rindex(b"</Item>") + len(b"</Item>")
    return body[:end] + body[rest:]


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
