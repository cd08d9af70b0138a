"""A Yuki on this machine, and an organisation that connects to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import make_settings
from tests.support.apps import closing_others
from tests.support.clients import separate
from webapp.domain.connections import Options
from webapp.sandbox.server import Running, start
from webapp.sandbox.yuki import create_app as create_yuki
from webapp.services import connections
from webapp.services.actors import Actor, person
from webapp.settings import Settings
from webapp.store.connections import Connection
from webapp.store.organisations import Organisation
from webapp.store.session import current, release
from webapp.store.users import User

DOMAIN_KEY = "00000000-aaaa-0000-0000-000000000001"
ADMINISTRATION_KEY = "00000000-aaaa-0000-0000-000000000002"
NO_SALES_KEY = "00000000-aaaa-0000-0000-000000000003"
VOORBEELD = "11111111-0000-0000-0000-000000000001"
GENT = "11111111-0000-0000-0000-000000000002"
INACTIVE = "11111111-0000-0000-0000-000000000003"
VOORBEELD_DOMAIN = "99999999-0000-0000-0000-000000000001"


class Yuki:
    """The sandbox, as a test steers it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, path: str, body: Any = None) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def play(self, operation: str, fault: str, times: int = 1) -> None:
        self.control("faults", [{"operation": operation, "fault": fault, "times": times}])

    def calls(self) -> Any:
        return requests.get(f"{self.url}/_sandbox/calls", timeout=10).json()


@pytest.fixture(scope="session")
def yuki_server() -> Iterator[Running]:
    with start(create_yuki()) as running:
        yield running


@pytest.fixture
def yuki(yuki_server: Running) -> Yuki:
    sandbox = Yuki(yuki_server.url)
    sandbox.control("reset")
    return sandbox


@pytest.fixture
def settings(database_url: str, tmp_path: Path, yuki: Yuki) -> Settings:
    return make_settings(database_url, tmp_path, yuki_nl_url=yuki.url, yuki_be_url=yuki.url, yuki_timeout=30)


@pytest.fixture(autouse=True)
def _separate_clients(app: Flask) -> Iterator[None]:
    separate(app)
    with closing_others(app):
        yield


@pytest.fixture
def actor(organisation: Organisation) -> Actor:
    return person(organisation.id, "Marieke")


@pytest.fixture
def browser(log_in: Callable[[User], FlaskClient], admin: User) -> FlaskClient:
    """The administrator, logged in."""
    return log_in(admin)


@pytest.fixture
def made(actor: Actor) -> int:
    """A complete connection with Voorbeeld B.V."""
    return connect(actor)


def connect(actor: Actor, **facts: Any) -> int:
    values = {"name": "Voorbeeld", "region": "nl", "key": DOMAIN_KEY, "administration_id": VOORBEELD}
    options = facts.pop("options", Options())
    return connections.add(actor, options=options, **(values | facts))


def read(connection_id: int) -> Connection:
    """The row as it stands now."""
    release()
    current().expire_all()
    return current().get_one(Connection, connection_id)


def count_connections() -> int:
    release()
    return len(current().query(Connection.id).all())
