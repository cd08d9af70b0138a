"""Any history of paying, taking back and looking: the invariants of payments hold after every look."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.payments.conftest import Desk, MemoryBooks
from tests.support.records import make_connection, make_invoice
from webapp.domain.allocation import Entry, broken_caps, rebuild
from webapp.extensions import clock
from webapp.services import accounts, gateways
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current

PRICES = ("100.00", "-80.00")


@dataclass
class Story:
    """A desk of its own, and its invoices by their place."""

    desk: Desk
    invoices: list[int]

    def move(self, hand: str, place: int, percent: int) -> None:
        """Pay a share of an invoice (in percent of its total), or take back so much of what was paid."""
        booking = self.desk.books.ledger[place]
        share = (booking.amount * percent / 100).quantize(Decimal("0.01"))
        if hand == "reverse":
            share = -min(share, booking.amount - booking.open_amount, key=abs)
        booking.open_amount -= share

    def look(self, *, shuffled: bool = False) -> None:
        listed = self.desk.books.ledger
        self.desk.books.ledger = listed[::-1] if shuffled else listed
        clock.advance(timedelta(minutes=1))
        run = self.desk.process()
        self.desk.books.ledger = listed
        assert run.status == "completed"
        assert run.offered == run.succeeded + run.failed + run.skipped + run.unknown
        self.check(run.details)

    def check(self, details: dict[str, Any]) -> None:
        current().expire_all()
        rows = {row.id: row for row in current().scalars(select(Invoice).where(Invoice.id.in_(self.invoices)))}
        payments = {
            row.id: row
            for row in current().scalars(
                select(Payment).where(Payment.organisation_id == self.desk.organisation.id).order_by(Payment.id)
            )
        }
        entries = current().scalars(select(Allocation).where(Allocation.payment_id.in_(list(payments)))).all()
        log = [Entry(one.id, one.invoice_id, one.amount, payment_id=one.payment_id) for one in entries]
        balances = rebuild(
            log,
            payments={one.id: one.amount for one in payments.values()},
            invoices={one.id: one.gross_total for one in rows.values()},
        )
        # 1 and 2: nothing is set against anything beyond its amount, and nothing outstanding is negative.
        assert broken_caps(balances) == ()
        for booking in self.desk.books.ledger:
            (row,) = (one for one in rows.values() if one.number == booking.reference)
            low, high = sorted((Decimal(0), row.gross_total))
            assert low <= row.outstanding_amount <= high
            # 5: what the invoice says is what the log says.
            assert row.outstanding_amount == balances.invoices[row.id].outstanding
            assert row.paid_amount == balances.invoices[row.id].paid
            # Here is open what is open there, unless more was paid than it comes to.
            assert row.outstanding_amount == min(max(booking.open_amount, low), high)
            overpaid = not low <= booking.open_amount <= high
            assert (row.payment == "overpaid") is overpaid
        # 9: what differs is listed, to the cent.
        here = sum((one.outstanding_amount for one in rows.values()), Decimal(0))
        there = sum((one.open_amount for one in self.desk.books.ledger), Decimal(0))
        listed = {one["cause"]: Decimal(one["amount"]) for one in details["causes"]}
        assert (Decimal(details["open_here"]), Decimal(details["open_there"])) == (here, there)
        assert there - here == sum(listed.values(), Decimal(0))
        assert set(listed) <= {"overpaid"}


def begin(monkeypatch: pytest.MonkeyPatch) -> Story:
    """Book the invoices with a new organisation, and let the margin go by."""
    books = MemoryBooks()
    monkeypatch.setattr(gateways, "make_gateway", lambda *_, **__: books)
    number = current().scalar(select(func.count()).select_from(Invoice)) or 0
    organisation = accounts.add_organisation(f"Organisatie {number}")
    desk = Desk(organisation, make_connection(organisation.id), books)
    ids = [make_invoice(organisation.id, f"26-{n:04}", price=price) for n, price in enumerate(PRICES, 1)]
    desk.send(*ids)
    clock.advance(timedelta(minutes=11))
    return Story(desk, ids)


STEPS = st.tuples(
    st.sampled_from(["pay", "reverse"]), st.integers(0, len(PRICES) - 1), st.sampled_from([1, 50, 100, 120])
)
LOOKS = st.sampled_from(["look", "look shuffled", ""])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.tuples(STEPS, LOOKS), min_size=1, max_size=8))
@example(history=[(("pay", 0, 120), "look"), (("reverse", 0, 50), "look"), (("pay", 0, 50), "look")])
@example(history=[(("pay", 1, 120), "look"), (("reverse", 1, 120), "look shuffled"), (("pay", 1, 100), "look")])
def test_the_invariants_hold_after_every_look(
    history: list[tuple[tuple[str, int, int], str]], shared_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = begin(monkeypatch)
    for (hand, place, percent), look in history:
        story.move(hand, place, percent)
        if look:
            story.look(shuffled=look == "look shuffled")
    story.look()
    before = story.desk.everything()
    # 6: the same facts, taken again and in another order, count once.
    story.look(shuffled=True)
    story.look()
    assert story.desk.everything() == before
