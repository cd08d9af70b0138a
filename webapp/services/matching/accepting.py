"""Accept a match, write the difference off, and undo both: each step is an entry of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.matching.learning import learn
from webapp.services.payments import (
    LedgerError,
    allocate,
    credit_against,
    reverse_allocation,
    write_off,
    write_off_rest,
)
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment
from webapp.store.session import current, transaction
from webapp.store.statements import LearnedAccount, Match

ZERO = Decimal(0)
GONE = ("already_reversed", "not_found")


class MatchError(LookupError):
    """There is no such match in this organisation, or it was undone before."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The match that was made; `learned` whether the account is known as the contact's from now on."""

    match_id: int
    learned: bool


def accept(
    actor: Actor,
    payment_id: int,
    parts: Sequence[tuple[int, Decimal]],
    *,
    write_off_kind: str = "",
    score: int = 0,
    reasons: Sequence[str] = (),
    automatic: bool = False,
) -> Accepted:
    """Set a payment against invoices, in these parts; a credit note among them is set off first.

    With `write_off_kind` what then stays open of them, or is left of the payment, is written off to that
    kind. Raises LedgerError, and then nothing stays behind: what was entered before is reversed.
    """
    entries: list[int] = []
    try:
        entries += _settle(actor, payment_id, parts)
        if write_off_kind:
            entries += _write_off(actor, payment_id, [invoice_id for invoice_id, _ in parts], write_off_kind)
    except LedgerError:
        for entry_id in reversed(entries):
            reverse_allocation(actor, entry_id)
        raise
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        learned = None if automatic else learn(actor, payment, [invoice_id for invoice_id, _ in parts])
        match = Match(
            organisation_id=actor.organisation_id,
            payment_id=payment_id,
            automatic=automatic,
            score=score,
            reasons=list(reasons),
            entries=entries,
            learned_id=learned,
            actor_kind=actor.kind,
            actor_name=actor.name,
            made_at=clock.now(),
        )
        session.add(match)
    return Accepted(match.id, learned is not None)


def _settle(actor: Actor, payment_id: int, parts: Sequence[tuple[int, Decimal]]) -> list[int]:
    """Set credit notes off against the invoices, and the payment against what is left of these."""
    amount = current().scalar(
        select(Payment.amount).where(Payment.id == payment_id, Payment.organisation_id == actor.organisation_id)
    )
    if amount is None:
        raise LedgerError("not_found")
    if not parts:
        raise LedgerError("nothing")
    left = {invoice_id: part for invoice_id, part in parts if (part > 0) is (amount > 0)}
    notes = {invoice_id: -part for invoice_id, part in parts if (part > 0) is not (amount > 0)}
    made: list[int] = []
    try:
        for note_id in notes:
            for invoice_id in left:
                step = min(notes[note_id], left[invoice_id])
                if step > 0:
                    made.append(credit_against(actor, note_id, invoice_id, step))
                    notes[note_id] -= step
                    left[invoice_id] -= step
        wanted = [(invoice_id, part) for invoice_id, part in left.items() if part]
        return made + allocate(actor, payment_id, wanted)
    except LedgerError:
        for entry_id in reversed(made):
            reverse_allocation(actor, entry_id)
        raise


def _write_off(actor: Actor, payment_id: int, invoice_ids: Sequence[int], kind: str) -> list[int]:
    made: list[int] = []
    rests = current().execute(
        select(Invoice.id, Invoice.outstanding_amount).where(
            Invoice.id.in_(invoice_ids), Invoice.organisation_id == actor.organisation_id
        )
    )
    for invoice_id, rest in rests.all():
        if rest:
            made.append(write_off(actor, invoice_id, kind, rest))
    left = current().scalar(select(Payment.unapplied_amount).where(Payment.id == payment_id)) or ZERO
    if left and not made:
        made.append(write_off_rest(actor, payment_id, kind, left))
    return made


def write_off_payment(actor: Actor, payment_id: int, kind: str) -> int:
    """Write off all that is left of a payment to a named kind; returns the match. Raises LedgerError."""
    left = current().scalar(
        select(Payment.unapplied_amount).where(
            Payment.id == payment_id, Payment.organisation_id == actor.organisation_id
        )
    )
    if left is None:
        raise LedgerError("not_found")
    if not left:
        raise LedgerError("nothing")
    entry_id = write_off_rest(actor, payment_id, kind, left)
    with transaction() as session:
        match = Match(
            organisation_id=actor.organisation_id,
            payment_id=payment_id,
            entries=[entry_id],
            reasons=["written_off"],
            actor_kind=actor.kind,
            actor_name=actor.name,
            made_at=clock.now(),
        )
        session.add(match)
    return match.id


def undo(actor: Actor, match_id: int) -> int:
    """Reverse every entry of a match, and forget what was learned by it; returns the payment's id.

    An entry that somebody reversed meanwhile stays as it is. Raises MatchError, or LedgerError where an
    entry cannot be reversed any more.
    """
    match = _standing(actor, match_id)
    for entry_id in reversed(match.entries):
        try:
            reverse_allocation(actor, entry_id)
        except LedgerError as error:
            if error.code not in GONE:
                raise
    with transaction() as session:
        match = _standing(actor, match_id)
        match.undone_at, match.undone_by = clock.now(), actor.name
        learned = session.get(LearnedAccount, match.learned_id) if match.learned_id else None
        if learned is not None and learned.revoked_at is None:
            learned.revoked_at, learned.revoked_by = clock.now(), actor.name
        return match.payment_id


def _standing(actor: Actor, match_id: int) -> Match:
    match = current().scalar(
        select(Match).where(
            Match.id == match_id, Match.organisation_id == actor.organisation_id, Match.undone_at.is_(None)
        )
    )
    if match is None:
        raise MatchError(str(match_id))
    return match
