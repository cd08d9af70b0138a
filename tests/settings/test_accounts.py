"""GL accounts: set on the pages, shown with their rule on an invoice's lines, kept as they left."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from tests.connectors.fake import FakeGateway
from tests.invoices.conftest import data, line
from tests.support.records import make_connection
from webapp.queries.accounts import of_lines
from webapp.services import settings as organisation_settings
from webapp.services.actors import Actor, person
from webapp.services.dimensions import DimensionData, save, set_department_account, set_organisation_account
from webapp.services.invoices import create
from webapp.services.sending import ask
from webapp.services.sending.claiming import claim_batch
from webapp.services.sending.preparing import fix, prepare
from webapp.store.invoices import Invoice
from webapp.store.session import current
from webapp.store.users import User


@pytest.fixture
def browser(log_in: Callable[[User], FlaskClient], admin: User) -> FlaskClient:
    return log_in(admin)


@pytest.fixture
def actor(admin: User) -> Actor:
    return person(admin.organisation_id, admin.name, user_id=admin.id)


def test_accounts_are_set_on_the_pages_and_the_line_says_which_rule_gave_its_own(
    browser: FlaskClient, actor: Actor
) -> None:
    department = organisation_settings.add_department(actor, "Noord")
    assert browser.post("/settings/accounts", data={"gl_account_code": "80000"}).status_code == 303
    lines = (line(), line(activity_code="ADV"), line(gl_account_code="80900"))
    made = create(actor, data("1", department_id=department, lines=lines))
    page = browser.get(f"/invoices/{made.id}").text
    assert "80000" in page
    assert "Organisatie" in page
    assert (
        browser.post(f"/settings/departments/{department}/account", data={"gl_account_code": "80100"}).status_code
        == 303
    )
    for kind, code, account in (("activity", "ADV", "80300"), ("project", "X", "")):
        form = {"code": code, "name": f"Naam {code}", "gl_account_code": account}
        assert browser.post(f"/settings/accounts/{kind}", data=form).status_code == 303
        assert browser.post(f"/settings/accounts/{kind}", data=form).status_code == 422
        assert f"Naam {code}" in browser.get(f"/settings/accounts/{kind}").text
    page = browser.get(f"/invoices/{made.id}").text
    for words in ("Afdeling: Noord", "Activiteit: Naam ADV", "op de regel ingevuld", "80100", "80300", "80900"):
        assert words in page
    assert "80100" in browser.get("/settings/accounts").text


@pytest.mark.portable
@pytest.mark.parametrize("wrong", [{"code": ""}, {"name": ""}, {"gl_account_code": "8" * 21}], ids=str)
def test_a_project_that_cannot_be_is_refused(browser: FlaskClient, wrong: dict[str, str]) -> None:
    form = {"code": "P-1", "name": "Verbouwing", "gl_account_code": "80200"} | wrong
    assert browser.post("/settings/accounts/project", data=form).status_code == 422


def test_a_line_goes_on_showing_the_account_it_left_with(actor: Actor) -> None:
    make_connection(actor.organisation_id)
    set_organisation_account(actor, "80000")
    made = create(actor, data("1", status="sent", lines=(line(), line(quantity=Decimal(2)))))
    ready, refused = prepare(FakeGateway(), claim_batch(ask(actor, [made.id])[0]))
    assert not refused
    assert b"80000" in ready[0].payload
    fix(ready)
    set_organisation_account(actor, "80999")
    current().expire_all()
    found = of_lines(current().get_one(Invoice, made.id))
    assert {one.code for one in found.values()} == {"80000"}


def test_accounts_of_others_are_out_of_reach(actor: Actor) -> None:
    stranger = person(actor.organisation_id + 1, "x")
    stored = save(actor, "project", DimensionData("P", "Verbouwing"))
    assert stored is not None
    department = organisation_settings.add_department(actor, "Noord")
    assert save(stranger, "project", DimensionData("P", "x"), dimension_id=stored.id) is None
    assert save(actor, "activity", DimensionData("P", "x"), dimension_id=stored.id) is None
    assert not set_department_account(stranger, department, "1")
