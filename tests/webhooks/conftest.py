"""A receiver of webhooks on this machine that answers as it is told and keeps what it got."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.conftest import make_settings
from tests.support.events import tell_of
from webapp.services.actors import Actor, person
from webapp.settings import Settings
from webapp.store.organisations import Organisation
from webapp.store.session import current, release
from webapp.store.webhooks import WebhookDelivery

Tell = Callable[..., int]


@dataclass
class Receiver:
    """What was received: (headers, body) in its order; `answers` are statuses to give first, then 200."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that runs."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append((dict(self.headers), body))
            status = made.answers.pop(0) if made.answers else 200
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", made.address)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """As in the demo, where this machine itself may be called."""
    return make_settings(database_url, tmp_path, demo=True, webhook_hosts="hooks.example.com, *.example.org")


@pytest.fixture
def boss(organisation: Organisation) -> Actor:
    """An administrator."""
    return person(organisation.id, "Marieke")


@pytest.fixture
def tell(organisation: Organisation) -> Tell:
    """Return a function that makes an invoice and announces it."""

    def make(number: str, kind: str = "invoice_created", organisation_id: int = 0) -> int:
        return tell_of(organisation_id or organisation.id, number, kind)

    return make


def deliveries() -> list[WebhookDelivery]:
    """Return all deliveries, oldest first."""
    current().expire_all()
    found = list(current().scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))
    release()
    return found
