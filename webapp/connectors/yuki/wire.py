"""Yuki's answers as XML: parsed safely, taken out of their envelope, with the fault if there is one."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

SALES = "urn:xmlns:http://www.theyukicompany.com:salesinvoices"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
TEXT_LIMIT = 2000

NOT_XML_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot carry."""

_HTML = re.compile(rb"\s*(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


class Unreadable(Exception):
    """An answer that cannot be read as what it should be; the text says why, without its content."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault, 1.1 or 1.2: code, its text, and the text of its detail."""

    code: str
    text: str
    detail: str = ""

    @property
    def words(self) -> str:
        """All that the remote said, in one line."""
        return " · ".join(part for part in (self.text, self.detail) if part)


class SoapFault(Exception):
    """The answer is a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def parse_xml(body: bytes) -> etree._Element:
    """Return the root of a document; no DOCTYPE, no entities, nothing from the network, no huge nodes.

    Raises Unreadable for HTML, a DOCTYPE, or what is not well-formed.
    """
    if not body.strip():
        raise Unreadable("the answer is empty")
    if _HTML.match(body):
        raise Unreadable("the answer is HTML")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Unreadable(f"the answer is not well-formed XML ({_line(error)})") from None
    _refuse_doctype(root)
    return root


def _refuse_doctype(root: etree._Element) -> None:
    if has_doctype(root):
        raise Unreadable("the answer carries a DOCTYPE")


def has_doctype(root: etree._Element) -> bool:
    """Return whether the document of this root declares a document type."""
    info: Any = root.getroottree().docinfo
    return bool(info.doctype) or info.internalDTD is not None


def _line(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return f"line {line}" if line else type(error).__name__


def open_envelope(body: bytes, operation: str) -> etree._Element:
    """Return the `<OperationResponse>` element of an answer; raises SoapFault or Unreadable."""
    root = parse_xml(body)
    _require_envelope(root)
    content = child(root, "Body")
    first = None if content is None else next(iter(children(content)), None)
    if first is None:
        raise Unreadable("the envelope is empty")
    if local_name(first) == "Fault":
        raise SoapFault(read_fault(first))
    if local_name(first) != f"{operation}Response":
        raise Unreadable(f"the answer is not one to {operation}")
    return first


def _require_envelope(root: etree._Element) -> None:
    if root.tag not in (f"{{{SOAP_11}}}Envelope", f"{{{SOAP_12}}}Envelope"):
        raise Unreadable("the answer is not a SOAP envelope")


def stream_rows(body: bytes, operation: str, wrapper: str, row: str) -> Iterator[etree._Element]:
    """Check that the answer has the list `wrapper` (or is an error) now, and return its rows one by one.

    A row is gone as soon as the next one is asked for, so memory does not grow with the list. Raises
    SoapFault or Unreadable at once for what is not such a list, and Unreadable while reading when the
    rest is not well-formed: only a list that was read to its end is complete.
    """
    if _HTML.match(body):
        raise Unreadable("the answer is HTML")
    events = etree.iterparse(
        io.BytesIO(body),
        events=("start", "end"),
        # Of the rest nothing is told: an event for each field would cost more than to read it.
        tag=(f"{{*}}{wrapper}", f"{{*}}{row}"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    while (step := _next(events)) is not None:
        event, element = step
        if event == "end" or local_name(element) != wrapper:
            continue
        above = list(element.iterancestors())
        if any(local_name(one) == f"{operation}Response" for one in above):
            _refuse_doctype(above[-1])
            _require_envelope(above[-1])
            return _rows(events, element, row)
    # Not a list: the plain reader says what it is instead.
    open_envelope(body, operation)
    raise Unreadable(f"the answer has no {wrapper}")


def _next(events: Iterator[tuple[str, etree._Element]]) -> tuple[str, etree._Element] | None:
    try:
        return next(events, None)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the answer is not well-formed XML ({_line(error)})") from None


def _rows(events: Iterator[tuple[str, etree._Element]], wrapper: etree._Element, row: str) -> Iterator[etree._Element]:
    try:
        for event, element in events:
            # Rows are the list's own children; what follows its end, and what lies deeper, is read for its form only.
            if event == "start" or element.getparent() is not wrapper:
                continue
            if local_name(element) == row:
                yield element
            element.clear()
            while element.getprevious() is not None:
                del wrapper[0]
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the answer is not well-formed XML ({_line(error)})") from None


def read_fault(element: etree._Element) -> Fault:
    """Return a fault in our shape, from SOAP 1.1 (faultcode, faultstring) or 1.2 (Code, Reason)."""
    code = child(element, "faultcode")
    text = child(element, "faultstring")
    detail = child(element, "detail")
    if text is None:
        code = child(element, "Code")
        text = child(element, "Reason")
        detail = child(element, "Detail")
    return Fault(_all_text(code)[:200], _all_text(text)[:TEXT_LIMIT], _all_text(detail)[:TEXT_LIMIT])


def _all_text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join(" ".join(str(part) for part in element.itertext()).split())


def inner_document(result: etree._Element, name: str) -> etree._Element:
    """Return the document `name` inside an operation's result, whether as elements or as escaped text.

    Some servers answer the document as text with a declaration that says utf-16 (response notes, 4.4): the
    declaration is dropped, because a text that was read already has no encoding.
    """
    first = next(iter(children(result)), None)
    if first is None and (text := (result.text or "").strip()):
        first = parse_xml(_DECLARATION.sub("", text, count=1).encode("utf-8"))
    if first is None or local_name(first) != name:
        raise Unreadable(f"the answer has no {name}")
    return first


def without_declaration(text: str) -> str:
    """Return a document that was read as text without its XML declaration, whose encoding no longer holds."""
    return _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)


def result_of(response: etree._Element) -> etree._Element:
    """Return the `<…Result>` of an operation's response; raises Unreadable when it is missing."""
    name = local_name(response).removesuffix("Response") + "Result"
    result = child(response, name)
    if result is None:
        raise Unreadable(f"the answer has no {name}")
    return result


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace: lists arrive in none, typed results in Yuki's."""
    # Not by QName, which raises for a prefix that is not declared: a stream shows such a tag before it fails.
    return str(element.tag).rpartition("}")[2]


def children(element: etree._Element) -> Iterator[etree._Element]:
    """Return the child elements, without comments and the like."""
    return (item for item in element if isinstance(item.tag, str))


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child of that local name."""
    return next((item for item in children(element) if local_name(item) == name), None)


def text_of(element: etree._Element, name: str) -> str:
    """Return the stripped text of a child; empty when it is missing, empty or nil."""
    found = child(element, name)
    return "" if found is None else (found.text or "").strip()


def texts(element: etree._Element) -> dict[str, str]:
    """Return the stripped texts of all children by local name; of several with one name the first counts."""
    found: dict[str, str] = {}
    for item in element:
        tag = item.tag
        if isinstance(tag, str):
            found.setdefault(tag.rpartition("}")[2], (item.text or "").strip())
    return found
