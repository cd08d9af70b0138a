"""The planner: open items in, payments out; each fact once, in any order, and nothing guessed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.documents import NEVER_OUTSTANDING, PaymentMethod
from webapp.domain.payments import (
    Ambiguous,
    CreditOpen,
    CurrencyDiffers,
    Intent,
    KnownInvoice,
    NeverOutstanding,
    NoProof,
    NotYetSeen,
    Received,
    RemoteItem,
    Reversed,
    SeenOpen,
    TotalDiffers,
    Unapplied,
    UnknownItem,
    plan_payments,
)

pytestmark = pytest.mark.pure
ASKED = datetime(2024, 8, 6, 12, tzinfo=UTC)
DAY = date(2024, 8, 6)
BOOKED = ASKED - timedelta(days=5)


def known(invoice_id: int = 1, total: str = "126.40", last_open: str | None = "126.40") -> KnownInvoice:
    return KnownInvoice(
        invoice_id,
        reference=f"2024-{invoice_id:04}",
        total=Decimal(total),
        last_open=None if last_open is None else Decimal(last_open),
        booked_at=BOOKED,
        payment_method=PaymentMethod.ELECTRONIC_TRANSFER,
    )


def item(invoice_id: int = 1, open_amount: str = "126.40", original: str = "126.40") -> RemoteItem:
    return RemoteItem(
        f"item-{invoice_id}", f"2024-{invoice_id:04}", Decimal(open_amount), Decimal(original), type_id="6"
    )


def plan(invoices: Sequence[KnownInvoice], items: Sequence[RemoteItem]) -> tuple[Intent, ...]:
    return plan_payments(invoices, items, asked_at=ASKED, seen_on=DAY)


def received(intents: Sequence[Intent]) -> list[Received]:
    return [intent for intent in intents if isinstance(intent, Received)]


def test_an_open_amount_that_fell_is_a_payment_of_the_difference_on_the_day_it_was_seen() -> None:
    payment, seen = plan([known()], [item(open_amount="100.00")])
    assert isinstance(payment, Received)
    assert (payment.amount, payment.seen_on, payment.settles) == (Decimal("26.40"), DAY, False)
    assert isinstance(seen, SeenOpen)
    assert (seen.open_amount, seen.first) == (Decimal("100.00"), False)


def test_what_was_open_and_is_gone_is_paid_in_full() -> None:
    (payment,) = plan([known(last_open="100.00")], [])
    assert isinstance(payment, Received)
    assert (payment.amount, payment.settles) == (Decimal("100.00"), True)


def test_what_is_as_it_was_yields_nothing() -> None:
    assert plan([known()], [item()]) == ()
    assert plan([known(last_open="0")], []) == ()


def test_at_the_first_sight_what_was_paid_before_counts() -> None:
    payment, seen = plan([known(last_open=None)], [item(open_amount="26.40")])
    assert isinstance(payment, Received)
    assert payment.amount == Decimal("100.00")
    assert isinstance(seen, SeenOpen)
    assert seen.first


def test_booked_by_us_with_a_method_that_shows_and_absent_is_paid_in_full() -> None:
    (payment,) = plan([known(last_open=None)], [])
    assert isinstance(payment, Received)
    assert (payment.amount, payment.settles) == (Decimal("126.40"), True)


@pytest.mark.parametrize("method", sorted(NEVER_OUTSTANDING))
def test_a_method_that_never_shows_is_no_proof_and_is_named(method: PaymentMethod) -> None:
    invoice = replace(known(last_open=None), payment_method=method)
    assert plan([invoice], []) == (NeverOutstanding(1, method),)


def test_even_such_a_method_is_paid_once_it_was_seen_open() -> None:
    invoice = replace(known(), payment_method=PaymentMethod.IDEAL)
    assert [payment.settles for payment in received(plan([invoice], []))] == [True]


def test_what_we_did_not_book_and_never_saw_is_no_proof() -> None:
    invoice = replace(known(last_open=None), booked_at=None)
    assert plan([invoice], []) == (NotYetSeen(1, NoProof.NOT_BOOKED),)


@pytest.mark.parametrize("after", [timedelta(minutes=-10), timedelta(0), timedelta(minutes=3)])
def test_an_invoice_booked_a_moment_ago_is_not_judged(after: timedelta) -> None:
    invoice = replace(known(last_open=None), booked_at=ASKED + after)
    assert plan([invoice], []) == (NotYetSeen(1, NoProof.TOO_RECENT),)


def test_an_open_amount_that_rose_is_a_reversal() -> None:
    back, _ = plan([known(last_open="26.40")], [item(open_amount="126.40")])
    assert isinstance(back, Reversed)
    assert back.amount == Decimal("100.00")


def test_a_paid_invoice_that_is_open_again_is_a_reversal() -> None:
    back, seen = plan([known(last_open="0")], [item()])
    assert isinstance(back, Reversed)
    assert back.amount == Decimal("126.40")
    assert isinstance(seen, SeenOpen)


def test_what_was_paid_without_ever_being_seen_open_is_reversed_when_it_shows() -> None:
    invoice = replace(known(last_open=None), movements=1)
    assert plan([invoice], []) == ()
    back, seen = plan([invoice], [item()])
    assert isinstance(back, Reversed)
    assert back.amount == Decimal("126.40")
    assert isinstance(seen, SeenOpen)


def test_a_payment_of_more_than_was_open_is_received_whole() -> None:
    intents = plan([known(last_open="100")], [item(open_amount="-20")])
    (payment,) = received(intents)
    assert (payment.amount, payment.settles) == (Decimal(120), True)


def test_a_credit_note_that_is_used_counts_with_its_own_sign() -> None:
    note = known(total="-50", last_open="-50")
    intents = plan([note], [item(open_amount="-30", original="-50")])
    assert [payment.amount for payment in received(intents)] == [Decimal(-20)]
    assert [intent.invoice_id for intent in intents if isinstance(intent, CreditOpen)] == [1]
    (payment,) = plan([note], [])
    assert isinstance(payment, Received)
    assert (payment.amount, payment.settles) == (Decimal(-50), True)


def test_one_reference_for_two_items_is_an_ambiguity_and_no_payment() -> None:
    twin = item(open_amount="10")._replace(remote_id="item-x")
    intents = plan([known()], [item(), twin])
    assert intents == (Ambiguous("2024-0001", ("item-1", "item-x"), (1,), Decimal("136.40")),)


def test_one_reference_for_two_invoices_is_an_ambiguity_too() -> None:
    (found,) = plan([known(1), replace(known(2), reference="2024-0001")], [item()])
    assert isinstance(found, Ambiguous)
    assert found.invoice_ids == (1, 2)


def test_the_document_of_the_books_tells_equal_references_apart() -> None:
    first, second = (replace(known(index), reference="001", document_id=f"doc-{index}") for index in (1, 2))
    items = [
        item(index, open_amount=amount)._replace(reference="001", document_id=f"doc-{index}")
        for index, amount in ((1, "100.00"), (2, "126.40"))
    ]
    assert [(payment.invoice_id, payment.amount) for payment in received(plan([first, second], items))] == [
        (1, Decimal("26.40"))
    ]


def test_the_same_number_on_another_document_is_another_invoice() -> None:
    ours = replace(known(), document_id="doc-1")
    intents = plan([ours], [item()._replace(document_id="doc-9")])
    assert [payment.invoice_id for payment in received(intents)] == [1]
    assert any(isinstance(intent, UnknownItem) for intent in intents)


def test_an_item_listed_on_two_pages_is_one_item() -> None:
    assert plan([known()], [item(), item()]) == ()


def test_what_is_open_there_and_not_known_here_is_listed_by_what_it_is() -> None:
    receipt = RemoteItem("r1", "", Decimal(-75), Decimal(-75), contact_name="Bakkerij")
    credit = RemoteItem("c1", "CN-1", Decimal(-5), Decimal(-5), type_id="6")
    foreign = RemoteItem("u1", "X-1", Decimal(9), Decimal(9), type_id="6")
    assert set(plan([], [receipt, credit, foreign])) == {
        CreditOpen("c1", "CN-1", Decimal(-5), "", invoice_id=None),
        UnknownItem("u1", "X-1", Decimal(9), ""),
        Unapplied("r1", Decimal(75), "EUR", "Bakkerij", "unapplied:r1"),
    }


def test_another_total_in_the_books_is_shown_and_their_figures_count() -> None:
    intents = plan([known(last_open=None)], [item(open_amount="126.41", original="126.41")])
    assert TotalDiffers(1, "item-1", Decimal("126.40"), Decimal("126.41")) in intents
    assert received(intents) == []


def test_amounts_in_different_currencies_are_not_compared() -> None:
    invoice = replace(known(), currency="USD")
    assert plan([invoice], [item(open_amount="10")]) == (CurrencyDiffers(1, "item-1", "USD", "EUR"),)


def test_an_answer_older_than_the_last_one_changes_nothing() -> None:
    last = ASKED + timedelta(minutes=1)
    assert plan_payments([known()], [], asked_at=ASKED, seen_on=DAY, last_asked_at=last) == ()


def test_the_same_step_taken_twice_has_two_keys() -> None:
    first, second = (received(plan([replace(known(), movements=movements)], []))[0].remote_key for movements in (0, 2))
    assert first != second


def test_a_key_does_not_depend_on_how_an_amount_is_written() -> None:
    keys = {received(plan([known(last_open=spelled)], []))[0].remote_key for spelled in ("100", "100.0", "1E+2")}
    assert len(keys) == 1


class Books:
    """What a service would keep between two looks: what is known of each invoice, and the keys recorded."""

    def __init__(self, invoices: Sequence[KnownInvoice]) -> None:
        self.invoices = {invoice.invoice_id: invoice for invoice in invoices}
        self.recorded: dict[str, Received | Reversed] = {}

    def record(self, intents: Sequence[Intent]) -> None:
        """Apply intents; one whose key is there is known already."""
        for intent in intents:
            if isinstance(intent, Received | Reversed):
                if intent.remote_key in self.recorded:
                    continue
                self.recorded[intent.remote_key] = intent
                invoice = self.invoices[intent.invoice_id]
                before = invoice.total if invoice.last_open is None else invoice.last_open
                change = -intent.amount if isinstance(intent, Received) else intent.amount
                self.invoices[intent.invoice_id] = replace(
                    invoice, last_open=before + change, movements=invoice.movements + 1
                )
            elif isinstance(intent, SeenOpen):
                self.invoices[intent.invoice_id] = replace(
                    self.invoices[intent.invoice_id], last_open=intent.open_amount
                )

    def balance(self, invoice_id: int) -> Decimal:
        """Return received minus reversed of one invoice."""
        return sum(
            (
                entry.amount if isinstance(entry, Received) else -entry.amount
                for entry in self.recorded.values()
                if entry.invoice_id == invoice_id
            ),
            Decimal(0),
        )


totals = st.lists(st.integers(-500, 500).filter(bool), min_size=1, max_size=4)


@st.composite
def looks(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Draw totals in cents and, for some looks in a row, what is open of each then (0: absent)."""
    drawn = draw(totals)
    row = st.tuples(*(st.integers(min(0, total), max(0, total)) for total in drawn)).map(list)
    return drawn, draw(st.lists(row, min_size=1, max_size=6))


def euros(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)


def answer(drawn: list[int], opened: list[int]) -> list[RemoteItem]:
    return [
        RemoteItem(f"i{index}", f"R{index}", euros(left), euros(total), type_id="6")
        for index, (total, left) in enumerate(zip(drawn, opened, strict=True))
        if left
    ]


def books_of(drawn: list[int]) -> Books:
    return Books(
        [KnownInvoice(index, f"R{index}", euros(total), booked_at=BOOKED) for index, total in enumerate(drawn)]
    )


@given(looks(), st.randoms(use_true_random=False))
def test_received_minus_reversed_is_always_the_total_minus_what_is_open(
    history: tuple[list[int], list[list[int]]], random: Random
) -> None:
    drawn, rows = history
    books = books_of(drawn)
    for number, opened in enumerate(rows):
        items = answer(drawn, opened)
        random.shuffle(items)
        books.record(
            plan_payments(books.invoices.values(), items, asked_at=ASKED + timedelta(hours=number), seen_on=DAY)
        )
        for index, (total, left) in enumerate(zip(drawn, opened, strict=True)):
            assert books.balance(index) == euros(total - left)
            assert (books.invoices[index].last_open or 0) == euros(left)


@given(looks(), st.randoms(use_true_random=False))
def test_the_same_answer_taken_ten_times_and_shuffled_counts_once(
    history: tuple[list[int], list[list[int]]], random: Random
) -> None:
    drawn, rows = history
    once, often = books_of(drawn), books_of(drawn)
    for opened in rows:
        items = answer(drawn, opened)
        before = list(often.invoices.values())
        once.record(plan(list(once.invoices.values()), items))
        for round_ in range(10):
            shuffled = items * (1 + round_ % 2)
            random.shuffle(shuffled)
            # Half of them plan from what was known before: two runs that read at the same time.
            often.record(plan(before if round_ % 2 else list(often.invoices.values()), shuffled))
    assert set(often.recorded) == set(once.recorded)
    assert often.invoices == once.invoices


@given(looks(), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_items_or_invoices(
    history: tuple[list[int], list[list[int]]], random: Random
) -> None:
    drawn, rows = history
    invoices = list(books_of(drawn).invoices.values())
    strangers = [
        RemoteItem("s1", "", Decimal(-5), Decimal(-5)),
        RemoteItem("s2", "R0", Decimal(7), Decimal(7), type_id="6"),
        RemoteItem("s3", "Z9", Decimal(7), Decimal(7), type_id="6"),
    ]
    items = answer(drawn, rows[0]) + strangers
    expected = plan(invoices, items)
    random.shuffle(items)
    random.shuffle(invoices)
    assert plan(invoices, items) == expected


@given(looks())
def test_every_open_item_there_is_known_here_or_listed(history: tuple[list[int], list[list[int]]]) -> None:
    drawn, rows = history
    books = books_of(drawn[: len(drawn) // 2])
    items = [*answer(drawn, rows[0]), RemoteItem("s1", "", Decimal(-5), Decimal(-5))]
    intents = plan(list(books.invoices.values()), items)
    books.record(intents)
    here = sum((invoice.last_open or Decimal(0) for invoice in books.invoices.values()), Decimal(0))
    listed = sum((intent.amount for intent in intents if isinstance(intent, UnknownItem | Ambiguous)), Decimal(0))
    listed += sum(
        (intent.amount for intent in intents if isinstance(intent, CreditOpen) and intent.invoice_id is None),
        Decimal(0),
    )
    listed -= sum((intent.amount for intent in intents if isinstance(intent, Unapplied)), Decimal(0))
    assert here + listed == sum((found.open_amount for found in items), Decimal(0))
