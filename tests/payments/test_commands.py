"""koppel send and koppel payments: the runs they start, what they print, and the exit codes they come to."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.payments.conftest import Desk
from tests.support.records import make_connection, make_invoice, make_invoices
from webapp.cli import koppel
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import connections
from webapp.settings import Settings
from webapp.store.organisations import Organisation
from webapp.store.session import release

RUN_KEYS = [
    "id",
    "category",
    "trigger",
    "status",
    "started_at",
    "ended_at",
    "result",
    "offered",
    "succeeded",
    "failed",
    "skipped",
    "unknown",
    "calls",
    "items",
]


class Koppel:
    """Runs the command on the test's database."""

    def __init__(self, settings: Settings) -> None:
        self.env = {
            "DATABASE_URL": settings.database_url,
            "KOPPEL_DATA": str(settings.koppel_data),
            "ENCRYPTION_KEYS": settings.fernet_keys[0],
            "SECRET_KEY": settings.secret_key.get_secret_value(),
        }

    def __call__(self, *words: str) -> Result:
        release()
        return CliRunner().invoke(koppel, words, env=self.env)

    def json(self, *words: str) -> Any:
        done = self(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


@pytest.fixture
def command(settings: Settings) -> Koppel:
    return Koppel(settings)


@pytest.fixture
def worker(app: Flask, desk: Desk) -> Iterator[None]:
    """Do what is due, beside the test."""
    stop = threading.Event()

    def work() -> None:
        with app.app_context():
            while not stop.is_set():
                desk.work()
                release()
                stop.wait(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(20)


def test_send_prints_the_run_as_the_contract_says(desk: Desk, command: Koppel, worker: None) -> None:
    make_invoices(desk.organisation.id, 2)

    run = command.json("send", "26-0001", "26-0002", "--wait", "60")

    assert list(run) == RUN_KEYS
    assert (run["category"], run["trigger"], run["status"], run["result"]) == (
        "send_invoices",
        "manual",
        "completed",
        "ok",
    )
    assert (run["offered"], run["succeeded"]) == (2, 2)
    assert run["items"] == [
        {"invoice": "26-0001", "outcome": "succeeded", "message": "Booked in Yuki."},
        {"invoice": "26-0002", "outcome": "succeeded", "message": "Booked in Yuki."},
    ]


def test_payments_come_back_with_their_run(desk: Desk, command: Koppel, worker: None) -> None:
    invoice_id = desk.booked()
    desk.books.pay("26-0001", "26.40")

    run = command.json("payments", "--wait", "60")

    assert list(run) == RUN_KEYS
    assert (run["category"], run["trigger"], run["status"]) == ("process_payments", "manual", "completed")
    assert run["calls"] in (1, 2)  # the second asks for the days, when all is written
    assert run["items"] == [{"invoice": "26-0001", "outcome": "succeeded", "message": "Payment of €26.40 received."}]
    assert desk.state(invoice_id) == ("partially_paid", "26.40", "94.60")


def test_why_a_payment_is_not_judged_stands_in_the_item(desk: Desk, command: Koppel, worker: None) -> None:
    desk.booked(payment_method="iDeal")
    run = command.json("payments", "--connection", str(desk.connection_id), "--wait", "60")
    (item,) = run["items"]
    assert item["outcome"] == "skipped"
    assert "never open in Yuki" in item["message"]


def test_without_waiting_the_run_is_queued(desk: Desk, command: Koppel) -> None:
    make_invoice(desk.organisation.id, "26-0001")
    assert command.json("send", "26-0001")["status"] == "queued"
    done = command("payments")
    assert (done.exit_code, done.stdout) == (0, "Run 2 is queued: 0 invoices.\n")
    assert command.json("payments")["id"] == 2


def test_ready_are_all_that_never_went(desk: Desk, command: Koppel, worker: None) -> None:
    desk.booked()
    make_invoice(desk.organisation.id, "26-0002")
    make_invoice(desk.organisation.id, "26-0003", status="draft")

    run = command.json("send", "--ready", "--wait", "60")

    assert [item["invoice"] for item in run["items"]] == ["26-0002"]
    done = command("send", "--ready")
    assert (done.exit_code, done.stderr.strip()) == (
        1,
        "Error: No invoice of Voorbeeld Groep is ready to be sent to the books.",
    )


def test_a_run_that_does_not_end_in_time_is_said_to_go_on(desk: Desk, command: Koppel) -> None:
    make_invoice(desk.organisation.id, "26-0001")
    done = command("send", "26-0001", "--wait", "0.2", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == "queued"
    assert "Run 1 has not ended within 0.2 seconds; it goes on" in done.stderr


def test_what_is_refused_is_one_sentence_and_exit_code_1(desk: Desk, command: Koppel, worker: None) -> None:
    make_invoice(desk.organisation.id, "26-0001", vat_type=9)
    make_invoice(desk.organisation.id, "26-0002")

    done = command("send", "26-0001", "26-0002", "--wait", "60", "--json")

    assert done.exit_code == 1
    run = json.loads(done.stdout)
    assert (run["status"], run["succeeded"], run["failed"]) == ("partial", 1, 1)
    assert done.stderr.count("\n") == 1
    assert ": 1 rejected: VAT code not active." in done.stderr


def test_a_payment_run_that_fails_says_why(desk: Desk, command: Koppel, worker: None) -> None:
    desk.books.fault("html")
    done = command("payments", "--wait", "60")
    assert done.exit_code == 1
    assert ": Failed: answer not understood." in done.stderr


@pytest.mark.portable
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("send",), 2, "Give the numbers of the invoices, or --ready for all that are ready."),
        (("send", "26-0001", "--ready"), 2, "Give the numbers of the invoices, or --ready"),
        (("send", "nope", "none"), 1, "There are no sales invoices nope, none in Voorbeeld Groep; nothing was sent."),
        (("send", "26-0009", "--organisation", "Nergens"), 1, "There is no organisation Nergens."),
        (("payments", "--connection", "77"), 1, "There is no connection 77."),
        (("payments", "--organisation", "Nergens"), 1, "There is no organisation Nergens."),
        (("payments", "--connection", "1", "--organisation", "X"), 2, "not both"),
    ],
)
def test_wrong_use_is_one_clear_sentence(
    desk: Desk, command: Koppel, words: tuple[str, ...], code: int, sentence: str
) -> None:
    done = command(*words)
    assert done.exit_code == code
    assert sentence in done.stderr
    assert "Traceback" not in done.output


def test_several_organisations_have_to_be_told_apart(
    desk: Desk, command: Koppel, other_organisation: Organisation
) -> None:
    make_invoice(desk.organisation.id, "26-0001")
    done = command("send", "26-0001")
    assert done.exit_code == 2
    assert (
        "There are several organisations (Andere Zaak, Voorbeeld Groep): choose one with --organisation." in done.stderr
    )
    assert command("send", "26-0001", "--organisation", "Voorbeeld Groep").exit_code == 0


def test_payments_are_asked_for_every_organisation_that_has_a_connection(
    desk: Desk, command: Koppel, other_organisation: Organisation
) -> None:
    make_connection(other_organisation.id, key=NL_KEY, administration_id=NL_ADMINISTRATION)
    assert [run["category"] for run in command.json("payments")] == ["process_payments"] * 2
    assert command.json("payments", "--organisation", "Andere Zaak")["id"] == 1


def test_a_paused_connection_is_said_to_be_paused(desk: Desk, command: Koppel) -> None:
    make_invoice(desk.organisation.id, "26-0001")
    connections.pause(desk.actor, desk.connection_id)
    for words in (("payments",), ("send", "26-0001")):
        done = command(*words)
        assert done.exit_code == 1
        assert "The connection Yuki Voorbeeld is paused" in done.stderr


def test_what_is_in_the_books_is_not_sent_again(desk: Desk, command: Koppel) -> None:
    desk.booked()
    done = command("send", "26-0001")
    assert done.exit_code == 1
    assert "The invoice is in Yuki already." in done.stderr
