"""Ask again for deliveries that are due, and let go of events and deliveries that are too old."""

from datetime import timedelta

from sqlalchemy import delete, exists, or_, select, update

from webapp.domain.webhooks import WebhookState
from webapp.extensions import clock
from webapp.services import outbox
from webapp.store.session import current, release, transaction
from webapp.store.stream import StreamEvent
from webapp.store.webhooks import Webhook, WebhookDelivery

ASKED_EVERY = timedelta(seconds=60)
"""How long a job that was asked for has before it is asked for again."""

EVENTS_KEPT = timedelta(days=14)
DELIVERIES_KEPT = timedelta(days=30)
"""Longer than a delivery is tried, so that a retry always finds its event."""

AT_ONCE = 500


def sweep() -> int:
    """Ask for a job for each webhook that has something due; returns how many."""
    now = clock.now()
    due = exists().where(
        WebhookDelivery.webhook_id == Webhook.id,
        WebhookDelivery.state == WebhookState.WAITING.value,
        WebhookDelivery.next_at <= now,
    )
    stale = or_(Webhook.asked_at.is_(None), Webhook.asked_at <= now - ASKED_EVERY)
    wanted = list(current().scalars(select(Webhook.id).where(due, stale)))
    release()
    for webhook_id in wanted:
        with transaction() as session:
            asked = update(Webhook).where(Webhook.id == webhook_id, stale).values(asked_at=now)
            if session.execute(asked.execution_options(synchronize_session=False)).rowcount:  # type: ignore[attr-defined]
                outbox.enqueue(outbox.WEBHOOKS, webhook_id)
    return len(wanted)


def prune() -> int:
    """Delete some of what is too old, first what is oldest; returns how many rows, 0 when nothing is left to do."""
    now = clock.now()
    gone = 0
    for table, kept in ((StreamEvent, EVENTS_KEPT), (WebhookDelivery, DELIVERIES_KEPT)):
        old = select(table.id).where(table.created_at < now - kept).order_by(table.created_at).limit(AT_ONCE)
        ids = list(current().scalars(old))
        release()
        if ids:
            with transaction() as session:
                session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))
            gone += len(ids)
    return gone
