"""Servers for the connector tests, on free loopback ports: one of raw bytes, one that plays Yuki by script."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
YUKI = "http://www.theyukicompany.com/"


@contextmanager
def raw_server(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve connections by `handle`, one after the other; yields the base address."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with closing(client):
                try:
                    handle(client)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def read_request(client: socket.socket) -> bytes:
    """Read one request with a Content-Length and return all of it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while len(body) < (int(found[1]) if found else 0):
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


@dataclass
class Reply:
    """One scripted answer."""

    body: str | bytes
    status: int = 200
    content_type: str = "text/xml; charset=utf-8"
    cut_at: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ScriptedYuki:
    """Answers each operation with its replies, in order; the last one stays."""

    url: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def on(self, operation: str, *replies: Reply | str) -> None:
        self.replies[operation] = [item if isinstance(item, Reply) else Reply(item) for item in replies]

    @property
    def calls(self) -> list[str]:
        return [operation for operation, _ in self.requests]

    def next_reply(self, operation: str) -> Reply:
        queue = self.replies[operation]
        return queue.pop(0) if len(queue) > 1 else queue[0]


@contextmanager
def scripted_yuki() -> Iterator[ScriptedYuki]:
    """Run a ScriptedYuki that lets everybody in."""
    yuki = ScriptedYuki()
    yuki.on("Authenticate", envelope("Authenticate", "SESSION-1"))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["SOAPAction"].strip('"').rsplit("/", 1)[1]
            yuki.requests.append((operation, body.decode()))
            reply = yuki.next_reply(operation)
            content = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(content)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: reply.cut_at])
            if reply.cut_at is not None:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yuki.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield yuki
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def envelope(operation: str, result: str) -> str:
    """Return a good answer whose result is `result`."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>'
        f'<{operation}Response xmlns="{YUKI}"><{operation}Result>{result}</{operation}Result></{operation}Response>'
        f"</soap:Body></soap:Envelope>"
    )


def fault(text: str, detail: str = "", *, status: int = 500, code: str = "soap:Server") -> Reply:
    """Return a SOAP 1.1 fault."""
    inside = f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring><detail>{detail}</detail>"
    return Reply(
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault>{inside}</soap:Fault></soap:Body></soap:Envelope>',
        status,
    )


def html(status: int = 200) -> Reply:
    """Return a page where XML was expected."""
    return Reply("<!DOCTYPE html><html><body>We zijn zo terug</body></html>", status, "text/html")


def invoice_answer(
    reference: str = "", *, succeeded: bool = True, processed: bool = True, message: str = "", subject: str = "March"
) -> str:
    """Return one <Invoice> of an import answer."""
    flags = f"<Succeeded>{str(succeeded).lower()}</Succeeded><Processed>{str(processed).lower()}</Processed>"
    return (
        f"<Invoice>{flags}<EmailSent>false</EmailSent><Reference>{reference}</Reference><Subject>{subject}</Subject>"
        f"<Contact>Bakkerij De Korenbloem</Contact><Message>{message}</Message></Invoice>"
    )


def import_answer(*invoices: str, succeeded: int | None = None, plain: bool = False) -> str:
    """Return an import answer in the present printed form, or in the older one (`plain`)."""
    good = sum("<Succeeded>true" in item for item in invoices) if succeeded is None else succeeded
    none = "" if plain else ' xmlns=""'
    totals = "".join(
        f"<{name}{none}>{value}</{name}>"
        for name, value in (
            ("TimeStamp", "2026-03-02"),
            ("AdministrationId", "11111111-2222-3333-4444-555555555555"),
            ("TotalSucceeded", good),
            ("TotalFailed", len(invoices) - good),
            ("TotalSkipped", 0),
        )
    )
    rows = "".join(item.replace("<Invoice>", f"<Invoice{none}>") for item in invoices)
    root = "SalesInvoicesImportResponse"
    space = "urn:xmlns:http://www.theyukicompany.com:salesinvoicesresponse"
    return f'<{root} xmlns="{space}">{totals}{rows}</{root}>'


def item(reference: str, *, amount: str = "126.40", open_amount: str = "26.40", kind: str = "6", id: str = "") -> str:
    """Return one <Item> of an open items list."""
    return (
        f'<Item ID="{id or "item-" + reference}"><Date>2026-02-01</Date><Description>Invoice {reference}</Description>'
        f"<Contact>Bakkerij De Korenbloem</Contact><ContactID>c-1</ContactID><OpenAmount>{open_amount}</OpenAmount>"
        f'<OriginalAmount>{amount}</OriginalAmount><Type ID="{kind}">Verkoopfactuur</Type>'
        f"<Reference>{reference}</Reference><DueDate>2026-03-03</DueDate><DocumentID>d-1</DocumentID>"
        f"<PaymentMethod>Overschrijving</PaymentMethod><ContactCode>1122</ContactCode><CoCNumber/></Item>"
    )


def items(operation: str, *rows: str) -> str:
    """Return an open items answer."""
    wrapper = "OutstandingItems" if operation.startswith("Check") else operation
    return envelope(operation, f'<{wrapper} xmlns="">{"".join(rows)}</{wrapper}>')


def document(reference: str | None, *, subject: str = "Factuur", amount: str = "126.40", id: str = "") -> str:
    """Return one <Document> of an archive list."""
    named = "" if reference is None else f"<Reference>{reference}</Reference>"
    return (
        f'<Document ID="{id or f"doc-{reference}-{subject}"}"><Subject>{subject}</Subject>'
        f'<DocumentDate>2026-02-01</DocumentDate><Amount>{amount}</Amount><Folder ID="2">Verkoop</Folder>'
        f'<Tab ID="201">Verkoopfacturen</Tab><Type>6</Type><FileName>document.pdf</FileName>'
        f"<ContactName>Bakkerij De Korenbloem</ContactName>{named}<Created>2026-02-12T11:14:04</Created></Document>"
    )


def documents(*rows: str, operation: str = "ModifiedDocumentsInFolder") -> str:
    """Return an archive list."""
    return envelope(operation, f'<Documents xmlns="">{"".join(rows)}</Documents>')


def administrations(*pairs: tuple[str, str], active: str = "true") -> str:
    """Return an Administrations answer from (administration id, domain id)."""
    rows = "".join(
        f'<Administration ID="{one}"><Name>Voorbeeld B.V.</Name><Country>NL</Country><DomainID>{domain}</DomainID>'
        f"<Active>{active}</Active></Administration>"
        for one, domain in pairs
    )
    return envelope("Administrations", f'<Administrations xmlns="">{rows}</Administrations>')
