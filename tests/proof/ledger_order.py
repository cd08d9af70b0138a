"""The same facts in a thousand orders: payments, credits, write-offs and looks at the books end in one state."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from tests.proof.ledger_model import LedgerMachine
from tests.proof.stage import Stage
from webapp.extensions import clock
from webapp.queries import ledger_audit
from webapp.services import gateways, payments
from webapp.services.payments import PaymentData
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment
from webapp.store.session import current

Step = Callable[[], Any]
LOOKS = (("21.00", "0.00", "0.00"), ("61.00", "48.40", "0.00"), ("121.00", "48.40", "-20.00"))
"""What three looks at the books find settled, invoice by invoice."""


class _Desk(LedgerMachine):
    """The machine's beginning alone: an organisation with booked invoices."""

    def __init__(self) -> None:
        """Begin, without the machine's rules."""
        self.begin()


def shuffled(stage: Stage, times: int, *, number: int = 1) -> tuple[str, dict[str, Any], bool]:
    """Play one set of facts in so many orders; returns how many different ends there were."""
    rng = random.Random(number)
    ends: set[tuple[Any, ...]] = set()
    wrong = 0
    with stage.app.app_context(), patch.object(gateways, "make_gateway", lambda *_, **__: _Desk.gateway):
        for _ in range(times):
            desk = _Desk()
            steps = _facts(desk) * 2  # every fact arrives twice
            rng.shuffle(steps)
            for step in steps:
                step()
            wrong += len(ledger_audit.differences(desk.actor.organisation_id))
            ends.add(_end(desk))
        clock.reset()
    return "orders", {"shuffles": times, "ends": len(ends), "wrong": wrong}, len(ends) == 1 and not wrong


def _facts(desk: _Desk) -> list[Step]:
    """Facts that may come in any order, each of which counts once however often it comes."""
    big, small, note = desk.booked
    start = clock.now()
    done: set[str] = set()

    def paid(key: str, amount: str, *parts: tuple[int, str]) -> Step:
        def step() -> None:
            data = PaymentData("statement", key, Decimal(amount), date(2026, 3, 2))
            found = payments.record_payment(desk.actor, data)
            if found.fresh and parts:
                payments.allocate(desk.actor, found.payment_id, [(invoice, Decimal(part)) for invoice, part in parts])

        return step

    def once(name: str, verb: Callable[..., Any], *args: Any) -> Step:
        def step() -> None:
            if name not in done:
                done.add(name)
                verb(desk.actor, *args)

        return step

    def look(place: int) -> Step:
        def step() -> None:
            clock.freeze(start + timedelta(hours=place + 1))
            for booking, settled in zip(_Desk.gateway.ledger, LOOKS[place], strict=True):
                booking.open_amount = booking.amount - Decimal(settled)
            (run_id,) = payments.ask(desk.actor, desk.connection)
            payments.process(run_id)

        return step

    return [
        paid("a", "70.00", (big, "50.00"), (small, "20.00")),
        paid("b", "30.00", (big, "30.00")),
        paid("c", "15.00"),
        once("credit", payments.credit_against, note, big, Decimal("12.10")),
        once("write off", payments.write_off, small, "bank_costs", Decimal("0.40")),
        look(0),
        look(1),
        look(2),
    ]


def _end(desk: _Desk) -> tuple[Any, ...]:
    """Return what all that came to; how the books' word was cut into steps is no part of it."""
    current().rollback()
    invoices = current().execute(
        select(
            Invoice.gross_total,
            Invoice.paid_amount,
            Invoice.credited_amount,
            Invoice.written_off_amount,
            Invoice.outstanding_amount,
            Invoice.payment,
        )
        .where(Invoice.organisation_id == desk.actor.organisation_id)
        .order_by(Invoice.id)
    )
    direct = current().execute(
        select(Payment.remote_key, Payment.allocated_amount, Payment.unapplied_amount)
        .where(Payment.organisation_id == desk.actor.organisation_id, Payment.invoice_id.is_(None))
        .order_by(Payment.remote_key)
    )
    return (*map(tuple, invoices), *map(tuple, direct))
