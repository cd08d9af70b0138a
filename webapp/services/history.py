"""The history of an invoice: events with parameters, written in the transaction of what they tell."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.store.invoices import InvoiceEvent
from webapp.store.session import current
from webapp.store.straight import Fixed, Line, line_of
from webapp.store.types import table_of

COLUMNS = ("organisation_id", "invoice_id", "occurred_at", "actor_kind", "actor_name", "event", "params")
_INSERT = Fixed(insert(table_of(InvoiceEvent)), columns=COLUMNS, prompt=True)


def record(
    invoice_id: int, event: str, *, actor: Actor, run_id: int | None = None, params: dict[str, Any] | None = None
) -> None:
    """Add a line to an invoice's history; amounts and dates in `params` as strings."""
    current().add(
        InvoiceEvent(
            organisation_id=actor.organisation_id,
            invoice_id=invoice_id,
            occurred_at=clock.now(),
            actor_kind=actor.kind,
            actor_name=actor.name,
            event=event,
            params=params or {},
            run_id=run_id,
        )
    )


def record_all(invoice_id: int, events: Sequence[str], *, actor: Actor) -> None:
    """Write lines without parameters at once, straight to the table."""
    put(line_of(current().connection()), lines_of(invoice_id, events, actor=actor))


def lines_of(invoice_id: int, events: Sequence[str], *, actor: Actor) -> list[dict[str, Any]]:
    """Return lines without parameters as `put` takes them."""
    common = {
        "organisation_id": actor.organisation_id,
        "invoice_id": invoice_id,
        "occurred_at": clock.now(),
        "actor_kind": actor.kind,
        "actor_name": actor.name,
        "params": {},
    }
    return [common | {"event": event} for event in events]


def put(line: Line, lines: Sequence[dict[str, Any]]) -> None:
    """Write lines of histories, straight to the table."""
    if lines:
        line.many(_INSERT, lines)
