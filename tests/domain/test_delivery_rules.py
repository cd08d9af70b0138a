"""Sending: every invoice of a batch gets one decision, and without proof nothing is sent again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.deliveries import (
    LONGEST_WAIT,
    AnswerPlan,
    CallVerdict,
    LookUp,
    SentInvoice,
    Verdict,
    after_lookup,
    halve,
    look_up_at,
    plan_answers,
    plan_failure,
    retry_delay,
    split_batches,
)
from webapp.domain.failures import Failure
from webapp.domain.invoices import DeliveryState

pytestmark = pytest.mark.pure
NOW = datetime(2026, 8, 7, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as a connector gives it."""

    reference: str
    outcome: str
    failure: Failure | None = None
    remote_text: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A look-up's find as a connector gives it."""

    amount: Decimal | None
    contact_name: str = ""
    contact_code: str = ""


def verdicts(plan: AnswerPlan) -> dict[int, Verdict]:
    return {decision.delivery_id: decision.verdict for decision in plan.decisions}


def test_each_answer_is_read_by_its_reference_in_whatever_order() -> None:
    sent = [SentInvoice(number, f"F{number}") for number in range(1, 6)]
    answers = [
        Said("F4", "refused", Failure.VAT, "No VAT code"),
        Said("F1", "booked"),
        Said("F3", "duplicate", remote_text="bestaat al"),
        Said("F2", "draft"),
    ]
    plan = plan_answers(sent, answers)
    assert verdicts(plan) == {
        1: Verdict.SENT,
        2: Verdict.SENT_AS_DRAFT,
        3: Verdict.LOOK_UP,
        4: Verdict.REJECTED,
        5: Verdict.REQUEUE,
    }
    assert [decision.state for decision in plan.decisions] == [
        DeliveryState.SENT,
        DeliveryState.SENT,
        DeliveryState.UNKNOWN,
        DeliveryState.REJECTED,
        DeliveryState.QUEUED,
    ]
    assert [decision.look_up_first for decision in plan.decisions] == [False, False, True, False, True]
    assert (plan.decisions[3].failure, plan.decisions[3].remote_text) == (Failure.VAT, "No VAT code")
    assert plan.decisions[2].failure is Failure.DUPLICATE


def test_an_answer_that_does_not_mention_ours_sends_nothing_again_without_a_look() -> None:
    plan = plan_answers([SentInvoice(1, "F1")], [Said("SOMEBODY-ELSE", "booked")])
    assert plan.decisions[0].verdict is Verdict.REQUEUE
    assert plan.decisions[0].look_up_first
    assert plan.strangers == ("SOMEBODY-ELSE",)


def test_two_answers_that_contradict_each_other_prove_nothing() -> None:
    plan = plan_answers([SentInvoice(1, "F1")], [Said("F1", "booked"), Said("F1", "refused", Failure.VAT)])
    assert plan.decisions[0].verdict is Verdict.UNKNOWN
    assert plan.decisions[0].failure is Failure.UNKNOWN_OUTCOME


def test_a_word_that_we_do_not_know_proves_nothing() -> None:
    assert plan_answers([SentInvoice(1, "F1")], [Said("F1", "perhaps")]).decisions[0].verdict is Verdict.UNKNOWN


def test_a_refusal_without_a_class_is_refused_in_words_we_do_not_know() -> None:
    assert plan_answers([SentInvoice(1, "F1")], [Said("F1", "refused")]).decisions[0].failure is Failure.REFUSED


def test_drafts_that_all_fared_alike_need_no_reference() -> None:
    drafts = [SentInvoice(number, "", draft=True) for number in (1, 2)]
    plan = plan_answers(drafts, [Said("", "draft"), Said("", "draft")])
    assert set(verdicts(plan).values()) == {Verdict.SENT_AS_DRAFT}


def test_drafts_that_fared_differently_are_told_apart_by_their_subject() -> None:
    drafts = [SentInvoice(1, "", subject="March"), SentInvoice(2, "", subject="April")]
    answers = [Said("", "refused", Failure.CONTACT, subject="April"), Said("", "draft", subject="March")]
    assert verdicts(plan_answers(drafts, answers)) == {1: Verdict.SENT_AS_DRAFT, 2: Verdict.REJECTED}


def test_a_draft_that_cannot_be_told_apart_is_left_to_a_person() -> None:
    drafts = [SentInvoice(1, "", subject="Work"), SentInvoice(2, "", subject="Work")]
    plan = plan_answers(drafts, [Said("", "refused", subject="Work"), Said("", "draft", subject="Work")])
    assert {(decision.verdict, decision.failure) for decision in plan.decisions} == {
        (Verdict.UNKNOWN, Failure.DRAFT_UNKNOWN)
    }
    (lonely,) = plan_answers([SentInvoice(3, "", draft=True)], []).decisions
    assert (lonely.verdict, lonely.failure) == (Verdict.UNKNOWN, Failure.DRAFT_UNKNOWN)


answers_drawn = st.lists(
    st.builds(
        Said,
        reference=st.sampled_from(["", "F0", "F1", "F2", "F9"]),
        outcome=st.sampled_from(["booked", "draft", "duplicate", "refused", "?"]),
        subject=st.sampled_from(["", "a", "b"]),
    ),
    max_size=6,
)
sent_drawn = st.lists(st.sampled_from(["", "F0", "F1", "F2"]), max_size=5).map(
    lambda references: [
        SentInvoice(index, "" if reference in references[:index] else reference, subject="ab"[index % 2])
        for index, reference in enumerate(references)
    ]
)


@given(sent_drawn, answers_drawn)
def test_every_invoice_gets_one_decision_and_sent_only_on_a_word_for_it(
    sent: list[SentInvoice], answers: list[Said]
) -> None:
    plan = plan_answers(sent, answers)
    assert [decision.delivery_id for decision in plan.decisions] == [invoice.delivery_id for invoice in sent]
    for invoice, decision in zip(sent, plan.decisions, strict=True):
        words = {answer.outcome for answer in answers if answer.reference == invoice.reference}
        if decision.state is DeliveryState.SENT:
            assert words & {"booked", "draft"}
        if decision.verdict is Verdict.REJECTED:
            assert "refused" in words
        if not invoice.reference:
            assert decision.verdict is not Verdict.REQUEUE


@pytest.mark.parametrize(
    ("failure", "invoices", "verdict"),
    [
        (Failure.UNKNOWN_OUTCOME, 25, CallVerdict.LOOK_UP),
        (Failure.QUOTA, 25, CallVerdict.REST),
        (Failure.AUTH, 25, CallVerdict.PAUSE),
        (Failure.RIGHT, 1, CallVerdict.PAUSE),
        (Failure.ADMINISTRATION, 1, CallVerdict.PAUSE),
        (Failure.NETWORK, 25, CallVerdict.RETRY),
        (Failure.REMOTE, 1, CallVerdict.RETRY),
        (Failure.SCHEMA, 25, CallVerdict.HALVE),
        (Failure.SCHEMA, 1, CallVerdict.REJECT),
        (Failure.REFUSED, 2, CallVerdict.HALVE),
    ],
)
def test_a_failed_call_means_one_thing_for_its_batch(failure: Failure, invoices: int, verdict: CallVerdict) -> None:
    assert plan_failure(failure, invoices=invoices) is verdict


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        (None, LookUp.ABSENT),
        (Found(Decimal("920.00"), "LifeCare  PHARMACY", "CUST-889"), LookUp.SENT_FOUND),
        (Found(Decimal("920"), "Another name", "CUST-889"), LookUp.SENT_FOUND),
        (Found(Decimal("920.00"), "lifecare pharmacy"), LookUp.SENT_FOUND),
        (Found(Decimal("920.00")), LookUp.SENT_FOUND),
        (Found(Decimal("920.01"), "LifeCare Pharmacy", "CUST-889"), LookUp.CONFLICT),
        (Found(Decimal("920.00"), "LifeCare Pharmacy", "CUST-1"), LookUp.CONFLICT),
        (Found(Decimal("920.00"), "Somebody else"), LookUp.CONFLICT),
        (Found(None, "LifeCare Pharmacy", "CUST-889"), LookUp.CONFLICT),
    ],
)
def test_what_is_found_is_ours_when_amount_and_customer_are_the_same(found: Found | None, judged: LookUp) -> None:
    result = after_lookup(found, Decimal("920.00"), expected_contact="LifeCare Pharmacy", expected_code="CUST-889")
    assert result is judged


def test_a_tolerance_has_to_be_asked_for() -> None:
    found = Found(Decimal("920.01"), "LifeCare Pharmacy")
    cent = Decimal("0.01")
    judged = after_lookup(found, Decimal(920), expected_contact="LifeCare Pharmacy", tolerance=cent)
    assert judged is LookUp.SENT_FOUND


def test_the_first_look_waits_until_a_late_booking_must_have_shown() -> None:
    settle = timedelta(seconds=90)
    assert look_up_at(NOW, 0, settle=settle) == NOW + settle
    pauses = [look_up_at(NOW, failed, settle=settle) - NOW for failed in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_WAIT


def test_pauses_double_up_to_two_minutes() -> None:
    assert [retry_delay(attempts).total_seconds() for attempts in (0, 1, 2, 3, 6, 1000)] == [5, 5, 10, 20, 120, 120]


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 6)), max_size=60), st.integers(1, 12), st.integers(0, 2000)
)
def test_batches_cover_everything_exactly_once_within_their_bounds(
    queue: list[tuple[int, int]], max_count: int, max_bytes: int
) -> None:
    sizes, limits = [size for size, _ in queue], [limit for _, limit in queue]
    batches = split_batches(sizes, max_count=max_count, max_bytes=max_bytes, limits=limits)
    assert [position for batch in batches for position in batch] == list(range(len(sizes)))
    for batch in batches:
        assert 1 <= len(batch) <= max_count
        assert len(batch) == 1 or sum(sizes[position] for position in batch) <= max_bytes
        assert all(len(batch) <= (limits[position] or max_count) for position in batch)


def test_batches_are_as_full_as_they_may_be() -> None:
    assert split_batches([10] * 250, max_count=100, max_bytes=10_000) == (
        range(100),
        range(100, 200),
        range(200, 250),
    )
    assert split_batches([], max_count=100, max_bytes=1) == ()
    with pytest.raises(ValueError, match="at least one"):
        split_batches([1], max_count=0, max_bytes=1)


@given(st.lists(st.integers(), max_size=40))
def test_halving_keeps_everything_and_ends_with_the_guilty_one_alone(batch: list[int]) -> None:
    parts = halve(batch)
    if len(batch) < 2:
        assert parts == ()
        return
    first, second = parts
    assert [*first, *second] == batch
    assert 0 <= len(first) - len(second) <= 1
