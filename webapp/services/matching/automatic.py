"""Match by themselves the payments that can be meant in one way only, where the organisation wants that."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select

from webapp.domain.matching import Index, Proposal, propose, undisturbed
from webapp.services.actors import Actor, system
from webapp.services.matching.accepting import accept
from webapp.services.matching.gathering import gather, receipt_of
from webapp.services.matching.paying_back import pay_back
from webapp.services.matching.retelling import told_of
from webapp.services.matching.ruling import rules_of, written_off_by_itself
from webapp.services.payments import LedgerError
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import current, transaction
from webapp.store.words import NOTHING

CHUNK = 500
MOST_PASSES = 3
"""How often the rest is looked at again, after what was matched has made room."""


def may_match(organisation_id: int) -> bool:
    """Whether an organisation lets what is unambiguous be matched by itself; it does unless it said no."""
    organisation = current().get_one(Organisation, organisation_id)
    return bool(organisation.settings.get("match_automatically", True))


def allow_automatic(actor: Actor, allowed: bool) -> None:
    """Say whether what is unambiguous may be matched by itself in the actor's organisation."""
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id)
        organisation.settings = organisation.settings | {"match_automatically": allowed}


def match_automatically(organisation_id: int, payment_ids: Sequence[int]) -> list[int]:
    """Match those of these payments that are unambiguous; returns the ids of the payments that were matched.

    The system does it, and the history of each invoice says so. An invoice that a payment of this round
    settled is looked at anew for the next one.
    """
    if not payment_ids or not may_match(organisation_id):
        return []
    actor = system(organisation_id)
    matched: list[int] = []
    waiting = sorted(payment_ids)
    for _ in range(MOST_PASSES):
        done = _round(actor, waiting)
        matched += done
        waiting = [one for one in waiting if one not in set(done)]
        if not done or not waiting:
            break
    return matched + [one for one in waiting if pay_back(actor, one)]


def _round(actor: Actor, payment_ids: Sequence[int]) -> list[int]:
    with undisturbed():
        chosen = list(_certain(actor, payment_ids))
    touched: set[int] = set()
    done = []
    for payment_id, proposal in chosen:
        if touched & proposal.invoice_ids:
            continue
        touched |= proposal.invoice_ids
        try:
            accept(
                actor,
                payment_id,
                [(part.invoice_id, part.amount) for part in proposal.parts],
                score=proposal.score,
                reasons=[reason.value for reason in proposal.reasons],
                write_off_kind=written_off_by_itself(proposal.difference),
                automatic=True,
            )
        except LedgerError:  # it changed meanwhile: a person decides
            continue
        done.append(payment_id)
    return done


def _certain(actor: Actor, payment_ids: Sequence[int]) -> Iterator[tuple[int, Proposal]]:
    """Return the payments that can be meant in one way only, each with what it settles."""
    told = told_of(actor.organisation_id, payment_ids)
    plain = [one for one in payment_ids if one not in told]
    yield from _certain_among(actor, plain, index=gather(actor.organisation_id), told={})
    if told:
        index = gather(actor.organisation_id, payments=list(told))
        yield from _certain_among(actor, sorted(told), index=index, told=told)


def _certain_among(
    actor: Actor, payment_ids: Sequence[int], *, index: Index, told: Mapping[int, set[int]]
) -> Iterator[tuple[int, Proposal]]:
    """Return the certain ones; none is matched with what the books told of another payment only."""
    rules = rules_of(actor.organisation_id)
    others = {invoice_id for several in told.values() for invoice_id in several}
    for start in range(0, len(payment_ids), CHUNK):
        rows = current().scalars(
            select(Payment)
            .where(
                Payment.organisation_id == actor.organisation_id,
                Payment.id.in_(payment_ids[start : start + CHUNK]),
                Payment.unapplied_amount != NOTHING,
            )
            .order_by(Payment.id)
        )
        for payment in rows:
            found = propose(receipt_of(payment), index, rules)
            if found and found[0].automatic and not found[0].invoice_ids & (others - told.get(payment.id, set())):
                yield payment.id, found[0]
