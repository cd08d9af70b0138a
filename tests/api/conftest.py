"""What the tests of the API share: a key, a client that carries it, and the invoice that the seed prints."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from webapp.services import api_keys
from webapp.services.actors import person
from webapp.store.organisations import Organisation
from webapp.store.session import release, transaction
from webapp.store.users import User

SAMPLE: dict[str, Any] = {
    "invoice_no": "LTPI-77282",
    "invoice_date": "2025-01-18",
    "salesman": "Ajay",
    "created_by": "admin",
    "priority": "HIGH",
    "customer": {
        "code": "CUST-889",
        "name": "LifeCare Pharmacy",
        "area": "Kozhikode",
        "address1": "Near Railway Station",
        "address2": "",
        "phone1": "9876543210",
        "phone2": "",
        "email": "lifecare@shop.com",
    },
    "items": [
        {
            "name": "Paracetamol 650mg",
            "item_code": "PR650",
            "barcode": "BC-PR650",
            "quantity": 20,
            "mrp": 3.50,
            "company_name": "Sun Pharma",
            "packing": "10x10 Tablets",
            "shelf_location": "R-12",
            "remarks": "",
        },
        {
            "name": "Otrivin Nasal Spray",
            "item_code": "OTN10",
            "barcode": "BC-OTN10",
            "quantity": 10,
            "mrp": 85.00,
            "company_name": "Novartis",
            "packing": "10ml Bottle",
            "shelf_location": "G-04",
            "remarks": "",
        },
    ],
}
"""What the seed prints, with the bracket that is missing there."""
IMPORT = "/api/sales/import/invoice/"
UPDATE = "/api/sales/update/invoice/"


def sample(**changes: Any) -> dict[str, Any]:
    """Return a copy of the sample with some fields changed."""
    return copy.deepcopy(SAMPLE) | changes


@pytest.fixture(autouse=True)
def _import_api(organisation: Organisation, other_organisation: Organisation) -> None:
    for one in (organisation, other_organisation):
        with transaction() as session:
            session.get_one(Organisation, one.id).features = ["import_api", "yuki"]


def key_of(organisation: Organisation, name: str = "Kassa Haarlem") -> str:
    """Make a key of an organisation and return its secret."""
    return api_keys.create(person(organisation.id, "Tests"), name, scopes=("import",)).secret


@pytest.fixture
def key(organisation: Organisation) -> str:
    return key_of(organisation)


def good(secret: str) -> bool:
    """Whether a key is let in now, also by what other requests wrote a moment ago."""
    release()
    return api_keys.check(secret, address="192.0.2.1") is not None


class Api:
    """Calls the API with a key or a token, and returns status and body."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(path, headers=self.headers, **({"json": body} if body is not None else {}), **more)
        return answer.status_code, answer.get_json()

    def patch(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        answer = self.client.patch(path, headers=self.headers, json=body)
        return answer.status_code, answer.get_json()


@pytest.fixture
def api(app: Flask, key: str) -> Api:
    return Api(app.test_client(), {"X-API-KEY": key})


@pytest.fixture
def tokens(app: Flask) -> Callable[[User], dict[str, str]]:
    """Return a function that logs a user in by the API."""

    def enter(user: User) -> dict[str, str]:
        body = {"username": user.email, "password": PASSWORD}
        answer = app.test_client().post("/api/auth/login/", json=body)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    return enter


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
