"""Writes the WSDL of a service in the form ASMX publishes: SOAP 1.1 and 1.2, HTTP GET and POST."""

from collections.abc import Iterable
from functools import cache

from webapp.sandbox.yuki.contract import ENUMERATIONS, NAMESPACE, SERVICES, STRUCTURES, Operation, structure

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<wsdl:definitions xmlns:s="http://www.w3.org/2001/XMLSchema" '
    'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" '
    'xmlns:http="http://schemas.xmlsoap.org/wsdl/http/" xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/" '
    f'xmlns:tns="{NAMESPACE}" targetNamespace="{NAMESPACE}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">'
)
_ANY = '<s:complexType mixed="true"><s:sequence><s:any/></s:sequence></s:complexType>'
_VALUE_TYPES = ("int", "boolean", "decimal", "dateTime")


@cache
def describe(service: str, address: str) -> bytes:
    """The WSDL of one service, reachable at `address` (the URL of its .asmx)."""
    operations = list(SERVICES[service].values())
    plain = [one for one in operations if one.over_plain_http]
    parts = [_HEAD, "<wsdl:types>", _schema(operations), "</wsdl:types>"]
    parts += [_soap_messages(one) for one in operations]
    parts += [_http_messages(one, verb) for verb in ("Get", "Post") for one in plain]
    parts.append(_port_type(f"{service}Soap", operations, "Soap"))
    parts += [_port_type(f"{service}Http{verb}", plain, f"Http{verb}") for verb in ("Get", "Post")]
    parts += [_soap_binding(service, operations, prefix) for prefix in ("soap", "soap12")]
    parts += [_http_binding(service, plain, verb) for verb in ("Get", "Post")]
    ports = [("Soap", "soap"), ("Soap12", "soap12"), ("HttpGet", "http"), ("HttpPost", "http")]
    listed = "".join(
        f'<wsdl:port name="{service}{name}" binding="tns:{service}{name}">'
        f'<{prefix}:address location="{address}"/></wsdl:port>'
        for name, prefix in ports
    )
    parts.append(f'<wsdl:service name="{service}">{listed}</wsdl:service></wsdl:definitions>')
    return "".join(parts).encode()


def _schema(operations: list[Operation]) -> str:
    parts = [f'<s:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">']
    used: set[str] = set()
    for one in operations:
        parts.append(_wrapper(one.name, (_parameter(name, kind) for name, kind in one.parameters)))
        result = [] if one.result == "none" else [_parameter(f"{one.name}Result", one.result)]
        parts.append(_wrapper(f"{one.name}Response", result))
        used.update(kind for _, kind in (*one.parameters, ("", one.result)))
    for name, values in ENUMERATIONS.items():
        if name in used:
            listed = "".join(f'<s:enumeration value="{value}"/>' for value in values)
            parts.append(
                f'<s:simpleType name="{name}"><s:restriction base="s:string">{listed}</s:restriction></s:simpleType>'
            )
    for name in STRUCTURES:
        if f"ArrayOf{name}" in used:
            parts.append(_array(name))
    parts.append('<s:element name="string" nillable="true" type="s:string"/></s:schema>')
    return "".join(parts)


def _wrapper(name: str, elements: Iterable[str]) -> str:
    inner = "".join(elements)
    content = f"<s:complexType><s:sequence>{inner}</s:sequence></s:complexType>" if inner else "<s:complexType/>"
    return f'<s:element name="{name}">{content}</s:element>'


def _parameter(name: str, kind: str) -> str:
    if kind in ("any", "xml"):
        return f'<s:element minOccurs="0" maxOccurs="1" name="{name}">{_ANY}</s:element>'
    if kind == "dateTimeOrNil":
        return f'<s:element minOccurs="1" maxOccurs="1" name="{name}" nillable="true" type="s:dateTime"/>'
    own = kind in ENUMERATIONS or kind.startswith("ArrayOf")
    required = kind in ENUMERATIONS or kind in _VALUE_TYPES
    return f'<s:element minOccurs="{int(required)}" maxOccurs="1" name="{name}" type="{"tns" if own else "s"}:{kind}"/>'


def _array(name: str) -> str:
    fields = ""
    for field, kind, mark in structure(name):
        nil = ' nillable="true"' if mark == "~" else ""
        fields += (
            f'<s:element minOccurs="{0 if mark == "?" else 1}" maxOccurs="1" name="{field}"{nil} type="s:{kind}"/>'
        )
    many = f'<s:element minOccurs="0" maxOccurs="unbounded" name="{name}" nillable="true" type="tns:{name}"/>'
    return (
        f'<s:complexType name="ArrayOf{name}"><s:sequence>{many}</s:sequence></s:complexType>'
        f'<s:complexType name="{name}"><s:sequence>{fields}</s:sequence></s:complexType>'
    )


def _soap_messages(one: Operation) -> str:
    return "".join(
        f'<wsdl:message name="{one.name}Soap{way}">'
        f'<wsdl:part name="parameters" element="tns:{one.name}{suffix}"/></wsdl:message>'
        for way, suffix in (("In", ""), ("Out", "Response"))
    )


def _http_messages(one: Operation, verb: str) -> str:
    given = "".join(f'<wsdl:part name="{name}" type="s:string"/>' for name, _ in one.parameters)
    body = {"none": "", "string": '<wsdl:part name="Body" element="tns:string"/>'}.get(
        one.result, '<wsdl:part name="Body"/>'
    )
    ways = (("In", given), ("Out", body))
    return "".join(f'<wsdl:message name="{one.name}Http{verb}{way}">{parts}</wsdl:message>' for way, parts in ways)


def _port_type(name: str, operations: list[Operation], suffix: str) -> str:
    listed = "".join(
        f'<wsdl:operation name="{one.name}"><wsdl:input message="tns:{one.name}{suffix}In"/>'
        f'<wsdl:output message="tns:{one.name}{suffix}Out"/></wsdl:operation>'
        for one in operations
    )
    return f'<wsdl:portType name="{name}">{listed}</wsdl:portType>'


def _soap_binding(service: str, operations: list[Operation], prefix: str) -> str:
    body = f'<{prefix}:body use="literal"/>'
    listed = "".join(
        f'<wsdl:operation name="{one.name}"><{prefix}:operation soapAction="{NAMESPACE}{one.name}" style="document"/>'
        f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
        for one in operations
    )
    name = f"{service}{prefix.capitalize()}"
    return (
        f'<wsdl:binding name="{name}" type="tns:{service}Soap">'
        f'<{prefix}:binding transport="http://schemas.xmlsoap.org/soap/http"/>{listed}</wsdl:binding>'
    )


def _http_binding(service: str, operations: list[Operation], verb: str) -> str:
    given = "<http:urlEncoded/>" if verb == "Get" else '<mime:content type="application/x-www-form-urlencoded"/>'
    listed = []
    for one in operations:
        answer = {"none": "", "string": '<mime:mimeXml part="Body"/>'}.get(
            one.result, '<mime:content part="Body" type="text/xml"/>'
        )
        listed.append(
            f'<wsdl:operation name="{one.name}"><http:operation location="/{one.name}"/>'
            f"<wsdl:input>{given}</wsdl:input>"
            f"<wsdl:output>{answer}</wsdl:output></wsdl:operation>"
        )
    return (
        f'<wsdl:binding name="{service}Http{verb}" type="tns:{service}Http{verb}"><http:binding verb="{verb.upper()}"/>'
        f"{''.join(listed)}</wsdl:binding>"
    )
