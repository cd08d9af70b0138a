"""Add and remove webhooks, and send an event again: what administrators do."""

import secrets
from dataclasses import dataclass
from uuid import uuid4

from flask import current_app
from sqlalchemy import func, select, update

from webapp.domain.webhooks import GIVES_UP, BadAddress, WebhookState, fit_address
from webapp.extensions import clock
from webapp.services import notices, outbox
from webapp.services.actors import Actor
from webapp.services.sealing import seal
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction
from webapp.store.stream import StreamEvent
from webapp.store.webhooks import Webhook, WebhookDelivery

MOST = 10
FIELD = "secret"


class WebhookProblem(Exception):
    """Something about a webhook cannot be done; `code` names the reason for the words of it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook as it was just made: the only moment at which its `secret` is known."""

    id: int
    address: str
    secret: str


def add(actor: Actor, address: str) -> NewWebhook:
    """Let an address be told of the organisation's events from now on.

    Raises WebhookProblem: what `fit_address` says, `twice` when it is there already, `too_many` when there are ten.
    """
    settings = current_app.extensions["koppel"]
    try:
        fit = fit_address(address, hosts=settings.allowed_webhook_hosts, loopback=settings.demo)
    except BadAddress as problem:
        raise WebhookProblem(problem.code) from None
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    with transaction() as session:
        # The organisation is locked, so that two at once count to the same ten.
        session.scalar(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())
        mine = (Webhook.organisation_id == actor.organisation_id, Webhook.removed_at.is_(None))
        if session.scalar(select(Webhook.id).where(*mine, Webhook.address == fit)):
            raise WebhookProblem("twice")
        if (session.scalar(select(func.count()).select_from(Webhook).where(*mine)) or 0) >= MOST:
            raise WebhookProblem("too_many")
        uid = str(uuid4())
        hook = Webhook(
            organisation_id=actor.organisation_id,
            uid=uid,
            address=fit,
            sealed_secret=seal(secret, organisation_id=actor.organisation_id, row=uid, field=FIELD),
            secret_hint=secret[-4:],
            created_at=clock.now(),
            created_by=actor.name,
        )
        session.add(hook)
    return NewWebhook(hook.id, fit, secret)


def remove(actor: Actor, webhook_id: int) -> None:
    """End a webhook at once: nothing leaves for it any more, and its secret is forgotten; its log stays.

    Raises WebhookProblem(`not_found`).
    """
    with transaction() as session:
        hook = _own(actor, webhook_id)
        hook.removed_at = hook.removed_at or clock.now()
        hook.sealed_secret = ""
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == WebhookState.WAITING)
            .values(state=WebhookState.GIVEN_UP.value)
        )
        notices.close_cause(actor.organisation_id, cause(webhook_id))


def resend(actor: Actor, delivery_id: int) -> None:
    """Deliver an event again, whatever became of it before; the receiver knows it by its id.

    Raises WebhookProblem: `not_found`, `removed` when its webhook has ended, `gone` when the event is no longer kept.
    """
    with transaction() as session:
        own = (WebhookDelivery.id == delivery_id, WebhookDelivery.organisation_id == actor.organisation_id)
        webhook_id = session.scalar(select(WebhookDelivery.webhook_id).where(*own))
        if webhook_id is None:
            raise WebhookProblem("not_found")
        hook = _own(actor, webhook_id)  # before its delivery, as who ends it does
        found = session.scalars(select(WebhookDelivery).where(*own).with_for_update()).one()
        if hook.removed_at is not None:
            raise WebhookProblem("removed")
        kept = select(StreamEvent.id).where(
            StreamEvent.organisation_id == actor.organisation_id, StreamEvent.position == found.position
        )
        if session.scalar(kept) is None:
            raise WebhookProblem("gone")
        now = clock.now()
        found.state = WebhookState.WAITING.value
        found.next_at, found.give_up_at, found.attempts = now, now + GIVES_UP, 0
        outbox.enqueue(outbox.WEBHOOKS, found.webhook_id)


def cause(webhook_id: int) -> str:
    """Return the cause of a webhook's notice."""
    return f"webhook {webhook_id}"


def _own(actor: Actor, webhook_id: int) -> Webhook:
    wanted = select(Webhook).where(Webhook.id == webhook_id, Webhook.organisation_id == actor.organisation_id)
    found = current().scalar(wanted.with_for_update())
    if found is None:
        raise WebhookProblem("not_found")
    return found
