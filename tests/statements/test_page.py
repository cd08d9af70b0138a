"""The page of bank statements: several files at once, what is odd is said, and nothing is taken in twice."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.statements.samples import Tx, camt, mt940
from tests.support.records import make_invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current
from webapp.store.statements import BankStatement
from webapp.store.users import User


@pytest.fixture
def client(staff: User, log_in: Callable[[User], FlaskClient]) -> FlaskClient:
    return log_in(staff)


def send(client: FlaskClient, *files: tuple[str, bytes]) -> TestResponse:
    given = [(BytesIO(content), name) for name, content in files]
    return client.post("/payments/statements", data={"files": given}, content_type="multipart/form-data")


def count() -> int:
    current().rollback()
    return current().scalar(select(func.count()).select_from(BankStatement)) or 0


def test_files_are_dropped_together_and_what_is_certain_is_matched(
    organisation: Organisation, client: FlaskClient
) -> None:
    make_invoice(organisation.id, "2026-0001")
    answer = send(client, ("a.xml", camt([Tx("121.00")])), ("b.sta", mt940([Tx("5.00", "x")], opening="1121.00")))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/payments/desk")
    assert "2 nieuwe mutaties; 2 betalingen, waarvan 1 gematcht." in client.get("/payments/desk").text
    assert count() == 2
    again = send(client, ("a.xml", camt([Tx("121.00")])))
    assert again.headers["Location"] == "/payments/statements"
    assert "waren al ingelezen" in client.get("/payments/statements").text
    assert count() == 2


def test_what_is_odd_is_said_at_once(client: FlaskClient) -> None:
    answer = send(client, ("a.xml", camt([Tx("121.00")], closing="1.00")), ("c.xml", b"<Invoice/>"))
    assert "De saldi van NL91ABNA0417164300 kloppen niet" in answer.text
    assert "Er is niets ingelezen uit c.xml" in answer.text
    assert "Regel 1: Deze XML is geen bankafschrift" in answer.text


@pytest.mark.portable
@pytest.mark.parametrize("content", [b"", b"<x", b"hello"])
def test_a_bad_file_leaves_nothing_behind(client: FlaskClient, content: bytes) -> None:
    assert send(client, ("a.xml", content)).status_code == 422
    assert count() == 0


def test_nothing_chosen_is_said(client: FlaskClient) -> None:
    answer = client.post("/payments/statements", data={}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Kies eerst een bestand" in answer.text


def test_a_viewer_sees_the_list_and_takes_nothing_in(viewer: User, log_in: Callable[[User], FlaskClient]) -> None:
    client = log_in(viewer)
    assert "import-statements" not in client.get("/payments/statements").text
    assert send(client, ("a.xml", camt([]))).status_code == 403
