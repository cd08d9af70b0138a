"""What no database can hold is refused at the door: an answer, never a failure of ours."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.records import make_connection
from webapp.store.organisations import Organisation
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
HUGE = "99999999999999999999999"


@pytest.mark.parametrize("path", ["/invoices/{}", "/logs/{}", "/logs/exchanges/{}", "/connections/{}"])
def test_a_number_that_no_row_can_have_is_no_such_page(log_in: LogIn, admin: User, path: str) -> None:
    assert log_in(admin).get(path.format(HUGE)).status_code == 404


@pytest.mark.parametrize("field", ["after", "before", "connection"])
def test_a_filter_that_no_row_can_meet_is_left_out(log_in: LogIn, viewer: User, field: str) -> None:
    assert log_in(viewer).get(f"/logs?{field}={HUGE}").status_code == 200


@pytest.mark.parametrize("path", ["/invoices/send", "/invoices/selection", "/logs/retry"])
def test_ids_that_no_row_can_have_choose_nothing(log_in: LogIn, staff: User, path: str) -> None:
    assert log_in(staff).post(path, data={"id": HUGE}).status_code in {200, 303}


@pytest.mark.parametrize("value", [HUGE, "x", "-1"])
def test_a_connection_that_cannot_be_read_is_not_taken_for_all_of_them(
    log_in: LogIn, staff: User, organisation: Organisation, value: str
) -> None:
    make_connection(organisation.id)

    answer = log_in(staff).post("/payments/process", data={"connection_id": value})

    assert answer.status_code == 404
    assert current().query(Run).count() == 0


@pytest.mark.parametrize("path", ["/logs?q=%00a", "/payments?q=a%00", "/invoices?%00=1"])
def test_a_nul_in_an_address_is_a_bad_request(log_in: LogIn, viewer: User, path: str) -> None:
    assert log_in(viewer).get(path).status_code == 400


def test_a_nul_in_a_form_is_a_bad_request_also_for_a_stranger(app: Flask) -> None:
    answer = app.test_client().post("/login", data={"email": "a\0@example.com", "password": "a long password"})

    assert answer.status_code == 400
