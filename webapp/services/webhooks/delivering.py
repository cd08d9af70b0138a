"""Deliver what is due to a webhook: claim (a short transaction), call (none open), record (a short transaction)."""

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select, update

from webapp.connectors import webhooks as connector
from webapp.connectors.ports import ConnectorError
from webapp.domain.webhooks import BadAddress, WebhookState, is_about_all, is_receipt, next_wait, sign
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import notices
from webapp.services.sealing import CannotUnseal, unseal
from webapp.services.webhooks.managing import FIELD, cause
from webapp.store.session import current, release, transaction
from webapp.store.stream import StreamEvent
from webapp.store.webhooks import Webhook, WebhookDelivery

CLAIM = timedelta(seconds=60)
"""How long a worker has for one call; longer than its time limit."""

BUDGET = 120.0
"""Seconds that one job takes at most; what is left the sweeper asks for again."""

log = Log()


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery that this worker has claimed, with all that its call needs."""

    id: int
    webhook_id: int
    organisation_id: int
    uid: str
    address: str
    sealed_secret: str
    position: int
    kind: str
    attempts: int
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call came to; `status` is None where no answer came."""

    status: int | None
    error: str = ""

    @property
    def is_receipt(self) -> bool:
        """Whether the receiver has taken the event."""
        return self.status is not None and is_receipt(self.status)

    @property
    def is_about_all(self) -> bool:
        """Whether the other events of this receiver need not be tried just now."""
        return self.status is None or is_about_all(self.status)


def deliver(webhook_id: int) -> int:
    """Deliver what is due to a webhook, in the order of the positions; returns how many were received."""
    release()
    received, until = 0, time.monotonic() + BUDGET
    while time.monotonic() < until:
        due = _claim(webhook_id)
        if due is None:
            break
        outcome = _call(due)
        _record(due, outcome)
        received += outcome.is_receipt
        if not outcome.is_receipt and outcome.is_about_all:
            break
    return received


def _claim(webhook_id: int) -> Due | None:
    now = clock.now()
    waiting = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == WebhookState.WAITING.value,
            WebhookDelivery.next_at <= now,
        )
        .order_by(WebhookDelivery.position)
        .limit(1)
    )
    if current().scalar(waiting) is None:
        release()
        return None
    with transaction() as session:
        identity = session.scalar(waiting.with_for_update(skip_locked=True))
        if identity is None:
            return None
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id == identity)
            .values(next_at=now + CLAIM, attempts=WebhookDelivery.attempts + 1, tried_at=now)
            .execution_options(synchronize_session=False)
        )
        row = session.execute(
            select(WebhookDelivery, Webhook, StreamEvent.payload)
            .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
            .outerjoin(
                StreamEvent,
                (StreamEvent.organisation_id == WebhookDelivery.organisation_id)
                & (StreamEvent.position == WebhookDelivery.position),
            )
            .where(WebhookDelivery.id == identity)
        ).one()
        delivery, hook, payload = row
        return Due(
            id=delivery.id,
            webhook_id=hook.id,
            organisation_id=hook.organisation_id,
            uid=hook.uid,
            address=hook.address,
            sealed_secret=hook.sealed_secret,
            position=delivery.position,
            kind=delivery.kind,
            attempts=delivery.attempts,
            payload=payload,
        )


def _call(due: Due) -> Outcome:
    settings = current_app.extensions["koppel"]
    if due.payload is None:
        return Outcome(None, "gone")
    try:
        secret = unseal(due.sealed_secret, organisation_id=due.organisation_id, row=due.uid, field=FIELD)
        body = body_of(due.kind, due.position, due.payload)
        headers = headers_of(due, secret, body)
        status = connector.post(
            due.address, body, headers=headers, hosts=settings.allowed_webhook_hosts, loopback=settings.demo
        )
    except BadAddress as problem:
        return Outcome(None, problem.code)
    except CannotUnseal:
        return Outcome(None, "sealed")
    except ConnectorError as error:
        return Outcome(None, str(error)[:200] or type(error).__name__)
    return Outcome(status)


def body_of(kind: str, position: int, payload: dict[str, Any]) -> bytes:
    """Return the body of a delivery: the event's id, its kind, and the whole invoice."""
    event = {"id": position, "event": kind, "invoice": payload}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def headers_of(due: Due, secret: str, body: bytes) -> dict[str, str]:
    """Return the headers of a delivery; the signature is HMAC-SHA256 over `timestamp.id.body`."""
    timestamp = int(clock.now().timestamp())
    return {
        "Content-Type": "application/json",
        "Koppel-Webhook": due.uid,
        "Koppel-Event": due.kind,
        "Koppel-Event-Id": str(due.position),
        "Koppel-Attempt": str(due.attempts),
        "Koppel-Timestamp": str(timestamp),
        "Koppel-Signature": f"v1={sign(secret, timestamp=timestamp, event_id=due.position, body=body)}",
    }


def _record(due: Due, outcome: Outcome) -> None:
    now = clock.now()
    with transaction() as session:
        row = session.scalar(select(WebhookDelivery).where(WebhookDelivery.id == due.id).with_for_update())
        if row is None:
            return
        row.last_status, row.last_error = outcome.status, outcome.error
        if outcome.is_receipt:
            row.state = WebhookState.DELIVERED.value
            notices.close_cause(due.organisation_id, cause(due.webhook_id))
            return
        if row.state != WebhookState.WAITING.value:  # the webhook was removed meanwhile
            return
        again = now + next_wait(row.attempts)
        row.next_at = again
        if again > row.give_up_at or outcome.error == "gone":
            row.state = WebhookState.GIVEN_UP.value
            _tell(due)
        elif outcome.is_about_all:
            _postpone(due, again)
    log.info("webhook_not_delivered", webhook=due.webhook_id, position=due.position, status=outcome.status)


def _postpone(due: Due, until: Any) -> None:
    """Let the other events of a receiver that is away wait as long; they are not attempts of theirs."""
    current().execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == due.webhook_id,
            WebhookDelivery.state == WebhookState.WAITING.value,
            WebhookDelivery.next_at < until,
            WebhookDelivery.attempts == 0,
        )
        .values(next_at=until)
        .execution_options(synchronize_session=False)
    )


def _tell(due: Due) -> None:
    current().flush()
    lost = select(func.count()).where(
        WebhookDelivery.webhook_id == due.webhook_id, WebhookDelivery.state == WebhookState.GIVEN_UP.value
    )
    notices.raise_notice(
        due.organisation_id,
        "webhook",
        connection_id=None,
        run_id=None,
        category=cause(due.webhook_id),
        count=current().scalar(lost) or 1,
        audience="admin",
    )
