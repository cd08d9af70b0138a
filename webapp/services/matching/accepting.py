"""Accept a match, write the difference off, and undo both: each step is an entry of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.matching.bank_lines import take_line
from webapp.services.matching.learning import learn
from webapp.services.matching.paying_back import PAID_BACK, part_again
from webapp.services.payments import (
    LedgerError,
    allocate,
    credit_against,
    refund_all,
    reverse_allocation,
    write_off,
    write_off_rest,
)
from webapp.services.payments.ledger import lock
from webapp.services.payments.refunding import Refund
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current, transaction
from webapp.store.statements import LearnedAccount, Match

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
    kind. One transaction: raises LedgerError, and then nothing was written.
    """
    with transaction() as session:
        # All locks first, in everybody's order; the steps take theirs among these.
        payment = lock(actor, invoice_ids=[one for one, _ in parts], payment_ids=[payment_id]).payments[payment_id]
        entries = _settle(actor, payment, parts)
        if write_off_kind:
            entries += _write_off(actor, payment, [invoice_id for invoice_id, _ in parts], write_off_kind)
        learned = None if automatic else learn(actor, payment, [invoice_id for invoice_id, _ in parts])
        match = _match(actor, payment_id, entries, reasons=reasons)
        match.automatic, match.score, match.learned_id = automatic, score, learned
        session.add(match)
        session.flush()
        return Accepted(match.id, learned is not None)


def _match(actor: Actor, payment_id: int, entries: Sequence[int], *, reasons: Sequence[str]) -> Match:
    return Match(
        organisation_id=actor.organisation_id,
        payment_id=payment_id,
        reasons=list(reasons),
        entries=list(entries),
        actor_kind=actor.kind,
        actor_name=actor.name,
        made_at=clock.now(),
    )


def _settle(actor: Actor, payment: Payment, parts: Sequence[tuple[int, Decimal]]) -> list[int]:
    """Set credit notes off against the invoices, and the payment against what is left of these."""
    if not parts:
        raise LedgerError("nothing")
    incoming = payment.amount > 0
    left = {invoice_id: part for invoice_id, part in parts if (part > 0) is incoming}
    notes = {invoice_id: -part for invoice_id, part in parts if (part > 0) is not incoming}
    made: list[int] = []
    for note_id in notes:
        for invoice_id in left:
            step = min(notes[note_id], left[invoice_id])
            if step > 0:
                made.append(credit_against(actor, note_id, invoice_id, step))
                notes[note_id] -= step
                left[invoice_id] -= step
    wanted = [(invoice_id, part) for invoice_id, part in left.items() if part]
    return made + allocate(actor, payment.id, wanted)


def _write_off(actor: Actor, payment: Payment, invoice_ids: Sequence[int], kind: str) -> list[int]:
    made: list[int] = []
    rests = current().execute(
        select(Invoice.id, Invoice.outstanding_amount).where(
            Invoice.id.in_(invoice_ids), Invoice.organisation_id == actor.organisation_id
        )
    )
    for invoice_id, rest in rests.all():
        if rest:
            made.append(write_off(actor, invoice_id, kind, rest))
    if payment.unapplied_amount and not made:
        made.append(write_off_rest(actor, payment.id, kind, payment.unapplied_amount))
    return made


def write_off_payment(actor: Actor, payment_id: int, kind: str) -> int:
    """Write off all that is left of a payment to a named kind; returns the match. Raises LedgerError."""
    with transaction() as session:
        payment = lock(actor, payment_ids=[payment_id]).payments[payment_id]
        if not payment.unapplied_amount:
            raise LedgerError("nothing")
        entry_id = write_off_rest(actor, payment_id, kind, payment.unapplied_amount)
        match = _match(actor, payment_id, [entry_id], reasons=["written_off"])
        session.add(match)
        session.flush()
        return match.id


def refund_payment(actor: Actor, payment_id: int, refunds: Sequence[Refund], *, lines: Sequence[int] = ()) -> int:
    """Say which payments a payment pays back, or is paid back by, as payments.refund_all; returns the match.

    `lines` are bank lines that went out and were no payments yet: the whole of each goes against this payment.
    """
    with transaction() as session:
        taken = [take_line(actor, line_id) for line_id in dict.fromkeys(lines)]
        parts = [*refunds, *((payment_id, one.id, -one.amount) for one in taken)]
        match = _match(actor, payment_id, refund_all(actor, parts), reasons=["refund"])
        session.add(match)
        session.flush()
        return match.id


def undo(actor: Actor, match_id: int) -> int:
    """Reverse every entry of a match, and forget what was learned by it; returns the payment's id.

    One transaction. An entry that somebody reversed meanwhile stays as it is. Raises MatchError, or
    LedgerError where an entry cannot be reversed any more, and then nothing was written.
    """
    entries = list(_standing(actor, match_id, locked=False).entries)
    with transaction() as session:
        rows = session.execute(
            select(Allocation.invoice_id, Allocation.credit_note_id, Allocation.payment_id, Allocation.refund_id).where(
                Allocation.id.in_(entries), Allocation.organisation_id == actor.organisation_id
            )
        ).all()
        lock(
            actor,
            invoice_ids={one for row in rows for one in row[:2] if one is not None},
            payment_ids={one for row in rows for one in row[2:] if one is not None},
        )
        match = _standing(actor, match_id)
        for entry_id in reversed(entries):
            _reverse(actor, entry_id)
        if PAID_BACK in match.reasons:
            part_again(actor, match.payment_id)
        match.undone_at, match.undone_by = clock.now(), actor.name
        learned = session.get(LearnedAccount, match.learned_id) if match.learned_id else None
        if learned is not None and learned.revoked_at is None:
            learned.revoked_at, learned.revoked_by = clock.now(), actor.name
        return match.payment_id


def _reverse(actor: Actor, entry_id: int) -> None:
    try:
        reverse_allocation(actor, entry_id)
    except LedgerError as error:
        if error.code not in GONE:
            raise


def _standing(actor: Actor, match_id: int, *, locked: bool = True) -> Match:
    """Return a match that was not undone; it can be locked only inside of a transaction."""
    mine = (Match.id == match_id, Match.organisation_id == actor.organisation_id, Match.undone_at.is_(None))
    wanted = select(Match).where(*mine).execution_options(populate_existing=True)
    match = current().scalar(wanted.with_for_update() if locked else wanted)
    if match is None:
        raise MatchError(str(match_id))
    return match
