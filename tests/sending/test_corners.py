"""Corners that the proofs found: each is a way in which something stood still, went round or was told wrongly."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.sending.conftest import Office
from webapp.connectors.ports import AccessDenied, Answer, OutcomeUnknown, QuotaExceeded, Refused, Unavailable
from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.services.sending import cancel, retry, settling
from webapp.services.sending.claiming import claim_batch
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.runs import Run
from webapp.store.session import transaction


def test_a_run_that_rests_until_midnight_can_be_stopped_now(office: Office) -> None:
    ids = office.invoices(2)
    office.books.trouble("send", QuotaExceeded("Daily limit exceeded"))
    run = office.send(*ids)

    assert cancel(office.actor, run.id)
    office.work()

    assert office.run(run.id).status == "cancelled"
    assert [office.invoice_row(one).delivery for one in ids] == ["not_sent"] * 2


def test_a_stopped_run_looks_up_what_may_have_been_booked_and_then_ends(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = office.invoices(2)
    plain = office.books.send
    monkeypatch.setattr(office.books, "send", lambda payloads: plain(payloads)[:1])
    office.books.trouble("find", Unavailable(Failure.NETWORK, "away"))
    run = office.send(*ids)
    assert office.deliveries() == ["sent", "queued"]

    assert cancel(office.actor, run.id)
    office.work()
    office.later(seconds=91)

    assert office.deliveries() == ["sent", "sent"]
    assert office.run(run.id).status == "completed"


def test_what_a_stopped_run_never_booked_is_given_back_after_the_look_up(office: Office) -> None:
    (invoice_id,) = office.invoices(1)
    office.books.trouble("send", OutcomeUnknown("no answer"))
    run_id = office.ask(invoice_id)
    office.work()
    with transaction() as session:
        session.execute(update(Run).values(cancel_requested_at=clock.now()))

    office.later(seconds=91)

    assert office.run(run_id).status == "cancelled"
    assert office.invoice_row(invoice_id).delivery == "not_sent"
    assert office.references() == []


def test_a_paused_connection_is_not_asked_what_became_of_an_invoice(office: Office) -> None:
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.send(office.invoice())
    with transaction() as session:
        session.execute(update(Connection).values(state="paused", pause_reason="auth"))

    office.later(seconds=91)
    office.later(hours=2)

    assert office.books.calls == ["send"]


def test_a_wrong_key_costs_two_calls_at_most_whatever_waits_to_be_looked_up(office: Office) -> None:
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.send(office.invoice())
    for _ in range(5):
        office.books.trouble("find", AccessDenied(Failure.AUTH, "Invalid access key"))

    for _ in range(5):
        office.later(minutes=5)

    assert office.books.calls == ["send", "find"]


def test_a_look_up_that_is_refused_says_nothing_about_the_invoice(office: Office) -> None:
    invoice_id = office.invoice()
    run_id = office.ask(invoice_id)
    with transaction() as session:
        session.execute(update(Delivery).values(look_up_first=True))
    office.books.trouble("find", Refused(Failure.SCHEMA, "not valid"))

    office.work()

    assert office.invoice_row(invoice_id).delivery == "queued"
    office.later(seconds=125)
    assert office.run(run_id).status == "completed"


def test_answers_that_mention_nothing_do_not_turn_in_circles(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def mute(payloads: list[bytes]) -> list[Answer]:
        office.books.calls.append("send")
        return []

    plain = office.books.send
    monkeypatch.setattr(office.books, "send", mute)
    run = office.send(*office.invoices(3))

    assert office.books.calls == ["send"]
    assert (run.status, run.failure) == ("queued", "not_understood")
    monkeypatch.setattr(office.books, "send", plain)
    office.later(seconds=125)
    assert office.run(run.id).status == "completed"


def test_a_conflict_that_is_tried_again_is_looked_up_before_it_goes(office: Office) -> None:
    office.books.books_duplicates = True
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    run = office.send(invoice_id)
    office.books.ledger[0].amount += 1
    office.later(seconds=91)
    assert office.invoice_row(invoice_id).delivery == "conflict"
    office.books.ledger[0].amount -= 1

    retry(office.actor, run.id)
    office.work()

    assert office.references() == ["26-0001"]
    assert office.invoice_row(invoice_id).delivery == "sent"


def test_an_invoice_shows_that_it_is_being_sent(office: Office) -> None:
    invoice_id = office.invoice()
    run_id = office.ask(invoice_id)

    claim_batch(run_id)

    assert office.invoice_row(invoice_id).delivery == "sending"


def test_a_clock_that_is_set_forward_does_not_shorten_the_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    since = [1000.0]
    monkeypatch.setattr(settling, "steady", lambda: since[0])
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    invoice_id = office.invoice()
    office.send(invoice_id)

    since[0] += 5
    office.later(hours=1)
    assert "find" not in office.books.calls

    since[0] += 90
    office.later(seconds=90)
    assert office.invoice_row(invoice_id).delivery == "sent"


def test_a_clock_that_is_set_back_keeps_nobody_waiting(office: Office) -> None:
    run_id = office.ask(office.invoice())
    claim_batch(run_id)
    clock.advance(timedelta(hours=-1))

    office.later(seconds=5)
    office.later(seconds=65)

    assert office.run(run_id).status == "completed"


def test_a_run_that_ended_while_something_came_back_is_opened_again(office: Office) -> None:
    run_id = office.ask(office.invoice())
    with transaction() as session:
        session.execute(update(Run).values(status="completed", ended_at=clock.now()))

    office.later(seconds=5)

    assert office.run(run_id).succeeded == 1
