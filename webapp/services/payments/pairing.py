"""Money that two sources tell of: a receipt in the books, and the bank's own line or what a person recorded.

They are the same when amount, currency and day are. Only one of the two waits to be matched; the bank's
line, which tells more, unless the other was used already. So the order of arrival does not matter.
"""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from webapp.services.payments.ledger import balance
from webapp.store.payments import Payment
from webapp.store.session import current

CHUNK = 500
DIRECT = ("statement", "manual")


def pair(organisation_id: int, payment_ids: Sequence[int]) -> None:
    """Pair each of these payments with the one that is the same money, inside of a transaction."""
    for start in range(0, len(payment_ids), CHUNK):
        _pair_chunk(organisation_id, payment_ids[start : start + CHUNK])


def twin_of(payment: Payment) -> Payment | None:
    """Return the payment that is the same money, locked."""
    same = Payment.same_as_id == payment.id
    if payment.same_as_id is not None:
        same = Payment.id == payment.same_as_id
    return current().scalar(select(Payment).where(same).with_for_update())


def part(payment: Payment) -> None:
    """Let the twin of a payment that does not hold any more stand for itself."""
    twin = twin_of(payment)
    if twin is not None and twin.same_as_id == payment.id:
        twin.same_as_id = None
        balance(twin)


def _pair_chunk(organisation_id: int, payment_ids: Sequence[int]) -> None:
    receipt, direct = aliased(Payment), aliased(Payment)
    taken = aliased(Payment)
    query = (
        select(receipt.id, direct.id)
        .join(
            direct,
            (direct.organisation_id == receipt.organisation_id)
            & (direct.amount == receipt.amount)
            & (direct.received_on == receipt.received_on)
            & (direct.currency == receipt.currency),
        )
        .where(
            receipt.organisation_id == organisation_id,
            receipt.source == "yuki",
            receipt.invoice_id.is_(None),
            ~receipt.seen_on,
            receipt.same_as_id.is_(None),
            direct.source.in_(DIRECT),
            direct.same_as_id.is_(None),
            direct.reverses_id.is_(None),
            direct.reversed_amount == 0,
            or_(direct.connection_id.is_(None), direct.connection_id == receipt.connection_id),
            or_(receipt.id.in_(payment_ids), direct.id.in_(payment_ids)),
            ~select(taken.id).where(taken.same_as_id.in_((receipt.id, direct.id))).exists(),
        )
        .order_by(receipt.id, direct.id)
    )
    pairs: dict[int, int] = {}
    for receipt_id, direct_id in current().execute(query):
        if receipt_id not in pairs and direct_id not in pairs.values():
            pairs[receipt_id] = direct_id
    if pairs:
        _write(pairs)


def _write(pairs: dict[int, int]) -> None:
    wanted = sorted({*pairs, *pairs.values()})
    query = select(Payment).where(Payment.id.in_(wanted)).order_by(Payment.id).with_for_update()
    held = {row.id: row for row in current().scalars(query.execution_options(populate_existing=True))}
    for receipt_id, direct_id in pairs.items():
        receipt, direct = held[receipt_id], held[direct_id]
        if not receipt.allocated_amount:
            receipt.same_as_id, direct.matched_there = direct.id, receipt.matched_there
        elif not direct.allocated_amount and not direct.reversed_amount:
            direct.same_as_id = receipt.id
        balance(receipt)
        balance(direct)
    current().flush()
