"""The three axes of an invoice keep to their own rules."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.invoices import (
    DeliveryState,
    DocumentStatus,
    InvoiceKind,
    NotSendable,
    PaymentStatus,
    can_deliver,
    can_move,
    is_overdue,
    outstanding,
    overpaid_by,
    payment_status,
    sendable,
)

pytestmark = pytest.mark.pure
money = st.decimals(min_value=0, max_value=1000, places=2)
TODAY = date(2026, 8, 7)


def test_the_code_names_are_those_of_the_glossary() -> None:
    assert [*DocumentStatus] == [
        "proposed",
        "draft",
        "approved",
        "authorised",
        "emailing",
        "sent",
        "cancelled",
        "review",
    ]
    assert [*DeliveryState] == [
        "not_sent",
        "queued",
        "sending",
        "sent",
        "rejected",
        "unknown",
        "conflict",
        "cancelled",
    ]
    assert [*PaymentStatus] == ["open", "partially_paid", "paid", "overpaid", "written_off"]
    assert [*InvoiceKind] == ["sales", "purchase"]


def test_a_draft_becomes_sent_step_by_step_only() -> None:
    steps = [DocumentStatus.DRAFT, DocumentStatus.APPROVED, DocumentStatus.AUTHORISED, DocumentStatus.SENT]
    assert all(can_move(first, second) for first, second in pairwise(steps))
    assert not can_move(DocumentStatus.DRAFT, DocumentStatus.AUTHORISED)
    assert not can_move(DocumentStatus.DRAFT, DocumentStatus.SENT)
    assert not can_move(DocumentStatus.APPROVED, DocumentStatus.SENT)


def test_what_was_sent_comes_back_only_through_review() -> None:
    assert not can_move(DocumentStatus.SENT, DocumentStatus.DRAFT)
    assert can_move(DocumentStatus.SENT, DocumentStatus.REVIEW)
    assert can_move(DocumentStatus.REVIEW, DocumentStatus.SENT)


@pytest.mark.parametrize("status", list(DocumentStatus))
def test_what_is_cancelled_stays_so_and_nothing_moves_to_where_it_is(status: DocumentStatus) -> None:
    assert not can_move(DocumentStatus.CANCELLED, status)
    assert not can_move(status, status)


@pytest.mark.parametrize("state", list(DeliveryState))
def test_what_is_in_the_books_stays_there(state: DeliveryState) -> None:
    assert not can_deliver(DeliveryState.SENT, state)


def test_a_delivery_is_never_sent_without_being_claimed_or_looked_up() -> None:
    sources = {state for state in DeliveryState if can_deliver(state, DeliveryState.SENT)}
    assert sources == {DeliveryState.SENDING, DeliveryState.UNKNOWN}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (DocumentStatus.SENT, None),
        (DocumentStatus.DRAFT, NotSendable.NOT_ISSUED),
        (DocumentStatus.APPROVED, NotSendable.NOT_ISSUED),
        (DocumentStatus.AUTHORISED, NotSendable.NOT_ISSUED),
        (DocumentStatus.REVIEW, NotSendable.IN_REVIEW),
        (DocumentStatus.CANCELLED, NotSendable.CANCELLED),
    ],
)
def test_only_a_sales_invoice_sent_to_the_customer_goes_to_the_books(
    status: DocumentStatus, reason: NotSendable | None
) -> None:
    assert sendable(status, InvoiceKind.SALES) == reason
    assert sendable(status, InvoiceKind.PURCHASE) is NotSendable.NOT_SALES


@pytest.mark.parametrize(
    ("total", "paid", "credited", "written_off", "status", "left"),
    [
        ("100", "0", "0", "0", PaymentStatus.OPEN, "100"),
        ("100", "26.40", "0", "0", PaymentStatus.PARTIALLY_PAID, "73.60"),
        ("100", "0", "40", "0", PaymentStatus.PARTIALLY_PAID, "60"),
        ("100", "100", "0", "0", PaymentStatus.PAID, "0"),
        ("100", "60", "40", "0", PaymentStatus.PAID, "0"),
        ("100", "120", "0", "0", PaymentStatus.OVERPAID, "0"),
        ("100", "99.98", "0", "0.02", PaymentStatus.PAID, "0"),
        ("100", "0", "0", "100", PaymentStatus.WRITTEN_OFF, "0"),
        ("100", "10", "0", "90", PaymentStatus.WRITTEN_OFF, "0"),
        ("0", "0", "0", "0", PaymentStatus.PAID, "0"),
        ("-50", "0", "0", "0", PaymentStatus.OPEN, "-50"),
        ("-50", "-20", "0", "0", PaymentStatus.PARTIALLY_PAID, "-30"),
        ("-50", "0", "-50", "0", PaymentStatus.PAID, "0"),
        ("-50", "-60", "0", "0", PaymentStatus.OVERPAID, "0"),
        ("100", "-10", "0", "0", PaymentStatus.OPEN, "110"),
    ],
)
def test_the_payment_status_follows_from_the_amounts(
    total: str, paid: str, credited: str, written_off: str, status: PaymentStatus, left: str
) -> None:
    amounts = {"credited": Decimal(credited), "written_off": Decimal(written_off)}
    assert payment_status(Decimal(total), Decimal(paid), **amounts) is status
    assert outstanding(Decimal(total), Decimal(paid), **amounts) == Decimal(left)


@given(money, money, money, money)
def test_a_credit_note_mirrors_an_invoice(total: Decimal, paid: Decimal, credited: Decimal, lost: Decimal) -> None:
    plain = payment_status(total, paid, credited=credited, written_off=lost)
    mirrored = payment_status(-total, -paid, credited=-credited, written_off=-lost)
    if total:
        assert plain is mirrored
        assert outstanding(-total, -paid, credited=-credited, written_off=-lost) == -outstanding(
            total, paid, credited=credited, written_off=lost
        )


@given(money, money, money, money)
def test_outstanding_is_never_negative_and_nothing_is_lost(
    total: Decimal, paid: Decimal, credited: Decimal, lost: Decimal
) -> None:
    left = outstanding(total, paid, credited=credited, written_off=lost)
    over = overpaid_by(total, paid, credited=credited, written_off=lost)
    assert left >= 0
    assert over >= 0
    assert total + over == paid + credited + lost + left
    status = payment_status(total, paid, credited=credited, written_off=lost)
    assert (left > 0) == (status in {PaymentStatus.OPEN, PaymentStatus.PARTIALLY_PAID})


def test_overdue_is_from_the_day_after_the_due_date_while_something_is_owed() -> None:
    owed = Decimal("0.01")
    assert is_overdue(date(2026, 8, 6), owed, today=TODAY)
    assert not is_overdue(TODAY, owed, today=TODAY)
    assert not is_overdue(date(2026, 8, 6), Decimal(0), today=TODAY)
    assert not is_overdue(date(2026, 8, 6), Decimal(-50), today=TODAY)
    assert not is_overdue(None, owed, today=TODAY)
