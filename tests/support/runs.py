"""Runs for tests, as the services leave them behind."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from webapp.extensions import clock
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.runs import HttpExchange, Run, RunItem
from webapp.store.session import transaction

STATES = {"succeeded": "sent", "failed": "rejected", "unknown": "unknown"}


def make_run(
    organisation_id: int,
    connection_id: int | None,
    outcomes: Sequence[tuple[int, str, str]] = (),
    **facts: Any,
) -> int:
    """Store a run and what became of its invoices, each as (invoice, outcome, failure); returns its id.

    Whatever was not skipped or pending also has its delivery. Status and result follow from the outcomes where
    they are not given.
    """
    now = clock.now()
    counts = {
        name: sum(1 for _, outcome, _ in outcomes if outcome == name)
        for name in ("succeeded", "failed", "skipped", "unknown")
    }
    pending = len(outcomes) - sum(counts.values())
    bad = counts["failed"] + counts["unknown"]
    status = "running" if pending else "completed" if not bad else "partial" if counts["succeeded"] else "failed"
    values: dict[str, Any] = {
        "category": "send_invoices",
        "trigger": "manual",
        "actor_name": "Marieke Visser",
        "status": status,
        "result": "" if pending else "ok" if not bad else "partial",
        "offered": len(outcomes),
        "created_at": now,
        "started_at": now,
        "heartbeat_at": now,
        "ended_at": None if pending else now + timedelta(seconds=4),
        "calls": 2,
    } | counts
    with transaction() as session:
        run = Run(organisation_id=organisation_id, connection_id=connection_id, **(values | facts))
        session.add(run)
        session.flush()
        for invoice_id, outcome, failure in outcomes:
            delivery = None
            if outcome in STATES:
                state = "conflict" if failure == "duplicate" else STATES[outcome]
                delivery = Delivery(
                    organisation_id=organisation_id,
                    invoice_id=invoice_id,
                    connection_id=connection_id,
                    state=state,
                    failure=failure,
                    run_id=run.id,
                    created_at=now,
                    updated_at=now,
                )
                session.add(delivery)
                session.flush()
                session.get_one(Invoice, invoice_id).delivery = state
            elif failure == "already_sent":
                session.get_one(Invoice, invoice_id).delivery = "sent"
            session.add(
                RunItem(
                    run_id=run.id,
                    organisation_id=organisation_id,
                    invoice_id=invoice_id,
                    delivery_id=delivery.id if delivery else None,
                    outcome=outcome,
                    failure=failure,
                    attempts=1 if delivery else 0,
                    updated_at=now,
                )
            )
    return run.id


def make_exchange(organisation_id: int, connection_id: int, run_id: int, **facts: Any) -> int:
    """Store one call of a run, and return its id."""
    values: dict[str, Any] = {
        "operation": "ProcessSalesInvoices",
        "started_at": clock.now(),
        "duration_ms": 842,
        "http_status": 200,
        "request": "<a><b>1</b></a>",
        "response": "<c/>",
        "request_bytes": 18342,
        "response_bytes": 4,
    }
    with transaction() as session:
        exchange = HttpExchange(
            organisation_id=organisation_id, connection_id=connection_id, run_id=run_id, **(values | facts)
        )
        session.add(exchange)
    return exchange.id
