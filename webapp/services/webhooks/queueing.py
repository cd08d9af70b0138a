"""Note which webhooks are due which events; inside of the transaction of the events."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from webapp.domain.webhooks import GIVES_UP
from webapp.extensions import clock
from webapp.services import outbox
from webapp.store.straight import Fixed, line_of
from webapp.store.types import table_of
from webapp.store.webhooks import Webhook, WebhookDelivery

_TABLE = table_of(Webhook)
_HOOKS = Fixed(
    select(_TABLE.c.id)
    .where(_TABLE.c.organisation_id == bindparam("whose"), _TABLE.c.removed_at.is_(None))
    .order_by(_TABLE.c.id),
    prompt=True,
)


def queue(session: Session, organisation_id: int, events: Sequence[dict[str, Any]]) -> None:
    """Queue each event (`position`, `kind`, `invoice_id`, `payload`) for every webhook of its organisation."""
    hooks = [row[0] for row in line_of(session.connection()).all(_HOOKS, {"whose": organisation_id})]
    if not hooks:
        return
    now = clock.now()
    rows = [
        {
            "organisation_id": organisation_id,
            "webhook_id": hook,
            "position": event["position"],
            "kind": event["kind"],
            "invoice_id": event["invoice_id"],
            "number": str(event["payload"].get("invoice_no") or ""),
            "state": "waiting",
            "attempts": 0,
            "next_at": now,
            "give_up_at": now + GIVES_UP,
            "last_error": "",
            "created_at": now,
        }
        for hook in hooks
        for event in events
    ]
    session.execute(insert(WebhookDelivery), rows)
    for hook in hooks:
        outbox.enqueue(outbox.WEBHOOKS, hook)
