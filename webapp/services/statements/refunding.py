"""Which lines that went out are refunds to customers: those that a credit note or a payment of too much explains."""

from collections.abc import Sequence

from webapp.domain.matching import Index, Reason, Receipt, propose
from webapp.domain.statements import Numbered, Statement
from webapp.services.actors import Actor
from webapp.services.matching import gather, overpaid, rules_of

NAMED = frozenset({Reason.STRUCTURED, Reason.REFERENCE})
THEIRS = frozenset({Reason.IBAN, Reason.NAME})
AGAINST = frozenset({Reason.OTHER_CONTACT, Reason.ISSUED_LATER})


def refunds_among(actor: Actor, lines: Sequence[Numbered], statement: Statement) -> set[str]:
    """Return the keys of the lines that pay an open credit note back, or what somebody paid too much.

    A line counts when it names the credit note, or goes to its contact with exactly its amount; or when it goes to
    the account of a payment of which exactly so much is left. Everything else that went out was paid to
    suppliers, staff or the tax office, and is none of this ledger.
    """
    if not lines:
        return set()
    index, rules = gather(actor.organisation_id), rules_of(actor.organisation_id)
    found = set()
    for one in lines:
        receipt = _receipt(one, statement)
        if (
            _owed(index, receipt.currency)
            and any(_is_refund(set(proposal.reasons)) for proposal in propose(receipt, index, rules))
        ) or overpaid(
            actor.organisation_id,
            -receipt.amount,
            currency=receipt.currency,
            iban=receipt.iban,
            on=receipt.received_on,
        ):
            found.add(one.key)
    return found


def _owed(index: Index, currency: str) -> bool:
    """Whether any credit note is open in a currency: only then a line that went out can be one."""
    return any(amount < 0 for amount in index.shelf(currency).by_amount)


def _is_refund(reasons: set[Reason]) -> bool:
    if reasons & AGAINST:
        return False
    return bool(reasons & NAMED) or (Reason.AMOUNT in reasons and bool(reasons & THEIRS))


def _receipt(one: Numbered, statement: Statement) -> Receipt:
    line = one.line
    return Receipt(
        0,
        line.amount,
        line.currency or statement.currency,
        line.booked_on,
        f"{line.text}\n{line.end_to_end}" if line.end_to_end else line.text,
        line.name,
        line.iban,
        line.reference,
    )
