"""Deliveries: signed, at least once, tried again by schedule, given up with a notice, resent by hand."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.webhooks.conftest import Receiver, Tell, deliveries
from webapp.domain.webhooks import GIVES_UP
from webapp.extensions import clock
from webapp.services import accounts, rotation, webhooks
from webapp.services.actors import Actor, person
from webapp.services.relaying import _claim
from webapp.store.notifications import Notification
from webapp.store.session import current, release, transaction
from webapp.store.stream import StreamEvent
from webapp.store.webhooks import Webhook, WebhookDelivery


def states() -> list[tuple[int, str, int]]:
    found = [(row.position, row.state, row.attempts) for row in deliveries()]
    release()
    return found


def test_an_event_arrives_whole_and_its_signature_is_right(receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1", "invoice_review")
    assert webhooks.deliver(made.id) == 1
    ((headers, body),) = receiver.got
    assert (headers["Koppel-Event"], headers["Koppel-Event-Id"], headers["Koppel-Attempt"]) == (
        "invoice_review",
        "1",
        "1",
    )
    signed = f"{headers['Koppel-Timestamp']}.1.".encode() + body
    expected = hmac.new(made.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Koppel-Signature"] == f"v1={expected}"
    told = json.loads(body)
    assert (told["id"], told["event"], told["invoice"]["invoice_no"]) == (1, "invoice_review", "26-1")
    assert states() == [(1, "delivered", 1)]
    assert webhooks.deliver(made.id) == 0


def test_the_job_stands_in_the_outbox_with_the_event(receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    assert [(entry.job, entry.args) for entry in _claim(10)] == [("jobs.webhooks.deliver", [made.id])]


def test_a_receiver_that_is_away_gets_everything_later_in_its_order(
    receiver: Receiver, boss: Actor, tell: Tell
) -> None:
    made = webhooks.add(boss, receiver.address)
    for number in ("26-1", "26-2", "26-3"):
        tell(number)
    receiver.answers = [503]
    assert webhooks.deliver(made.id) == 0
    assert states() == [(1, "waiting", 1), (2, "waiting", 0), (3, "waiting", 0)]
    assert webhooks.deliver(made.id) == 0, "the wait is not over"
    assert len(receiver.got) == 1
    clock.advance(timedelta(seconds=11))
    assert webhooks.deliver(made.id) == 3
    assert [headers["Koppel-Event-Id"] for headers, _ in receiver.got] == ["1", "1", "2", "3"]


def test_an_event_that_alone_is_refused_does_not_hold_up_the_others(
    receiver: Receiver, boss: Actor, tell: Tell
) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    tell("26-2")
    receiver.answers = [422]
    assert webhooks.deliver(made.id) == 1
    assert states() == [(1, "waiting", 1), (2, "delivered", 1)]


def test_a_redirect_is_not_followed(receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    receiver.answers = [307]
    assert webhooks.deliver(made.id) == 0
    assert len(receiver.got) == 1
    assert deliveries()[0].last_status == 307


def test_after_three_days_it_is_given_up_with_a_notice_that_closes_when_it_works_again(
    receiver: Receiver, boss: Actor, tell: Tell
) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    receiver.answers = [500, 500]
    webhooks.deliver(made.id)
    clock.advance(GIVES_UP)
    webhooks.deliver(made.id)
    assert states() == [(1, "given_up", 2)]
    open_notice = select(Notification.failure, Notification.audience).where(Notification.closed_at.is_(None))
    assert current().execute(open_notice).all() == [("webhook", "admin")]
    webhooks.resend(boss, deliveries()[0].id)
    assert webhooks.deliver(made.id) == 1
    assert states() == [(1, "delivered", 1)]
    assert current().execute(open_notice).all() == []


def test_a_worker_that_died_in_its_call_loses_nothing(receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    from webapp.services.webhooks.delivering import _claim as claim

    assert claim(made.id) is not None  # and then nothing more is heard of it
    assert webhooks.deliver(made.id) == 0
    clock.advance(timedelta(seconds=61))
    assert webhooks.sweep() == 1
    assert webhooks.sweep() == 0, "it was asked for a moment ago"
    assert webhooks.deliver(made.id) == 1


def test_a_removed_webhook_gets_nothing_more(receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    webhooks.remove(boss, made.id)
    tell("26-2")
    assert webhooks.deliver(made.id) == 0
    assert receiver.got == []
    assert states() == [(1, "given_up", 0)]
    with pytest.raises(webhooks.WebhookProblem, match="removed"):
        webhooks.resend(boss, deliveries()[0].id)


def test_another_organisation_is_told_nothing_and_can_resend_nothing(
    receiver: Receiver, boss: Actor, tell: Tell
) -> None:
    made = webhooks.add(boss, receiver.address)
    other = accounts.add_organisation("Stroom B.V.").id
    tell("theirs", organisation_id=other)
    assert webhooks.deliver(made.id) == 0
    tell("26-1")
    delivery = deliveries()[0].id
    for act in (lambda who: webhooks.resend(who, delivery), lambda who: webhooks.remove(who, made.id)):
        with pytest.raises(webhooks.WebhookProblem, match="not_found"):
            act(person(other, "x"))


def test_the_secret_is_sealed_and_survives_a_rotation(receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    kept = current().get_one(Webhook, made.id).sealed_secret
    assert made.secret not in kept
    assert rotation.rotate().keys == 1
    current().expire_all()
    assert current().get_one(Webhook, made.id).sealed_secret != kept
    tell("26-1")
    assert webhooks.deliver(made.id) == 1


def test_what_is_too_old_is_let_go_and_can_no_longer_be_resent(receiver: Receiver, boss: Actor, tell: Tell) -> None:
    webhooks.add(boss, receiver.address)
    tell("26-1")
    clock.advance(timedelta(days=15))
    tell("26-2")
    assert webhooks.prune() == 1
    assert list(current().scalars(select(StreamEvent.position))) == [2]
    with pytest.raises(webhooks.WebhookProblem, match="gone"):
        webhooks.resend(boss, deliveries()[0].id)
    clock.advance(timedelta(days=31))
    assert webhooks.prune() == 3
    assert webhooks.prune() == 0
    assert deliveries() == []


def test_an_address_that_was_changed_behind_our_back_is_judged_again(
    receiver: Receiver, boss: Actor, tell: Tell
) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    with transaction() as session:
        session.execute(update(Webhook).values(address="https://elsewhere.example.net/"))
    assert webhooks.deliver(made.id) == 0
    assert receiver.got == []
    row = current().scalars(select(WebhookDelivery)).one()
    assert (row.last_status, row.last_error) == (None, "host")
