"""The desk: unapplied payments one after the other, each with what it may settle, and what was matched lately."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_

from webapp.domain.matching import Index, Proposal, Receipt, Rules, propose
from webapp.domain.matching.facts import AGAINST, Reason
from webapp.domain.matching.scoring import SURE
from webapp.queries.match_words import DIFFERENCES, REASONS
from webapp.queries.payment import Counterpart, counterparts
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current
from webapp.store.statements import BankStatement, LearnedAccount, Match
from webapp.store.words import NOTHING

PAGE = 12
LATELY = 8
LISTED = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits at the desk."""

    id: int
    received_on: date
    name: str
    text: str
    iban: str
    account: str
    amount: Decimal
    unapplied: Decimal
    currency: str
    source: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An invoice of a proposal, with what is outstanding on it and what of the payment would go to it."""

    invoice_id: int
    number: str
    contact: str
    issue_date: date
    due_date: date | None
    outstanding: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal in words; `choice` is what the form sends back, `rest` what stays open (or, negative, unapplied)."""

    choice: str
    parts: tuple[Part, ...]
    score: int
    automatic: bool
    pros: tuple[Any, ...]
    cons: tuple[Any, ...]
    difference: str
    difference_word: Any
    rest: Decimal

    @property
    def tone(self) -> str:
        """How sure it is."""
        return "good" if self.score >= SURE else "info" if self.score >= 60 else "warn"


@dataclass(frozen=True, slots=True)
class Done:
    """A match that was made lately; `entries`: it can still be undone."""

    id: int
    made_at: datetime
    payment_id: int
    name: str
    amount: Decimal
    currency: str
    numbers: str
    automatic: bool
    actor: str
    reasons: tuple[Any, ...]
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The page: the payment that is looked at, its offers, the queue around it, and what was matched lately."""

    payment: Waiting | None
    offers: tuple[Offer, ...]
    queue: tuple[Waiting, ...]
    count: int
    position: int
    previous_id: int | None
    next_id: int | None
    done: tuple[Done, ...]
    counterparts: tuple[Counterpart, ...] = ()


def waiting_ids(organisation_id: int, *, most: int = 5_000) -> list[int]:
    """Return the payments that wait, oldest first, at most so many at a time."""
    query = select(Payment.id).where(*_waiting(organisation_id)).order_by(Payment.received_on, Payment.id)
    return list(current().scalars(query.limit(most)))


def _waiting(organisation_id: int) -> tuple[ColumnElement[bool], ...]:
    """What the books themselves said of an invoice does not wait for a match."""
    return (
        Payment.organisation_id == organisation_id,
        Payment.unapplied_amount != NOTHING,
        Payment.invoice_id.is_(None),
    )


def find(organisation_id: int, payment_id: int) -> Payment | None:
    """Return a payment that waits, None when it does not."""
    return current().scalar(select(Payment).where(Payment.id == payment_id, *_waiting(organisation_id)))


def desk(organisation_id: int, payment: Payment | None, *, index: Index, receipt: Receipt | None, rules: Rules) -> Desk:
    """Return the desk with one payment on it; a handful of queries, however long the queue is."""
    count = current().scalar(select(func.count()).select_from(Payment).where(*_waiting(organisation_id))) or 0
    done = _done(organisation_id)
    if payment is None:
        return Desk(None, (), (), count, 0, None, None, done)
    order = tuple_(Payment.received_on, Payment.id)
    here = tuple_(payment.received_on, payment.id)
    columns = select(Payment).where(*_waiting(organisation_id))
    newer = current().scalars(columns.where(order > here).order_by(Payment.received_on, Payment.id).limit(PAGE)).all()
    older = (
        current()
        .scalars(columns.where(order < here).order_by(Payment.received_on.desc(), Payment.id.desc()).limit(2))
        .all()
    )
    before = current().scalar(select(func.count()).select_from(Payment).where(*_waiting(organisation_id), order < here))
    queue = [*reversed(older), payment, *newer][:PAGE]
    offers = propose(receipt, index, rules) if receipt is not None else []
    return Desk(
        payment=_row(payment),
        offers=_offers(organisation_id, offers),
        queue=tuple(_row(one) for one in queue),
        count=count,
        position=(before or 0) + 1,
        previous_id=older[0].id if older else None,
        next_id=newer[0].id if newer else None,
        done=done,
        counterparts=counterparts(payment),
    )


def first_waiting(organisation_id: int) -> Payment | None:
    """Return the payment that waits longest."""
    query = select(Payment).where(*_waiting(organisation_id)).order_by(Payment.received_on, Payment.id)
    return current().scalar(query.limit(1))


def next_after(payment: Payment) -> int | None:
    """Return the payment that waits next after this one; from the end, the one that waits longest."""
    order = tuple_(Payment.received_on, Payment.id)
    waiting = (*_waiting(payment.organisation_id), Payment.id != payment.id)
    query = select(Payment.id).where(*waiting).order_by(Payment.received_on, Payment.id).limit(1)
    later = current().scalar(query.where(order > tuple_(payment.received_on, payment.id)))
    return later if later is not None else current().scalar(query)


def _row(payment: Payment) -> Waiting:
    return Waiting(
        payment.id,
        payment.received_on,
        payment.contact_name,
        str(payment.fact.get("text") or payment.description),
        payment.iban,
        payment.account,
        payment.amount,
        payment.unapplied_amount,
        payment.currency,
        payment.source,
        str(payment.fact.get("reference") or ""),
    )


def _offers(organisation_id: int, proposals: Iterable[Proposal]) -> tuple[Offer, ...]:
    found = list(proposals)
    ids = {part.invoice_id for one in found for part in one.parts}
    rows = current().scalars(select(Invoice).where(Invoice.id.in_(ids), Invoice.organisation_id == organisation_id))
    invoices = {row.id: row for row in rows}
    return tuple(_offer(one, invoices) for one in found)


def _offer(proposal: Proposal, invoices: dict[int, Invoice]) -> Offer:
    parts = tuple(
        Part(
            one.id,
            one.number,
            one.contact_name,
            one.issue_date,
            one.due_date,
            one.outstanding_amount,
            part.amount,
        )
        for part in proposal.parts
        for one in (invoices[part.invoice_id],)
    )
    return Offer(
        choice=choice_of(proposal),
        parts=parts,
        score=proposal.score,
        automatic=proposal.automatic,
        pros=_words(reason for reason in proposal.reasons if reason not in AGAINST),
        cons=_words(reason for reason in proposal.reasons if reason in AGAINST),
        difference=proposal.difference.value,
        difference_word=DIFFERENCES.get(proposal.difference.value, ""),
        rest=proposal.rest,
    )


def choice_of(proposal: Proposal) -> str:
    """Return the invoices of a proposal as one word for a form."""
    return ",".join(str(one) for one in sorted(proposal.invoice_ids))


def _words(reasons: Iterable[Reason]) -> tuple[Any, ...]:
    return tuple(REASONS[reason.value] for reason in reasons)


def _done(organisation_id: int) -> tuple[Done, ...]:
    """The last matches with the numbers they were about, in two queries."""
    rows = (
        current()
        .execute(
            select(Match, Payment)
            .join(Payment, Payment.id == Match.payment_id)
            .where(Match.organisation_id == organisation_id)
            .order_by(Match.id.desc())
            .limit(LATELY)
        )
        .all()
    )
    numbers = _numbers([entry for match, _ in rows for entry in match.entries])
    return tuple(
        Done(
            match.id,
            match.made_at,
            payment.id,
            payment.contact_name or payment.description,
            payment.amount,
            payment.currency,
            ", ".join(dict.fromkeys(numbers[entry] for entry in match.entries if entry in numbers)),
            match.automatic,
            match.actor_name,
            tuple(REASONS[reason] for reason in match.reasons if reason in REASONS),
            match.undone_at,
        )
        for match, payment in rows
    )


def _numbers(entries: list[int]) -> dict[int, str]:
    query = (
        select(Allocation.id, Invoice.number)
        .join(Invoice, Invoice.id == Allocation.invoice_id)
        .where(Allocation.id.in_(entries))
    )
    return {row.id: row.number for row in current().execute(query)}


@dataclass(frozen=True, slots=True)
class Learned:
    """An account that was learned to be a contact's."""

    id: int
    iban: str
    contact: str
    actor: str
    learned_at: datetime


def learned(organisation_id: int, *, before: int | None = None) -> tuple[tuple[Learned, ...], int | None]:
    """Return what was learned and stands, newest first, and the id to go on from."""
    query = (
        select(
            LearnedAccount.id, LearnedAccount.iban, Contact.name, LearnedAccount.actor_name, LearnedAccount.learned_at
        )
        .join(Contact, Contact.id == LearnedAccount.contact_id)
        .where(LearnedAccount.organisation_id == organisation_id, LearnedAccount.revoked_at.is_(None))
        .order_by(LearnedAccount.id.desc())
        .limit(LISTED + 1)
    )
    if before is not None:
        query = query.where(LearnedAccount.id < before)
    rows = [Learned(*row) for row in current().execute(query)]
    return tuple(rows[:LISTED]), rows[LISTED - 1].id if len(rows) > LISTED else None


def statements(organisation_id: int, *, before: int | None = None) -> tuple[tuple[BankStatement, ...], int | None]:
    """Return the statements that were taken in, newest first, and the id to go on from."""
    query = select(BankStatement).where(BankStatement.organisation_id == organisation_id)
    if before is not None:
        query = query.where(BankStatement.id < before)
    rows = current().scalars(query.order_by(BankStatement.id.desc()).limit(LISTED + 1)).all()
    return tuple(rows[:LISTED]), rows[LISTED - 1].id if len(rows) > LISTED else None
