"""The decisions of sending: what an answer, a failure or a look-up means for each delivery. Pure.

They rest on one rule: sent again is only what is proved not to be in the books; without proof either
way the outcome is unknown, and it is looked up.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar

from webapp.domain.failures import Failure
from webapp.domain.invoices import DeliveryState

LONGEST_WAIT = timedelta(minutes=2)
"""No pause between two tries is longer, so that all is final within five minutes after faults stop."""

_FIRST_RETRY = timedelta(seconds=5)
_T = TypeVar("_T")


class AnswerLike(Protocol):
    """The remote's word on one invoice, as a connector gives it."""

    @property
    def reference(self) -> str:
        """The number that it is about; empty for a draft."""

    @property
    def outcome(self) -> str:
        """`booked`, `draft`, `duplicate` or `refused`."""

    @property
    def failure(self) -> Failure | None:
        """The class of a refusal."""

    @property
    def remote_text(self) -> str:
        """The remote's own words."""

    @property
    def subject(self) -> str:
        """The subject, echoed."""


class FoundLike(Protocol):
    """What a look-up by reference found, as a connector gives it."""

    @property
    def amount(self) -> Decimal | None:
        """The total over there, or None when it does not say."""

    @property
    def contact_name(self) -> str:
        """The customer's name over there, or empty."""

    @property
    def contact_code(self) -> str:
        """The customer's code over there, or empty."""


@dataclass(frozen=True, slots=True)
class SentInvoice:
    """One invoice of the batch that was sent; a draft carries no reference."""

    delivery_id: int
    reference: str
    draft: bool = False
    subject: str = ""


class Verdict(StrEnum):
    """What is decided about one delivery."""

    SENT = "sent"
    SENT_AS_DRAFT = "sent_as_draft"
    LOOK_UP = "look_up"  # refused as a duplicate: is it ours? look at once
    REJECTED = "rejected"
    REQUEUE = "requeue"  # not mentioned: back into the queue, and looked up before it is sent
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one delivery, with the class and the remote's words of a refusal."""

    delivery_id: int
    verdict: Verdict
    failure: Failure | None = None
    remote_text: str = ""

    @property
    def state(self) -> DeliveryState:
        """The state that the delivery takes."""
        return _STATES[self.verdict]

    @property
    def look_up_first(self) -> bool:
        """Whether it must be looked up before anything else happens to it."""
        return self.verdict in {Verdict.LOOK_UP, Verdict.REQUEUE, Verdict.UNKNOWN}


_STATES = {
    Verdict.SENT: DeliveryState.SENT,
    Verdict.SENT_AS_DRAFT: DeliveryState.SENT,
    Verdict.LOOK_UP: DeliveryState.UNKNOWN,
    Verdict.REJECTED: DeliveryState.REJECTED,
    Verdict.REQUEUE: DeliveryState.QUEUED,
    Verdict.UNKNOWN: DeliveryState.UNKNOWN,
}
_OUTCOMES = {
    "booked": Verdict.SENT,
    "draft": Verdict.SENT_AS_DRAFT,
    "duplicate": Verdict.LOOK_UP,
    "refused": Verdict.REJECTED,
}


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """One decision per invoice sent, in their order; `strangers` are references that we did not send."""

    decisions: tuple[Decision, ...]
    strangers: tuple[str, ...] = ()


def plan_answers(sent: Sequence[SentInvoice], answers: Sequence[AnswerLike]) -> AnswerPlan:
    """Read the answer to a batch, invoice by invoice.

    Matched by reference. Drafts have none: they are matched by subject, or together when they all
    fared alike; a draft that cannot be matched can never be looked up, so its outcome is unknown and
    a person has to check. An unknown word for an outcome counts as no proof either.
    """
    by_reference: dict[str, list[AnswerLike]] = defaultdict(list)
    for answer in answers:
        by_reference[answer.reference.strip()].append(answer)
    drafts = [invoice for invoice in sent if not invoice.reference.strip()]
    about_drafts = _match_drafts(drafts, by_reference.pop("", []))
    decisions = []
    for invoice in sent:
        if invoice.reference.strip():
            decisions.append(_decide(invoice, by_reference.get(invoice.reference.strip(), [])))
        else:
            decisions.append(_decide_draft(invoice, about_drafts.get(invoice.delivery_id)))
    ours = {invoice.reference.strip() for invoice in sent}
    return AnswerPlan(tuple(decisions), tuple(sorted(set(by_reference) - ours)))


class CallVerdict(StrEnum):
    """What a failure of a whole call means for the batch."""

    RETRY = "retry"  # nothing was done: again after a pause
    REST = "rest"  # the day's calls are used up: until midnight, no attempt burnt
    PAUSE = "pause"  # the key or a right is missing: the connection waits for its admin
    HALVE = "halve"  # refused as a whole: find the guilty one
    REJECT = "reject"  # refused, and it stands alone
    LOOK_UP = "look_up"  # something may have been booked: unknown, until it is looked up


_PAUSES = frozenset({Failure.AUTH, Failure.RIGHT, Failure.ADMINISTRATION, Failure.SUBSCRIPTION})
_WAITS = frozenset(
    {
        Failure.NETWORK,
        Failure.REMOTE,
        Failure.BUSY,
        Failure.NOT_UNDERSTOOD,
        Failure.INTERNAL,
        Failure.CANCELLED,
    }
)


def plan_failure(failure: Failure, *, invoices: int) -> CallVerdict:
    """Say what to do with a batch of so many invoices whose call failed as a whole.

    Any class but UNKNOWN_OUTCOME is the connector's word that nothing was booked.
    """
    if failure in {Failure.UNKNOWN_OUTCOME, Failure.DRAFT_UNKNOWN}:
        return CallVerdict.LOOK_UP
    if failure is Failure.QUOTA:
        return CallVerdict.REST
    if failure in _PAUSES:
        return CallVerdict.PAUSE
    if failure in _WAITS:
        return CallVerdict.RETRY
    return CallVerdict.HALVE if invoices > 1 else CallVerdict.REJECT


class LookUp(StrEnum):
    """What a look-up proved."""

    SENT_FOUND = "sent_found"
    CONFLICT = "conflict"
    ABSENT = "absent"


def after_lookup(
    found: FoundLike | None,
    expected_amount: Decimal,
    *,
    expected_contact: str,
    expected_code: str = "",
    tolerance: Decimal = Decimal(0),
) -> LookUp:
    """Judge what the books have under our reference: ours, somebody else's, or nothing.

    It is ours when amount and customer are the same: the customer by code where both sides have one,
    else by name; a side that names none contradicts nothing. An amount that the books do not tell
    proves nothing, so that a person has to look.
    """
    if found is None:
        return LookUp.ABSENT
    same_amount = found.amount is not None and abs(found.amount - expected_amount) <= tolerance
    if same_amount and _same_contact(found, expected_contact, expected_code):
        return LookUp.SENT_FOUND
    return LookUp.CONFLICT


def look_up_at(since: datetime, failed: int, *, settle: timedelta) -> datetime:
    """Return when to look up: `settle` after the answer was lost (longer than the remote's slowest answer).

    After `failed` look-ups that could not tell, `since` is the last of them, and the pauses grow.
    """
    if failed <= 0:
        return since + settle
    return since + retry_delay(failed)


def retry_delay(attempts: int) -> timedelta:
    """Return the pause after so many tries in vain: 5 s, doubled each time, at most two minutes."""
    return min(_FIRST_RETRY * (1 << min(max(attempts - 1, 0), 10)), LONGEST_WAIT)


def split_batches(
    sizes: Sequence[int], *, max_count: int, max_bytes: int, limits: Sequence[int] = ()
) -> tuple[range, ...]:
    """Cut a queue into batches, in order; returns ranges of positions that cover all of it once.

    `sizes` in bytes; one that is larger than `max_bytes` goes alone. `limits`, where given, holds for
    each invoice the most that a batch with it may count (0: no limit of its own), as after halving.
    Raises ValueError unless max_count is at least 1.
    """
    if max_count < 1:
        raise ValueError("a batch holds at least one invoice")
    batches: list[range] = []
    start, filled, room = 0, 0, max_count
    for position, size in enumerate(sizes):
        own = (limits[position] if limits else 0) or max_count
        count = position - start
        if count and (count + 1 > min(room, own) or filled + size > max_bytes):
            batches.append(range(start, position))
            start, filled, room = position, 0, max_count
        filled += size
        room = min(room, own)
    if sizes:
        batches.append(range(start, len(sizes)))
    return tuple(batches)


def halve(batch: Sequence[_T]) -> tuple[tuple[_T, ...], ...]:
    """Cut a refused batch in two; one that stands alone is the guilty one: there is nothing to cut."""
    if len(batch) < 2:
        return ()
    middle = (len(batch) + 1) // 2
    return tuple(batch[:middle]), tuple(batch[middle:])


def _decide(invoice: SentInvoice, answers: list[AnswerLike]) -> Decision:
    if not answers:
        return Decision(invoice.delivery_id, Verdict.REQUEUE)
    if len({answer.outcome for answer in answers}) > 1:
        return Decision(invoice.delivery_id, Verdict.UNKNOWN, Failure.UNKNOWN_OUTCOME)
    return _read(invoice.delivery_id, answers[0])


def _decide_draft(invoice: SentInvoice, answer: AnswerLike | None) -> Decision:
    if answer is None:
        return Decision(invoice.delivery_id, Verdict.UNKNOWN, Failure.DRAFT_UNKNOWN)
    decision = _read(invoice.delivery_id, answer)
    if decision.look_up_first:
        return Decision(invoice.delivery_id, Verdict.UNKNOWN, Failure.DRAFT_UNKNOWN, answer.remote_text)
    return decision


def _read(delivery_id: int, answer: AnswerLike) -> Decision:
    verdict = _OUTCOMES.get(answer.outcome, Verdict.UNKNOWN)
    if verdict is Verdict.REJECTED:
        return Decision(delivery_id, verdict, answer.failure or Failure.REFUSED, answer.remote_text)
    if verdict is Verdict.LOOK_UP:
        return Decision(delivery_id, verdict, answer.failure or Failure.DUPLICATE, answer.remote_text)
    if verdict is Verdict.UNKNOWN:
        return Decision(delivery_id, verdict, Failure.UNKNOWN_OUTCOME, answer.remote_text)
    return Decision(delivery_id, verdict, remote_text=answer.remote_text)


def _match_drafts(drafts: list[SentInvoice], answers: list[AnswerLike]) -> dict[int, AnswerLike]:
    """Pair drafts with the answers that carry no reference, as far as that needs no guess."""
    if len(drafts) == len(answers) and (len(answers) == 1 or {answer.outcome for answer in answers} == {"draft"}):
        return {draft.delivery_id: answer for draft, answer in zip(drafts, answers, strict=True)}
    subjects: dict[str, list[AnswerLike]] = defaultdict(list)
    for answer in answers:
        subjects[answer.subject].append(answer)
    wanted = [draft.subject for draft in drafts]
    return {
        draft.delivery_id: subjects[draft.subject][0]
        for draft in drafts
        if draft.subject and wanted.count(draft.subject) == 1 and len(subjects[draft.subject]) == 1
    }


def _same_contact(found: FoundLike, name: str, code: str) -> bool:
    if found.contact_code.strip() and code.strip():
        return found.contact_code.strip() == code.strip()
    there, here = _folded(found.contact_name), _folded(name)
    return not there or not here or there == here


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
