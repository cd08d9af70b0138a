"""What a person gets who asks for invoices to be sent."""

from decimal import Decimal

import pytest

from tests.sending.conftest import Office
from webapp.services.actors import person
from webapp.services.sending import SendError, ask, cancel, retry
from webapp.store.session import transaction


def test_an_invoice_is_booked_once_and_says_so_everywhere(office: Office) -> None:
    invoice_id = office.invoice("24177", price="111.00")

    run = office.send(invoice_id)

    assert [(one.reference, one.amount) for one in office.books.ledger] == [("24177", Decimal("134.31"))]
    assert (run.status, run.result, run.offered, run.succeeded) == ("completed", "ok", 1, 1)
    assert office.invoice_row(invoice_id).delivery == "sent"
    assert office.delivery(invoice_id).state == "sent"
    assert office.events(invoice_id) == ["yuki.queued", "yuki.invoice_processed"]
    assert [item.outcome for item in office.items(run.id)] == ["succeeded"]


def test_fifty_invoices_travel_in_one_call(office: Office) -> None:
    run = office.send(*office.invoices(50))

    assert office.books.calls == ["send"]
    assert (run.offered, run.succeeded, run.failed) == (50, 50, 0)
    assert len(office.books.ledger) == 50


def test_many_clicks_make_one_delivery(office: Office) -> None:
    invoice_id = office.invoice()
    office.ask(invoice_id)

    with pytest.raises(SendError) as refused:
        office.ask(invoice_id)
    office.work()
    with pytest.raises(SendError) as refused_again:
        office.ask(invoice_id)

    assert (refused.value.code, refused_again.value.code) == ("in_progress", "already_sent")
    assert office.references() == ["26-0001"]


def test_what_cannot_go_is_skipped_with_its_reason_and_the_rest_goes(office: Office) -> None:
    ready, draft = office.invoice("26-0001"), office.invoice("26-0002", status="draft")

    run = office.send(ready, draft)

    assert (run.offered, run.succeeded, run.skipped) == (2, 1, 1)
    skipped = next(item for item in office.items(run.id) if item.outcome == "skipped")
    assert (skipped.invoice_id, skipped.params["reason"]) == (draft, "not_issued")
    assert office.references() == ["26-0001"]


def test_a_refused_invoice_tells_yukis_words_and_the_others_are_booked(office: Office) -> None:
    good, bad = office.invoice("26-0001"), office.invoice("26-0002", vat_type=2, vat_rate=21)

    run = office.send(good, bad)

    assert (run.status, run.succeeded, run.failed) == ("partial", 1, 1)
    item = next(item for item in office.items(run.id) if item.invoice_id == bad)
    assert (item.outcome, item.failure, item.remote_text) == ("failed", "vat", "No such VAT code")
    assert office.invoice_row(bad).delivery == "rejected"
    assert office.references() == ["26-0001"]


def test_a_retry_takes_only_what_failed_as_a_new_generation(office: Office) -> None:
    good, bad = office.invoice("26-0001"), office.invoice("26-0002", vat_type=2, vat_rate=21)
    run = office.send(good, bad)
    with transaction():
        office.invoice_row(bad).lines[0].vat_type = 1

    retried = retry(office.actor, run.id)
    office.work()

    assert office.run(retried[0]).offered == 1
    assert office.delivery(bad).generation == 2
    assert office.references() == ["26-0001", "26-0002"]


def test_yuki_stops_after_six_bad_ones_and_the_rest_is_looked_up_then_sent(office: Office) -> None:
    bad = [office.invoice(f"A-{n}", vat_type=2, vat_rate=21) for n in range(6)]
    good = [office.invoice(f"B-{n}") for n in range(3)]

    run = office.send(*bad, *good)

    assert (run.failed, run.succeeded) == (6, 3)
    assert office.references() == ["B-0", "B-1", "B-2"]
    assert office.books.calls == ["send", "find_many", "send"]


def test_what_is_missing_here_is_refused_here_without_a_call(office: Office) -> None:
    invoice_id = office.invoice(contact="  ")

    run = office.send(invoice_id)

    assert office.books.calls == []
    item = office.items(run.id)[0]
    assert (item.outcome, item.failure, item.field) == ("failed", "contact", "contact")


def test_an_invoice_of_another_organisation_cannot_be_sent(office: Office, other_organisation: object) -> None:
    invoice_id = office.invoice()
    stranger = person(other_organisation.id, "Stranger")  # type: ignore[attr-defined]

    with pytest.raises(SendError):
        ask(stranger, [invoice_id])

    office.work()
    assert office.books.ledger == []


def test_without_a_connection_nothing_is_queued(office: Office) -> None:
    with transaction():
        office.connection().send_invoices = False

    with pytest.raises(SendError) as refused:
        office.ask(office.invoice())

    assert refused.value.code == "no_connection"
    assert office.deliveries() == []


def test_a_cancelled_run_tells_what_had_gone_and_gives_back_the_rest(office: Office) -> None:
    ids = office.invoices(3)
    run_id = office.ask(*ids)

    assert cancel(office.actor, run_id)
    office.work()

    run = office.run(run_id)
    assert (run.status, run.skipped) == ("cancelled", 3)
    assert [office.invoice_row(one).delivery for one in ids] == ["not_sent"] * 3
    assert office.books.ledger == []
    assert office.send(*ids).succeeded == 3


def test_a_department_sends_by_its_own_connection(office: Office) -> None:
    from tests.support.records import make_connection
    from webapp.store.organisations import Department

    with transaction() as session:
        department = Department(organisation_id=office.organisation.id, name="Gent")
        session.add(department)
    own = make_connection(office.organisation.id, department_id=department.id, name="Gent")
    general, special = office.invoice("26-0001"), office.invoice("26-0002", department_id=department.id)

    run_ids = ask(office.actor, [general, special])

    assert {office.run(one).connection_id for one in run_ids} == {office.connection_id, own}
    assert office.delivery(special).connection_id == own
