"""What the pages of webhooks show: each with how it stands, and its log of deliveries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask_babel
from sqlalchemy import case, func, select

from webapp.domain.webhooks import WebhookState
from webapp.store.invoices import Invoice
from webapp.store.session import current
from webapp.store.webhooks import Webhook, WebhookDelivery

_: Callable[..., str] = flask_babel.gettext
PAGE = 50
MOST_REMOVED = 20


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """A webhook without its secret; `waiting` and `given_up` count its deliveries of the time the log covers."""

    id: int
    address: str
    secret_hint: str
    created_at: datetime
    created_by: str
    removed_at: datetime | None
    waiting: int
    given_up: int
    last_at: datetime | None
    failing: bool

    @property
    def state(self) -> str:
        """In one word: removed, failing, waiting, given_up, good or new."""
        if self.removed_at is not None:
            return "removed"
        if self.failing:
            return "failing"
        if self.waiting:
            return "waiting"
        return "given_up" if self.given_up else "good" if self.last_at else "new"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One event of the log; `invoice_id` is None when the invoice is no longer there."""

    id: int
    position: int
    kind: str
    number: str
    invoice_id: int | None
    state: str
    attempts: int
    tried_at: datetime | None
    next_at: datetime
    created_at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    """A page of the log, newest first; `newer` and `older` are the ids to go on from."""

    rows: tuple[DeliveryLine, ...]
    newer: int | None
    older: int | None


def hooks(organisation_id: int) -> list[WebhookLine]:
    """Return the webhooks of an organisation: those that work, then the twenty that were removed last."""
    found = current().execute(_lines(organisation_id).order_by(Webhook.removed_at.is_not(None), Webhook.id.desc()))
    lines = [_line(row) for row in found]
    return [one for one in lines if one.removed_at is None] + [one for one in lines if one.removed_at][:MOST_REMOVED]


def hook(organisation_id: int, webhook_id: int) -> WebhookLine | None:
    """Return one webhook, None when the organisation has no such one."""
    row = current().execute(_lines(organisation_id).where(Webhook.id == webhook_id)).one_or_none()
    return _line(row) if row else None


def count(organisation_id: int) -> int:
    """Return how many webhooks an organisation has."""
    mine = (Webhook.organisation_id == organisation_id, Webhook.removed_at.is_(None))
    return current().scalar(select(func.count()).select_from(Webhook).where(*mine)) or 0


def deliveries(
    organisation_id: int, webhook_id: int, *, after: int | None = None, before: int | None = None
) -> DeliveriesPage:
    """Return a page of a webhook's log; `after` goes on to older ones, `before` back to newer ones."""
    wanted = (
        select(WebhookDelivery, Invoice.id)
        .outerjoin(
            Invoice,
            (Invoice.id == WebhookDelivery.invoice_id) & (Invoice.organisation_id == WebhookDelivery.organisation_id),
        )
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.organisation_id == organisation_id)
    )
    back = before is not None and after is None
    if after is not None:
        wanted = wanted.where(WebhookDelivery.id < after)
    elif before is not None:
        wanted = wanted.where(WebhookDelivery.id > before)
    order = WebhookDelivery.id.asc() if back else WebhookDelivery.id.desc()
    found = current().execute(wanted.order_by(order).limit(PAGE + 1)).all()
    more, found = len(found) > PAGE, found[:PAGE]
    rows = tuple(_delivery(row) for row in (found[::-1] if back else found))
    newer = bool(rows) and (more if back else after is not None)
    older = bool(rows) and (True if back else more)
    return DeliveriesPage(rows, rows[0].id if newer else None, rows[-1].id if older else None)


def answer_text(status: int | None, error: str) -> str:
    """Put what came of a call into words."""
    if status is not None:
        return _("answered %(status)s", status=status)
    words = {
        "private": _("the name stands for an address of a private network"),
        "host": _("the host is no longer allowed"),
        "none_allowed": _("no hosts are allowed"),
        "gone": _("the event is no longer kept"),
        "sealed": _("the secret cannot be opened; add the webhook anew"),
    }
    if error in words or not error:
        return words.get(error, "")
    return _("could not be reached") if error.startswith("nothing was sent") else _("no whole answer")


def _lines(organisation_id: int) -> Any:
    """Counted in one go over the deliveries; the log holds thirty days of them."""

    def counted(state: WebhookState) -> Any:
        return func.coalesce(func.sum(case((WebhookDelivery.state == state.value, 1), else_=0)), 0)

    failing = case(((WebhookDelivery.state == WebhookState.WAITING.value) & (WebhookDelivery.attempts > 0), 1), else_=0)
    facts = (
        select(
            WebhookDelivery.webhook_id,
            counted(WebhookState.WAITING).label("waiting"),
            counted(WebhookState.GIVEN_UP).label("given_up"),
            func.max(WebhookDelivery.tried_at).label("last_at"),
            func.max(failing).label("failing"),
        )
        .where(WebhookDelivery.organisation_id == organisation_id)
        .group_by(WebhookDelivery.webhook_id)
        .subquery()
    )
    return (
        select(Webhook, facts.c.waiting, facts.c.given_up, facts.c.last_at, facts.c.failing)
        .outerjoin(facts, facts.c.webhook_id == Webhook.id)
        .where(Webhook.organisation_id == organisation_id)
    )


def _line(row: Any) -> WebhookLine:
    hook: Webhook = row.Webhook
    return WebhookLine(
        id=hook.id,
        address=hook.address,
        secret_hint=hook.secret_hint,
        created_at=hook.created_at,
        created_by=hook.created_by,
        removed_at=hook.removed_at,
        waiting=row.waiting or 0,
        given_up=row.given_up or 0,
        last_at=row.last_at,
        failing=bool(row.failing),
    )


def _delivery(row: Any) -> DeliveryLine:
    found: WebhookDelivery = row[0]
    return DeliveryLine(
        id=found.id,
        position=found.position,
        kind=found.kind,
        number=found.number,
        invoice_id=row[1],
        state=found.state,
        attempts=found.attempts,
        tried_at=found.tried_at,
        next_at=found.next_at,
        created_at=found.created_at,
        answer=answer_text(found.last_status, found.last_error),
    )


def hook_of(organisation_id: int, delivery_id: int) -> int | None:
    """Return the webhook of a delivery, None when the organisation has no such one."""
    mine = (WebhookDelivery.id == delivery_id, WebhookDelivery.organisation_id == organisation_id)
    return current().scalar(select(WebhookDelivery.webhook_id).where(*mine))
