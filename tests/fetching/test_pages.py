"""What people see of Billingo: its connection, its invoices beside the others, its runs; and the commands."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade

from tests.fetching.conftest import Desk
from tests.support.records import make_connection, make_invoice
from webapp.cli import koppel
from webapp.extensions import clock, db
from webapp.sandbox.billingo.opening import OTHER_KEY
from webapp.services import connections
from webapp.services.sending import SendError, ask
from webapp.settings import Settings
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def some(desk: Desk, document_type: str) -> Invoice:
    found = (desk.document(one["id"]) for one in desk.ledger() if one["type"] == document_type)
    document = next(one for one in found if one is not None)
    return current().get_one(Invoice, document.invoice_id)


def test_its_connection_its_runs_and_its_invoices_stand_beside_the_others(
    desk: Desk, admin: User, log_in: LogIn
) -> None:
    desk.fault("bad_date", count=1)
    run_id = desk.fetch().id
    connections.test(desk.actor, desk.connection_id)
    invoice_id, number = (row := some(desk, "invoice")).id, row.number
    release()
    client = log_in(admin)
    for path, words in (
        ("/connections", "Billingo"),
        (f"/connections/{desk.connection_id}", "Billingo"),
        ("/logs", "/logs/"),
        (f"/logs/{run_id}", "Billingo"),
        (f"/invoices?q={number}", number),
        (f"/invoices/{invoice_id}", number),
        (f"/invoices/{invoice_id}?tab=history", number),
        ("/", "<main"),
        ("/payments", "<main"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert words in answer.text, path
    page = client.get(f"/invoices/{invoice_id}").text
    for offered in (f"/invoices/{invoice_id}/edit", f"/invoices/{invoice_id}/move", f"/invoices/{invoice_id}/delete"):
        assert offered not in page
    assert "Vrijgesteld" not in page
    assert "Exempt" not in page


def test_a_total_that_differs_from_its_lines_says_by_how_much(desk: Desk, staff: User, log_in: LogIn) -> None:
    desk.fetch()
    rounded = next(one for one in (desk.document(row["id"]) for row in desk.ledger()) if one and one.difference)
    invoice_id = rounded.invoice_id
    release()
    assert "Verschil met de regels" in log_in(staff).get(f"/invoices/{invoice_id}?lang=nl").text


def test_one_press_fetches_and_follows_the_run(desk: Desk, staff: User, log_in: LogIn) -> None:
    release()
    client = log_in(staff)
    answer = client.post(f"/connections/{desk.connection_id}/fetch")
    assert answer.status_code == 303
    desk.work()
    assert client.get(answer.location).status_code == 200
    assert desk.count(Invoice) == 282


def test_a_run_in_which_nothing_changed_says_so_where_its_invoices_would_stand(
    desk: Desk, staff: User, log_in: LogIn
) -> None:
    first, second = desk.fetch().id, desk.fetch(full=True).id
    desk.control("modify", {"id": next(one["id"] for one in desk.ledger() if one["type"] == "invoice"), "comment": "x"})
    third = desk.fetch(full=True).id
    release()
    client = log_in(staff)
    others = "de andere zijn zoals ze waren"
    assert others not in client.get(f"/logs/{first}?lang=nl").text, "all of them are listed"
    assert others in client.get(f"/logs/{third}?lang=nl").text
    for path in (f"/logs/{second}?lang=nl", f"/logs/{second}?outcome=succeeded&lang=nl"):
        page = client.get(path).text
        assert "Wat gelezen is, staat hier zoals het daar staat." in page
        assert "Geen factuur gevonden" not in page
    for asked in ("outcome=failed", "failure=set_aside"):
        assert "Geen factuur gevonden" in client.get(f"/logs/{second}?{asked}&lang=nl").text


def test_a_run_that_missed_an_issued_invoice_or_broke_off_does_not_say_that_nothing_changed(
    desk: Desk, staff: User, log_in: LogIn
) -> None:
    desk.fetch()
    clock.advance(timedelta(hours=1))
    desk.control("remove", {"id": next(one["id"] for one in desk.ledger() if one["type"] == "invoice")})
    missed = desk.fetch(full=True)
    assert (missed.status, missed.details["vanished"], desk.outcomes(missed)) == ("completed", 1, {})
    desk.fault("html_200", page=3)
    broken = desk.fetch(full=True)
    assert (broken.status, desk.outcomes(broken)) == ("partial", {})
    missed_id, broken_id = missed.id, broken.id
    release()
    client = log_in(staff)
    for run_id in (missed_id, broken_id):
        page = client.get(f"/logs/{run_id}?lang=nl")
        assert page.status_code == 200
        assert "Niets gewijzigd" not in page.text


def test_what_was_fetched_is_not_sent_to_the_books(desk: Desk) -> None:
    desk.fetch()
    make_connection(desk.organisation.id)
    with pytest.raises(SendError) as refused:
        ask(desk.actor, [some(desk, "invoice").id])
    assert refused.value.code == "fetched"


def test_a_number_of_the_remote_takes_none_of_ours(desk: Desk) -> None:
    number = next(one["reference"] for one in desk.ledger() if one["type"] == "invoice")
    make_invoice(desk.organisation.id, number)
    assert desk.fetch().details["created"] == 282
    desk.agrees()


def test_the_way_back_leaves_ones_own_and_the_next_fetch_brings_all_again(desk: Desk) -> None:
    mine = make_invoice(desk.organisation.id, "26-0001")
    desk.fetch()
    release()
    db.session.remove()
    downgrade(revision="0009")
    upgrade()
    assert [row.id for row in current().query(Invoice)] == [mine]
    release()
    assert desk.fetch().details["created"] == 282
    desk.agrees()


class Koppel:
    """Runs the command on the test's database."""

    def __init__(self, settings: Settings) -> None:
        self.env = {
            "DATABASE_URL": settings.database_url,
            "KOPPEL_DATA": str(settings.koppel_data),
            "ENCRYPTION_KEYS": settings.fernet_keys[0],
            "SECRET_KEY": settings.secret_key.get_secret_value(),
            "BILLINGO_URL": settings.billingo_url,
        }

    def __call__(self, *words: str, given: str = "") -> Result:
        release()
        return CliRunner().invoke(koppel, words, env=self.env, input=given)

    def json(self, *words: str, given: str = "") -> Any:
        done = self(*words, "--json", given=given)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


def test_the_commands_add_test_and_fetch(desk: Desk, other_organisation: Organisation, settings: Settings) -> None:
    with transaction():
        name = other_organisation.name
        other_organisation.features = [*other_organisation.features, "billingo_sync"]
    run = Koppel(settings)
    add = ("connection", "add", "--organisation", name, "--provider", "billingo", "--key-stdin")
    made = run.json(*add, given=OTHER_KEY + "\n")["id"]
    assert run(*add, given=OTHER_KEY + "\n").exit_code == 1
    assert run.json("connection", "test", str(made))["ok"]
    started = run.json("fetch", "--connection", str(made))
    assert (started["category"], started["status"]) == ("fetch_invoices", "queued")
    desk.work()
    shown = run.json("runs", "show", str(started["id"]))
    assert (shown["status"], shown["offered"], shown["failed"]) == ("completed", shown["succeeded"], 0)
    assert shown["offered"] > 0
    assert OTHER_KEY not in json.dumps(run.json("connection", "list"))
    assert run("fetch", "--full", "--since", "2026-01-01").exit_code == 2
    assert run("fetch", "--connection", "999").exit_code == 1
