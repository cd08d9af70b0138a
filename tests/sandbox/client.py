"""A client of the sandbox Yuki that writes its envelopes by hand, and the invoices the tests send with it."""

from typing import Any
from xml.sax.saxutils import escape

import requests
from lxml import etree

from webapp.sandbox.yuki.opening import DOMAIN_KEY, NL_ADMINISTRATION

NS = "http://www.theyukicompany.com/"
INVOICE_NS = "urn:xmlns:http://www.theyukicompany.com:salesinvoices"


class Reply:
    """An HTTP answer with its XML, looked at by local names."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.text

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.response.content)

    def all(self, name: str) -> list[str]:
        return [element.text or "" for element in self.root.iter(f"{{*}}{name}")]

    def one(self, name: str) -> str:
        found = self.all(name)
        assert len(found) == 1, f"{len(found)} of {name} in {self.text}"
        return found[0]

    def elements(self, name: str) -> list[etree._Element]:
        return list(self.root.iter(f"{{*}}{name}"))

    @property
    def fault(self) -> str:
        assert self.status == 500, self.text
        return self.one("faultstring")

    def attributes(self, name: str, attribute: str = "ID") -> list[str]:
        return [str(element.attrib[attribute]) for element in self.elements(name)]


def sending(session: str, document: str, administration: str = NL_ADMINISTRATION, *, name: str = "sessionId") -> str:
    """The call that sends a document, with the session under the given parameter name."""
    return (
        f'<ProcessSalesInvoices xmlns="{NS}"><{name}>{session}</{name}>'
        f"<administrationId>{administration}</administrationId><xmlDoc>{document}</xmlDoc></ProcessSalesInvoices>"
    )


class Yuki:
    """Calls a sandbox over HTTP with raw XML."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False

    def post(self, service: str, body: str, **options: Any) -> Reply:
        headers = {"Content-Type": "text/xml; charset=utf-8"} | options.pop("headers", {})
        envelope = options.pop("envelope", "http://schemas.xmlsoap.org/soap/envelope/")
        data = f'<soap:Envelope xmlns:soap="{envelope}"><soap:Body>{body}</soap:Body></soap:Envelope>'
        options.setdefault("timeout", 30)
        return Reply(self.http.post(f"{self.url}/ws/{service}.asmx", data=data.encode(), headers=headers, **options))

    def call(self, service: str, operation: str, **parameters: Any) -> Reply:
        options = {"timeout": parameters.pop("http_timeout")} if "http_timeout" in parameters else {}
        given = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in parameters.items())
        return self.post(service, f'<{operation} xmlns="{NS}">{given}</{operation}>', **options)

    def login(self, key: str = DOMAIN_KEY) -> str:
        return self.call("Sales", "Authenticate", accessKey=key).one("AuthenticateResult")

    def send(
        self,
        session: str,
        *invoices: str,
        administration: str = NL_ADMINISTRATION,
        service: str = "Sales",
        **options: Any,
    ) -> Reply:
        xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        document = f'<SalesInvoices xmlns="{INVOICE_NS}" {xsi}>{"".join(invoices)}</SalesInvoices>'
        return self.post(service, sending(session, document, administration), **options)

    def open_items(self, session: str, operation: str = "OutstandingDebtorItems", **more: Any) -> Reply:
        given = {
            "sessionID": session,
            "administrationID": NL_ADMINISTRATION,
            "includeBankTransactions": "false",
            "sortOrder": "DateAsc",
        }
        return self.call("Accounting", operation, **(given | more))

    def control(self, name: str, body: Any = None, *, expect: int = 200) -> Any:
        answer = self.http.post(f"{self.url}/_sandbox/{name}", json=body, timeout=30)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def look(self, name: str, **query: Any) -> Any:
        return self.http.get(f"{self.url}/_sandbox/{name}", params=query, timeout=30).json()

    def sales(self, **query: Any) -> list[dict[str, Any]]:
        return [one for one in self.look("ledger", **query)["bookings"] if one["kind"] == "sales"]

    def fault(self, operation: str, fault: str, **more: Any) -> None:
        self.control("faults", [{"operation": operation, "fault": fault} | more])


def line(
    description: str = "Advies",
    quantity: str = "1",
    price: str | None = "100.00",
    vat: str | None = "21.00",
    vat_type: str | None = "1",
    *,
    included: str | None = None,
    reference: str = "",
    amount: str = "",
    vat_amount: str = "",
    account: str = "",
) -> str:
    """One InvoiceLine; what is None or empty is left out."""
    product = [
        ("Description", description),
        ("Reference", reference),
        ("SalesPrice", price),
        ("VATPercentage", vat),
        ("VATIncluded", included),
        ("VATType", vat_type),
        ("GLAccountCode", account),
    ]
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in product if value)
    own = [("ProductQuantity", quantity), ("LineAmount", amount), ("LineVATAmount", vat_amount)]
    return f"<InvoiceLine>{''.join(f'<{n}>{v}</{n}>' for n, v in own if v)}<Product>{inner}</Product></InvoiceLine>"


def invoice(
    reference: str | None = "2026-0001",
    *lines: str,
    process: str | None = "true",
    contact: str = "<FullName>Bakkerij De Korenbloem</FullName>",
    date: str = "2026-03-02",
    due: str = "2026-04-01",
    before: str = "",
    method: str = "",
    email: str = "",
    subject: str = "Maart",
) -> str:
    """One SalesInvoice; `before` is markup between DueDate and Contact."""
    head = [
        ("Reference", reference),
        ("Subject", subject),
        ("PaymentMethod", method),
        ("Process", process),
        ("EmailToCustomer", email),
        ("Date", date),
        ("DueDate", due),
    ]
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in head if value)
    listed = f"<InvoiceLines>{''.join(lines) or line()}</InvoiceLines>"
    return f"<SalesInvoice>{inner}{before}<Contact>{contact}</Contact>{listed}</SalesInvoice>"
