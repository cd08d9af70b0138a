"""Builds the request envelopes from our own WSDL files; nothing is ever loaded from the network."""

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from zeep import Client, Settings, xsd
from zeep.transports import Transport

_FOLDER = Path(__file__).parent / "wsdl"
NAMESPACE = "http://www.theyukicompany.com/"
NIL: Any = xsd.Nil
"""A parameter that has to be there and says nothing."""


class _NoNetwork(Transport):
    """A transport that can do nothing but read our own files."""

    def _refuse(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("zeep builds messages here; it neither loads nor posts anything")

    get = post = post_xml = _load_remote_data = _refuse


@cache
def _client(service: str) -> Any:
    # About 14 ms once per process and service; a Client cannot be pickled and needs no address here.
    settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    make: Any = Client
    no_network: Any = _NoNetwork  # zeep says that it is typed, but these are not
    return make(str(_FOLDER / f"{service}.wsdl"), transport=no_network(), settings=settings)


def build_message(service: str, operation: str, **parameters: Any) -> bytes:
    """Return the SOAP 1.1 envelope of one call, UTF-8.

    Parameters go by their names in the contract, in its order and casing; a wrong name is a TypeError
    here, where the server would silently take it for null. An element for `xmlDoc` is moved, not copied.
    """
    if "xmlDoc" in parameters:
        parameters["xmlDoc"] = {"_value_1": parameters["xmlDoc"]}
    client = _client(service)
    envelope = client.create_message(client.service, operation, **parameters)
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="utf-8"))


def request_headers(operation: str) -> dict[str, str]:
    """Return the HTTP headers of a SOAP 1.1 call."""
    return {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"{NAMESPACE}{operation}"',
        "Accept": "text/xml",
    }
