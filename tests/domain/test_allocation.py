"""Allocations keep within their caps, are undone by reversal only, and can be rebuilt from the log."""

import itertools
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.allocation import (
    AllocationError,
    AllocationFault,
    Balances,
    Entry,
    EntryKind,
    InvoiceBalance,
    PaymentBalance,
    apply_credit,
    apply_payment,
    broken_caps,
    rebuild,
    reversal_of,
    room,
    spread,
)
from webapp.domain.invoices import PaymentStatus

pytestmark = pytest.mark.pure
signed = st.decimals(min_value=-500, max_value=500, places=2)


def test_a_payment_is_applied_up_to_what_is_outstanding_and_the_rest_is_unapplied() -> None:
    invoice = InvoiceBalance(Decimal(100), paid=Decimal(30))
    payment = PaymentBalance(Decimal(90))
    applied = apply_payment(payment, invoice)
    assert applied == Decimal(70)
    assert PaymentBalance(payment.amount, applied).unapplied == Decimal(20)


def test_a_part_can_be_asked_for_but_never_more_than_there_is() -> None:
    invoice, payment = InvoiceBalance(Decimal(100)), PaymentBalance(Decimal(50), allocated=Decimal(40))
    assert apply_payment(payment, invoice, wanted=Decimal(5)) == Decimal(5)
    assert apply_payment(payment, invoice, wanted=Decimal(60)) == Decimal(10)


def test_a_bounced_collection_takes_back_at_most_what_was_paid() -> None:
    invoice = InvoiceBalance(Decimal(100), paid=Decimal(30), written_off=Decimal(70))
    assert room(Decimal(-50), invoice) == Decimal(-30)
    assert room(Decimal(-10), invoice) == Decimal(-10)


def test_a_refund_settles_a_credit_note_and_a_receipt_does_not() -> None:
    credit_note = InvoiceBalance(Decimal(-50))
    assert room(Decimal(-80), credit_note) == Decimal(-50)
    assert room(Decimal(80), credit_note) == 0


def test_a_credit_note_is_used_on_an_invoice_until_it_is_gone() -> None:
    assert apply_credit(InvoiceBalance(Decimal(-50)), InvoiceBalance(Decimal(80))) == Decimal(50)
    log = [Entry(1, 1, Decimal(50), EntryKind.CREDIT, credit_note_id=2)]
    state = rebuild(log, payments={}, invoices={1: Decimal(80), 2: Decimal(-50)})
    assert state.invoices[1].outstanding == Decimal(30)
    assert state.invoices[2].outstanding == 0
    assert state.invoices[2].status is PaymentStatus.PAID
    assert not broken_caps(state)


def test_one_payment_is_spread_over_several_invoices_in_their_order() -> None:
    invoices = [(7, InvoiceBalance(Decimal(40))), (8, InvoiceBalance(Decimal(0))), (9, InvoiceBalance(Decimal(100)))]
    assert spread(Decimal(90), invoices) == ({7: Decimal(40), 9: Decimal(50)}, Decimal(0))
    assert spread(Decimal(200), invoices) == ({7: Decimal(40), 9: Decimal(100)}, Decimal(60))


def test_a_reversal_restores_what_was_before() -> None:
    entry = Entry(1, 1, Decimal(60), payment_id=5)
    back = reversal_of(entry, entry_id=2, log=[entry])
    totals = {"payments": {5: Decimal(60)}, "invoices": {1: Decimal(100)}}
    assert rebuild([entry, back], **totals) == rebuild([], **totals)
    assert rebuild([entry], **totals).invoices[1].status is PaymentStatus.PARTIALLY_PAID


def test_nothing_is_reversed_twice_and_a_reversal_not_at_all() -> None:
    entry = Entry(1, 1, Decimal(60), payment_id=5)
    back = reversal_of(entry, entry_id=2, log=[entry])
    with pytest.raises(AllocationError) as twice:
        reversal_of(entry, entry_id=3, log=[entry, back])
    assert twice.value.reason is AllocationFault.ALREADY_REVERSED
    with pytest.raises(AllocationError) as again:
        reversal_of(back, entry_id=3, log=[entry, back])
    assert again.value.reason is AllocationFault.REVERSAL_OF_REVERSAL


def test_a_log_that_breaks_a_cap_is_named() -> None:
    log = [Entry(1, 1, Decimal(60), payment_id=5), Entry(2, 1, Decimal(60), payment_id=6)]
    state = rebuild(log, payments={5: Decimal(50), 6: Decimal(60)}, invoices={1: Decimal(100)})
    assert broken_caps(state) == ("payment:5", "invoice:1")


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Entry], dict[int, Decimal], dict[int, Decimal]]:
    """Draw a log as the rules allow it: payments, credits, write-offs and reversals, one after another."""
    payments = dict(enumerate(draw(st.lists(signed, min_size=1, max_size=4)), start=1))
    invoices = dict(enumerate(draw(st.lists(signed, min_size=1, max_size=4)), start=1))
    log: list[Entry] = []
    ids = itertools.count(1)
    for _ in range(draw(st.integers(0, 10))):
        state = rebuild(log, payments=payments, invoices=invoices)
        entry = _draw_entry(draw, state, log, next(ids))
        if entry is not None:
            log.append(entry)
    return log, payments, invoices


def _draw_entry(draw: st.DrawFn, state: Balances, log: list[Entry], entry_id: int) -> Entry | None:
    kind = draw(st.sampled_from([*EntryKind, "reversal"]))
    invoice_id = draw(st.sampled_from(sorted(state.invoices)))
    invoice = state.invoices[invoice_id]
    if kind == "reversal":
        # A negative payment takes from earlier ones: only the newest entry can always be undone.
        newest = log[-1] if log else None
        done = newest is None or newest.reverses is not None
        return None if newest is None or done else reversal_of(newest, entry_id=entry_id, log=log)
    if kind is EntryKind.PAYMENT:
        payment_id = draw(st.sampled_from(sorted(state.payments)))
        wanted = draw(st.none() | signed)
        amount = apply_payment(state.payments[payment_id], invoice, wanted=wanted)
        return Entry(entry_id, invoice_id, amount, payment_id=payment_id) if amount else None
    if kind is EntryKind.WRITE_OFF:
        amount = room(invoice.outstanding, invoice)
        return Entry(entry_id, invoice_id, amount, EntryKind.WRITE_OFF) if amount else None
    note_id = draw(st.sampled_from(sorted(state.invoices)))
    if state.invoices[note_id].total >= 0 or invoice.total <= 0:
        return None
    amount = apply_credit(state.invoices[note_id], invoice)
    return Entry(entry_id, invoice_id, amount, EntryKind.CREDIT, credit_note_id=note_id) if amount else None


@given(histories())
def test_no_allowed_history_breaks_a_cap(
    history: tuple[list[Entry], dict[int, Decimal], dict[int, Decimal]],
) -> None:
    log, payments, invoices = history
    state = rebuild(log, payments=payments, invoices=invoices)
    assert broken_caps(state) == ()
    for payment in state.payments.values():
        assert payment.allocated + payment.unapplied == payment.amount
        assert abs(payment.allocated) <= abs(payment.amount)
    for invoice in state.invoices.values():
        assert abs(invoice.settled) <= abs(invoice.total)
        assert invoice.outstanding + invoice.settled == invoice.total
        assert invoice.status is not PaymentStatus.OVERPAID


@given(histories(), st.randoms(use_true_random=False))
def test_the_state_does_not_depend_on_order_or_on_repetition(
    history: tuple[list[Entry], dict[int, Decimal], dict[int, Decimal]], random: Random
) -> None:
    log, payments, invoices = history
    shuffled = log * 10
    random.shuffle(shuffled)
    totals = {"payments": payments, "invoices": invoices}
    assert rebuild(shuffled, **totals) == rebuild(log, **totals)


@given(signed, st.lists(signed, max_size=5))
def test_spreading_loses_nothing(amount: Decimal, totals: list[Decimal]) -> None:
    parts, rest = spread(amount, [(index, InvoiceBalance(total)) for index, total in enumerate(totals)])
    assert sum(parts.values(), rest) == amount
    assert all(abs(part) <= abs(totals[index]) for index, part in parts.items())
