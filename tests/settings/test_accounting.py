"""API boekhoudkoppeling: the organisation's settings, what departments have of their own, and the two keys."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.records import make_connection, make_invoice
from webapp.domain.accounting import FIELDS, Overrides, inherited, is_all
from webapp.domain.connections import ConnectionProblem
from webapp.domain.runs import Trigger
from webapp.queries import accounting as queries
from webapp.services import gateways
from webapp.services import settings as organisation_settings
from webapp.services.accounting import Accounting, save_department, save_organisation
from webapp.services.actors import Actor, person
from webapp.services.payment_keys import key_of, payment_key_of
from webapp.services.sending import SendError, ask
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.session import current
from webapp.store.users import User

OURS, THEIRS = "11111111-0000-0000-0000-000000000001", "11111111-0000-0000-0000-000000000002"
KEY, OTHER, PAYMENT = "sleutel-van-ons", "sleutel-van-hen", "sleutel-betalingen"


@pytest.fixture
def actor(admin: User) -> Actor:
    return person(admin.organisation_id, admin.name, user_id=admin.id)


@pytest.fixture
def browser(log_in: Callable[[User], FlaskClient], admin: User) -> FlaskClient:
    return log_in(admin)


@pytest.fixture
def department(actor: Actor) -> int:
    return organisation_settings.add_department(actor, "Noord")


def organisation_has(actor: Actor, **changes: Any) -> int:
    values: dict[str, Any] = {"region": "nl", "administration_id": OURS, "key": KEY}
    return save_organisation(actor, Accounting(**(values | changes)))


def row(connection_id: int | None) -> Connection:
    assert connection_id is not None
    return current().get_one(Connection, connection_id, populate_existing=True)


def test_what_is_not_said_is_inherited_and_an_own_key_stays_until_it_is_given_up() -> None:
    assert is_all(inherited(Overrides(), None))
    assert inherited(Overrides(key="x", send_invoices=False), None) == [
        name for name in FIELDS if name not in ("key", "send_invoices")
    ]
    assert "key" not in inherited(Overrides(), ["payment_key"])
    assert "key" in inherited(Overrides(give_up=frozenset({"key"})), ["payment_key"])


def test_a_department_follows_the_organisation_in_what_is_not_its_own(actor: Actor, department: int) -> None:
    parent = organisation_has(actor, auto_send=True)
    own = row(save_department(actor, department, Overrides(administration_id=THEIRS)))
    assert (own.id != parent, own.administration_id, own.auto_send, key_of(own)) == (True, THEIRS, True, KEY)
    organisation_has(actor, key=OTHER, auto_send=False, process_payments=False, payment_key=PAYMENT)
    own = row(own.id)
    assert (own.administration_id, own.auto_send, own.process_payments) == (THEIRS, False, False)
    assert (key_of(own), payment_key_of(own)) == (OTHER, PAYMENT)
    view = queries.of_department(actor.organisation_id, department)
    assert [name for name in FIELDS if view.own(name)] == ["administration_id"]


def test_a_department_with_its_own_key_reads_payments_with_that(actor: Actor, department: int) -> None:
    organisation_has(actor, payment_key=PAYMENT)
    own = row(save_department(actor, department, Overrides(key=OTHER, administration_id=THEIRS)))
    assert (key_of(own), payment_key_of(own)) == (OTHER, "")
    own = row(save_department(actor, department, Overrides(payment_key="een-eigen-sleutel", administration_id=THEIRS)))
    assert (key_of(own), payment_key_of(own)) == (OTHER, "een-eigen-sleutel")


def test_invoices_go_by_the_administration_of_their_department(actor: Actor, department: int) -> None:
    parent = organisation_has(actor)
    own = save_department(actor, department, Overrides(administration_id=THEIRS))
    ours = make_invoice(actor.organisation_id, "1")
    theirs = make_invoice(actor.organisation_id, "2", department_id=department)
    ask(actor, [ours, theirs])
    found = {one.invoice_id: one.connection_id for one in current().query(Delivery)}
    assert found == {ours: parent, theirs: own}
    assert save_department(actor, department, Overrides()) is None
    assert (row(own).send_invoices, queries.of_department(actor.organisation_id, department).connection_id) == (
        False,
        parent,
    )


def test_a_department_that_says_so_sends_nothing_and_one_without_own_settings_leaves_no_trace(
    actor: Actor, department: int
) -> None:
    organisation_has(actor)
    assert save_department(actor, department, Overrides(send_invoices=False)) is not None
    with pytest.raises(SendError, match="no_connection"):
        ask(actor, [make_invoice(actor.organisation_id, "1", department_id=department)])
    assert save_department(actor, department, Overrides()) is None
    assert current().query(Connection).count() == 1
    assert ask(actor, [make_invoice(actor.organisation_id, "2", department_id=department)])


@pytest.mark.portable
@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Overrides(auto_send=True), "key"),
        (Overrides(key=OTHER), "administration_id"),
        (Overrides(key="x y", administration_id=THEIRS), "key"),
        (Overrides(key=OTHER, administration_id="geen"), "administration_id"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(actor: Actor, department: int, wanted: Overrides, field: str) -> None:
    with pytest.raises(ConnectionProblem) as problem:
        save_department(actor, department, wanted)
    assert problem.value.field == field
    assert current().query(Connection).count() == 0


def test_payments_are_read_with_their_own_key_in_a_session_of_its_own(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = organisation_has(actor, payment_key=PAYMENT)
    seen = []
    monkeypatch.setattr(
        gateways, "make_gateway", lambda _provider, access, sessions, **_: seen.append((access.key, sessions))
    )
    for one in (False, True):
        gateways.open_gateway(connection, kind=Trigger.MANUAL, for_payments=one)
    (key, sessions), (payment_key, payment_sessions) = seen
    assert (key, payment_key) == (KEY, PAYMENT)
    sessions.put("a")
    payment_sessions.put("b")
    assert (sessions.get(), payment_sessions.get()) == ("a", "b")
    organisation_has(actor, drop_payment_key=True)
    gateways.open_gateway(connection, kind=Trigger.MANUAL, for_payments=True)
    assert seen[-1][0] == KEY


def test_the_pages_keep_the_settings_show_their_sources_and_no_key(
    browser: FlaskClient, actor: Actor, department: int
) -> None:
    form = {
        "send_invoices": "y",
        "process_payments": "y",
        "administration_id": OURS,
        "region": "nl",
        "code_needed": "y",
    }
    assert browser.post("/settings/accounting", data=form | {"key": "te kort"}).status_code == 422
    assert browser.post("/settings/accounting", data=form | {"key": KEY}).status_code == 303
    page = browser.get("/settings/accounting").text
    assert "Yuki: Apikey (versturen facturen/onkosten)" in page
    assert KEY not in page
    url = f"/settings/departments/{department}/accounting"
    assert browser.get(url).text.count('class="origin">Organisatie') == len(FIELDS)
    own = {"auto_send": "1", "administration_id": THEIRS}
    assert browser.post(url, data=own | {"administration_id": "x"}).status_code == 422
    assert browser.post(url, data=own).status_code == 303
    page = browser.get(url).text
    assert (page.count('class="origin">Afdeling'), THEIRS in page) == (2, True)
    with pytest.raises(SendError, match="no_contact_code"):
        ask(actor, [make_invoice(actor.organisation_id, "1")])
    assert ask(actor, [make_invoice(actor.organisation_id, "2", code="1122")])
    assert "1 relatie heeft geen relatienummer" in browser.get("/settings/accounting").text
    listed = browser.get("/contacts?code=none").text
    assert listed.count("data-id=") == 1


def test_a_connection_made_by_the_wizard_is_all_the_departments_own(actor: Actor, department: int) -> None:
    organisation_has(actor)
    made = make_connection(actor.organisation_id, department_id=department, name="Eigen")
    view = queries.of_department(actor.organisation_id, department)
    assert (view.connection_id, all(view.own(name) for name in ("key", "administration_id", "auto_send"))) == (
        made,
        True,
    )


def test_settings_of_others_are_out_of_reach(actor: Actor, department: int) -> None:
    with pytest.raises(ConnectionProblem, match="no such department"):
        save_department(person(actor.organisation_id + 1, "x"), department, Overrides(send_invoices=False))
