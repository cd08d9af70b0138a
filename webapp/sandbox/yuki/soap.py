"""Reads requests from SOAP 1.1 and 1.2 envelopes, and writes answers and faults the way an ASMX service does."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from webapp.sandbox.yuki.books import YUKI_ZONE
from webapp.sandbox.yuki.contract import ENUMERATIONS, NAMESPACE, SERVICES, Operation, structure
from webapp.sandbox.yuki.markup import Value, branch, leaf, without_namespace

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
_WRAP = "System.Web.Services.Protocols.SoapException: Server was unable to {} request. ---> {}"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'

Answer = str | list[dict[str, Value]] | None


class Fault(Exception):
    """A SOAP fault, sent with HTTP 500; `text` is what Yuki says, before the server's own words around it."""

    def __init__(self, text: str, *, code: str = "Server", detail: str = "", wrap: str = "process") -> None:
        self.said = text
        self.code = code
        self.detail = detail
        self.text = _WRAP.format(wrap, text) if wrap else text
        super().__init__(self.text)


def unreadable(text: str) -> Fault:
    return Fault(text, code="Client", wrap="read")


@dataclass(frozen=True)
class Request:
    """One call: the operation, its parameters converted to their types, and the element inside xmlDoc."""

    operation: Operation
    values: dict[str, Any]
    document: etree._Element | None = None
    version: str = SOAP11

    @property
    def invoices(self) -> int:
        return (
            0
            if self.document is None
            else sum(1 for one in self.document if etree.QName(one).localname == "SalesInvoice")
        )


@dataclass(frozen=True)
class Envelope:
    """What could be read of a request before its parameters are looked at."""

    version: str = SOAP11
    body: etree._Element | None = field(default=None)


def open_envelope(data: bytes) -> Envelope:
    """The payload element of an envelope; anything that is not one, and any DOCTYPE, is a fault."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise unreadable(
            f"System.InvalidOperationException: There is an error in XML document. ---> {error}"
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise unreadable("System.Xml.XmlException: For security reasons DTD is prohibited in this XML document.")
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace not in (SOAP11, SOAP12):
        raise Fault(
            "Possible SOAP version mismatch: Envelope namespace was unexpected.", code="VersionMismatch", wrap=""
        )
    body = root.find(f"{{{name.namespace}}}Body")
    if body is None or len(body) == 0:
        raise unreadable(
            "System.InvalidOperationException: Request format is invalid: Missing required soap:Body element."
        )
    return Envelope(name.namespace, body[0])


def read_envelope(service: str, envelope: Envelope, action: str) -> Request:
    """The call in the envelope; the SOAPAction may be missing, but when it is there it must be the operation's."""
    assert envelope.body is not None
    name = etree.QName(envelope.body)
    operation = SERVICES[service].get(name.localname) if name.namespace == NAMESPACE else None
    action = action.strip().strip('"')
    if operation is None or (action and action != NAMESPACE + operation.name):
        said = action or f"{{{name.namespace}}}{name.localname}"
        raise Fault(f"Server did not recognize the value of HTTP Header SOAPAction: {said}.", code="Client", wrap="")
    given: dict[str, etree._Element] = {}
    for child in envelope.body:
        given.setdefault(str(child.tag), child)
    values: dict[str, Any] = {}
    document: etree._Element | None = None
    for parameter, kind in operation.parameters:
        element = given.get(f"{{{NAMESPACE}}}{parameter}")
        if kind == "xml":
            document = element[0] if element is not None and len(element) else None
        else:
            values[parameter] = convert(kind, _said(element))
    return Request(operation, values, document, envelope.version)


def _said(element: etree._Element | None) -> str | None:
    """The text of a parameter, None for one that is missing or nil."""
    return None if element is None or element.get(_NIL) in ("true", "1") else element.text or ""


def convert(kind: str, said: str | None) -> Any:
    """A parameter by its type; what is missing is null for strings and otherwise the type's own zero."""
    if kind == "string":
        return said
    if kind in ENUMERATIONS:
        if said is None:
            return ENUMERATIONS[kind][0]
        if said not in ENUMERATIONS[kind]:
            raise unreadable(
                "System.InvalidOperationException: Instance validation error: "
                f"'{said}' is not a valid value for {kind}."
            )
        return said
    try:
        return _CONVERSIONS[kind](said)
    except (ValueError, InvalidOperation, binascii.Error) as error:
        raise unreadable(f"System.FormatException: The string '{said}' is not a valid {kind} value.") from error


def moment(said: str | None) -> datetime:
    """A date or a date with time; one with a zone is put on Yuki's own clock. None is the year 1."""
    if said is None:
        return datetime.combine(date.min, time.min)
    value = datetime.fromisoformat(said.strip())
    return value.astimezone(YUKI_ZONE).replace(tzinfo=None) if value.tzinfo is not None else value


def _boolean(said: str | None) -> bool:
    words = {None: False, "false": False, "0": False, "true": True, "1": True}
    if said is not None:
        said = said.strip()
    if said not in words:
        raise ValueError(said)
    return words[said]


_CONVERSIONS: dict[str, Any] = {
    "int": lambda said: 0 if said is None else int(said),
    "boolean": _boolean,
    "decimal": lambda said: Decimal(0) if said is None else Decimal(said.strip()),
    "dateTime": moment,
    "dateTimeOrNil": moment,
    "base64Binary": lambda said: None if said is None else base64.b64decode("".join(said.split()), validate=True),
}


def write_answer(operation: Operation, answer: Answer, version: str) -> bytes:
    """The envelope with the operation's answer."""
    name = f"{operation.name}Result"
    if operation.result == "none":
        inner = ""
    elif operation.result == "string":
        inner = leaf(name, answer if isinstance(answer, str) else "")
    elif operation.result == "any":
        inner = branch(name, _loose(answer))
    else:
        inner = branch(name, *_records(operation, answer))
    return _envelope(branch(f"{operation.name}Response", inner, xmlns=NAMESPACE), version)


def write_plain(operation: Operation, answer: Answer) -> bytes:
    """The same answer without an envelope, for the GET and POST bindings."""
    if operation.result == "none":
        return b""
    if operation.result == "string":
        body = leaf("string", answer if isinstance(answer, str) else "", xmlns=NAMESPACE)
    elif operation.result == "any":
        body = answer if isinstance(answer, str) else ""
    else:
        spaces = {"xmlns": NAMESPACE, "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"}
        body = branch(operation.result, *_records(operation, answer), **spaces)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}'.encode()


def write_fault(fault: Fault, version: str) -> bytes:
    if version == SOAP12:
        code = {"Server": "Receiver", "Client": "Sender"}.get(fault.code, fault.code)
        reason = leaf("soap:Text", fault.text, **{"xml:lang": "en"})
        parts = [branch("soap:Code", leaf("soap:Value", f"soap:{code}")), branch("soap:Reason", reason)]
        return _envelope(branch("soap:Fault", *parts, leaf("soap:Detail", fault.detail)), version)
    parts = [leaf("faultcode", f"soap:{fault.code}"), leaf("faultstring", fault.text), leaf("detail", fault.detail)]
    return _envelope(branch("soap:Fault", *parts), version)


def _loose(answer: Answer) -> str:
    """A root of no namespace says so; one that names its namespace is left as it is."""
    if not isinstance(answer, str):
        return ""
    return answer if " xmlns=" in answer.partition(">")[0] else without_namespace(answer)


def _records(operation: Operation, answer: Answer) -> list[str]:
    name = operation.result.removeprefix("ArrayOf")
    return [_record(name, one) for one in answer] if isinstance(answer, list) else []


def _record(name: str, record: dict[str, Value]) -> str:
    parts = []
    for field_name, _, mark in structure(name):
        value = record.get(field_name)
        if value is not None:
            parts.append(leaf(field_name, value))
        elif mark == "~":
            parts.append(leaf(field_name, **{"xsi:nil": "true"}))
    return branch(name, *parts)


def _envelope(inner: str, version: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{version}" {_XSI}>'
        f"<soap:Body>{inner}</soap:Body></soap:Envelope>"
    ).encode()
