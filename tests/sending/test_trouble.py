"""What happens to invoices when the way to the books fails: nothing lost, nothing twice, nothing untrue."""

import pytest
from sqlalchemy import update

from tests.sending.conftest import Office
from webapp.connectors.ports import AccessDenied, OutcomeUnknown, QuotaExceeded, Refused, Unavailable
from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.services import outbox
from webapp.services.sending import SendError, settle_draft, sweeping
from webapp.services.sending.claiming import claim_batch
from webapp.services.sending.recording import Mark, write
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import transaction


def test_a_lost_answer_is_unknown_until_it_was_looked_up(office: Office) -> None:
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)

    run = office.send(invoice_id)

    assert (run.status, run.unknown, run.failed) == ("partial", 1, 0)
    assert office.invoice_row(invoice_id).delivery == "unknown"

    office.later(seconds=91)

    assert office.invoice_row(invoice_id).delivery == "sent"
    run = office.run(run.id)
    assert (run.status, run.succeeded, run.unknown) == ("completed", 1, 0)
    assert office.references() == ["26-0001"]
    assert office.delivery(invoice_id).found
    assert office.events(invoice_id) == ["yuki.queued", "yuki.unknown", "yuki.found"]


def test_it_is_not_looked_up_before_yukis_slowest_answer(office: Office) -> None:
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.send(office.invoice())

    office.later(seconds=60)

    assert "find" not in office.books.calls


def test_what_is_proved_absent_is_sent_again_with_the_same_bytes(office: Office) -> None:
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"))
    run = office.send(invoice_id)
    before = office.delivery(invoice_id).payload_hash

    office.later(seconds=91)

    assert office.references() == ["26-0001"]
    assert office.delivery(invoice_id).payload_hash == before
    assert office.run(run.id).status == "completed"
    assert office.events(invoice_id) == ["yuki.queued", "yuki.unknown", "yuki.absent", "yuki.invoice_processed"]


def test_a_look_up_that_cannot_tell_leaves_it_unknown(office: Office) -> None:
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.books.trouble("find", Unavailable(Failure.NETWORK, "away"))
    office.send(invoice_id)

    office.later(seconds=91)
    assert office.invoice_row(invoice_id).delivery == "unknown"

    office.later(seconds=121)
    assert office.invoice_row(invoice_id).delivery == "sent"
    assert office.references() == ["26-0001"]


def test_a_duplicate_that_is_ours_was_sent_and_one_that_is_not_is_a_conflict(office: Office) -> None:
    ours, theirs = office.invoice("26-0001"), office.invoice("26-0002")
    office.send(ours, theirs)
    with transaction() as session:
        session.execute(update(Delivery).values(state="cancelled"))
        session.execute(update(Invoice).values(delivery="not_sent"))
    office.books.ledger[1].amount += 1

    run = office.send(ours, theirs)

    assert office.invoice_row(ours).delivery == "sent"
    assert office.invoice_row(theirs).delivery == "conflict"
    assert (run.succeeded, run.failed) == (1, 1)
    assert office.references() == ["26-0001", "26-0002"]


def test_a_draft_without_an_answer_is_never_sent_again_by_itself(office: Office) -> None:
    with transaction():
        office.connection().draft = True
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)

    run = office.send(invoice_id)
    office.later(hours=2)

    assert office.invoice_row(invoice_id).delivery == "unknown"
    assert office.delivery(invoice_id).failure == "draft_unknown"
    assert len(office.books.drafts) == 1
    assert office.run(run.id).unknown == 1


def test_a_wrong_key_pauses_the_connection_and_keeps_the_work(office: Office) -> None:
    ids = office.invoices(3)
    office.books.trouble("send", AccessDenied(Failure.AUTH, "Invalid access key"))

    run = office.send(*ids)

    assert (office.connection().state, office.connection().pause_reason) == ("paused", "auth")
    assert (run.status, run.failure) == ("queued", "auth")
    assert office.deliveries() == ["queued"] * 3
    assert office.books.calls == ["send"]
    with pytest.raises(SendError) as refused:
        office.ask(office.invoice("26-0009"))
    assert refused.value.code == "paused"


def test_work_goes_on_when_the_connection_is_resumed(office: Office) -> None:
    ids = office.invoices(3)
    office.books.trouble("send", AccessDenied(Failure.AUTH, "Invalid access key"))
    run = office.send(*ids)

    with transaction():
        connection = office.connection()
        connection.state, connection.pause_reason = "active", ""
        outbox.enqueue(outbox.SEND, run.id)
    office.work()

    assert office.run(run.id).succeeded == 3


def test_a_used_up_quota_rests_until_midnight_and_burns_no_attempt(office: Office) -> None:
    invoice_id = office.invoice()
    office.books.trouble("send", QuotaExceeded("Daily limit exceeded"))

    run = office.send(invoice_id)

    assert office.connection().rest_until is not None
    assert (run.status, run.failure) == ("queued", "quota")
    assert (office.delivery(invoice_id).state, office.delivery(invoice_id).attempts) == ("queued", 0)

    office.later(hours=12)
    assert office.books.calls == ["send"]
    office.later(hours=4)
    assert office.run(run.id).status == "completed"
    assert office.references() == ["26-0001"]


def test_while_a_connection_rests_nobody_is_woken_for_what_is_unknown(office: Office) -> None:
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.books.trouble("find", QuotaExceeded("Daily limit exceeded"))
    office.send(invoice_id)
    office.later(seconds=91)
    attempted = office.delivery(invoice_id)
    fence = attempted.fence

    for _ in range(12):
        office.later(hours=1)

    assert office.books.calls == ["send", "find"]
    assert (office.delivery(invoice_id).fence, office.delivery(invoice_id).lookups) == (fence, 0)

    office.later(hours=4)
    assert office.invoice_row(invoice_id).delivery == "sent"
    assert office.references() == ["26-0001"]


def test_a_refused_batch_is_split_until_the_guilty_one_stands_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = office.invoices(8)
    plain = office.books.send

    def picky(payloads: list[bytes]) -> object:
        if any(b'"26-0005"' in payload for payload in payloads):
            raise Refused(Failure.SCHEMA, "not valid", remote_text="The 'Zipcode' element is invalid")
        return plain(payloads)

    monkeypatch.setattr(office.books, "send", picky)
    run = office.send(*ids)

    assert (run.succeeded, run.failed) == (7, 1)
    assert office.invoice_row(ids[4]).delivery == "rejected"
    assert sorted(office.references()) == [f"26-{n:04}" for n in (1, 2, 3, 4, 6, 7, 8)]


def test_an_unreachable_yuki_is_tried_again_and_nothing_is_called_failed(office: Office) -> None:
    invoice_id = office.invoice()
    office.books.trouble("send", Unavailable(Failure.NETWORK, "refused"))

    run = office.send(invoice_id)
    assert (run.status, run.failure, run.failed) == ("queued", "network", 0)

    office.later(seconds=10)
    assert office.run(run.id).status == "completed"


def test_five_failures_in_a_row_open_the_breaker_and_one_probe_closes_it(office: Office) -> None:
    office.ask(office.invoice())
    for _ in range(5):
        office.books.trouble("send", Unavailable(Failure.NETWORK, "refused"))
        office.later(seconds=125)
    assert office.connection().breaker_until is not None
    calls = len(office.books.calls)
    office.later(seconds=1)
    assert len(office.books.calls) == calls

    office.later(seconds=125)

    assert office.references() == ["26-0001"]
    assert office.connection().breaker_until is None


def test_what_a_dead_worker_held_before_the_call_is_simply_sent(office: Office) -> None:
    invoice_id = office.invoice()
    run_id = office.ask(invoice_id)
    claim_batch(run_id)

    office.later(seconds=61)

    assert office.references() == ["26-0001"]
    assert "find" not in office.books.calls


def test_what_a_dead_worker_held_after_the_call_left_is_looked_up_first(office: Office) -> None:
    invoice_id = office.invoice()
    run_id = office.ask(invoice_id)
    claims = claim_batch(run_id)
    with transaction() as session:
        session.execute(update(Delivery).values(look_up_first=True))
    payload = office.books.build(_document(invoice_id))
    office.books.send([payload])

    office.later(seconds=61)
    assert office.invoice_row(invoice_id).delivery == "unknown"
    office.later(seconds=91)

    assert office.invoice_row(invoice_id).delivery == "sent"
    assert office.references() == ["26-0001"]
    with transaction():
        assert write(claims, Mark(state="rejected", outcome="failed")) == []
    assert office.invoice_row(invoice_id).delivery == "sent"


def test_a_job_that_was_lost_with_the_queue_is_made_again(office: Office) -> None:
    run_id = office.ask(office.invoice())
    with transaction() as session:
        for entry in session.query(outbox.OutboxEntry):
            session.delete(entry)

    office.later(seconds=61)

    assert office.run(run_id).status == "completed"


def test_sweeping_twice_changes_nothing(office: Office) -> None:
    office.ask(office.invoice())
    clock.advance(__import__("datetime").timedelta(seconds=61))

    sweeping.sweep()

    assert sweeping.sweep() == 0


def _document(invoice_id: int) -> object:
    from webapp.services.documents import make_document
    from webapp.store.session import current

    return make_document(current().get_one(Invoice, invoice_id), draft=False)


def _unknown_draft(office: Office) -> int:
    with transaction():
        office.connection().draft = True
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.send(invoice_id)
    return invoice_id


def test_a_person_who_sees_the_draft_over_there_ends_the_doubt(office: Office) -> None:
    invoice_id = _unknown_draft(office)

    assert settle_draft(office.actor, invoice_id, found=True)

    assert office.invoice_row(invoice_id).delivery == "sent"
    assert office.events(invoice_id)[-1] == "yuki.draft_seen"
    with pytest.raises(SendError):
        office.ask(invoice_id)


def test_a_person_who_does_not_find_the_draft_may_send_it_again(office: Office) -> None:
    invoice_id = _unknown_draft(office)

    assert settle_draft(office.actor, invoice_id, found=False)
    assert office.invoice_row(invoice_id).delivery == "not_sent"
    assert office.send(invoice_id).succeeded == 1
    assert not settle_draft(office.actor, invoice_id, found=True)
    assert office.delivery(invoice_id).generation == 2
