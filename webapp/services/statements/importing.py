"""Take statements in: each transaction once, whatever file told it, and a payment for what came in."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain.statements import Balance, Gap, Neighbour, Numbered, Statement, gaps, number
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.matching.bank_lines import as_payment
from webapp.services.payments import record_payments
from webapp.services.statements.reading import Reading
from webapp.services.statements.refunding import refunds_among
from webapp.store.session import current, transaction
from webapp.store.statements import BankLine, BankStatement

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one statement; `repeated`: it was known, and nothing of it was new."""

    account: str
    currency: str
    number: str
    lines: int
    fresh: int
    repeated: bool
    difference: Decimal
    pending: int
    undivided: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file: its statements, the new payments, and where the balances do not connect."""

    name: str
    statements: tuple[Told, ...]
    payment_ids: tuple[int, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def fresh(self) -> int:
        """How many lines were new."""
        return sum(one.fresh for one in self.statements)


def import_statements(actor: Actor, reading: Reading) -> Imported:
    """Take in all statements of a file that was read without a fault.

    Payments are recorded first, under keys that last: when this is broken off, the same file again goes on
    where it was.
    """
    told: list[Told] = []
    payment_ids: list[int] = []
    for statement in _in_order(reading.statements):
        one, fresh = _import_one(actor, statement, reading.name)
        told.append(one)
        payment_ids += fresh
    accounts = {statement.account for statement in reading.statements}
    return Imported(reading.name, tuple(told), tuple(payment_ids), tuple(_gaps(actor, accounts)))


def _in_order(statements: Iterable[Statement]) -> list[Statement]:
    return sorted(statements, key=lambda one: (one.closing.day.isoformat() if one.closing else "", one.number))


def _import_one(actor: Actor, statement: Statement, name: str) -> tuple[Told, list[int]]:
    if _is_known(actor, statement):
        return _told(statement, fresh=0, repeated=True), []
    numbered = number(statement, _neighbours(actor, statement))
    known = _known(actor, numbered)
    fresh = [one for one in numbered if (one.content, one.ordinal) not in known]
    payments = _record(actor, statement, fresh)
    with transaction() as session:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        insert = dialect.insert(BankStatement).on_conflict_do_nothing().returning(BankStatement.id)
        statement_id = session.scalar(insert, _statement_row(actor, statement, name, len(fresh)))
        if statement_id is None:  # somebody took the same in at this moment
            return _told(statement, fresh=0, repeated=True), []
        rows = [_line_row(actor, statement_id, one, payments.get(one.key)) for one in fresh]
        lines = dialect.insert(BankLine).on_conflict_do_nothing()
        for start in range(0, len(rows), CHUNK):
            session.execute(lines, rows[start : start + CHUNK])
    return _told(statement, fresh=len(fresh), repeated=False), list(payments.values())


def _told(statement: Statement, *, fresh: int, repeated: bool) -> Told:
    return Told(
        statement.account,
        statement.currency,
        statement.number,
        len(statement.lines),
        fresh,
        repeated,
        statement.difference,
        statement.pending,
        statement.undivided,
    )


def _is_known(actor: Actor, statement: Statement) -> bool:
    """Whether this statement was taken in before, as it is or told by another kind of file.

    Another file of the bank for the same days has the same balances and the same amounts on each day,
    though it words them otherwise.
    """
    own = BankStatement.organisation_id == actor.organisation_id
    if current().scalar(select(BankStatement.id).where(own, BankStatement.identity == statement.identity)) is not None:
        return True
    if statement.opening is None or statement.closing is None or not statement.lines:
        return False
    alike = select(BankStatement.id).where(
        own,
        BankStatement.account == statement.account,
        BankStatement.closing_on == statement.closing.day,
        BankStatement.opening_amount == statement.opening.amount,
        BankStatement.closing_amount == statement.closing.amount,
        BankStatement.line_count == len(statement.lines),
        BankStatement.fresh_count == len(statement.lines),
    )
    amounts = Counter((line.booked_on, line.amount) for line in statement.lines)
    for statement_id in current().scalars(alike).all():
        lines = select(BankLine.booked_on, BankLine.amount).where(BankLine.statement_id == statement_id)
        if Counter((day, amount) for day, amount in current().execute(lines)) == amounts:
            return True
    return False


def _neighbours(actor: Actor, statement: Statement) -> list[Neighbour]:
    """Return the known statements of the account that may touch this one, with what they hold."""
    if statement.opening is None or statement.closing is None:
        return []
    rows = current().execute(
        select(BankStatement, BankLine.content, func.max(BankLine.ordinal))
        .join(BankLine, BankLine.statement_id == BankStatement.id)
        .where(
            BankStatement.organisation_id == actor.organisation_id,
            BankStatement.account == statement.account,
            BankStatement.closing_on >= statement.opening.day,
            BankStatement.opening_on <= statement.closing.day,
        )
        .group_by(BankStatement.id, BankLine.content)
    )
    found: dict[int, tuple[BankStatement, dict[str, int]]] = {}
    for row, content, ordinal in rows:
        found.setdefault(row.id, (row, {}))[1][content] = ordinal
    return [Neighbour(*_balances(row), contents) for row, contents in found.values()]


def _balances(row: BankStatement) -> tuple[Balance | None, Balance | None]:
    opening = Balance(row.opening_on, row.opening_amount) if row.opening_on and row.opening_amount is not None else None
    closing = Balance(row.closing_on, row.closing_amount) if row.closing_on and row.closing_amount is not None else None
    return opening, closing


def _known(actor: Actor, numbered: Sequence[Numbered]) -> set[tuple[str, int]]:
    contents = sorted({one.content for one in numbered})
    found: set[tuple[str, int]] = set()
    for start in range(0, len(contents), CHUNK):
        query = select(BankLine.content, BankLine.ordinal).where(
            BankLine.organisation_id == actor.organisation_id, BankLine.content.in_(contents[start : start + CHUNK])
        )
        found |= {(content, ordinal) for content, ordinal in current().execute(query)}
    return found


def _record(actor: Actor, statement: Statement, fresh: Sequence[Numbered]) -> dict[str, int]:
    """Make payments of what came in and of what went back to customers; what was paid to others stays a line."""
    refunds = refunds_among(actor, [one for one in fresh if one.line.amount < 0 and not one.line.reversal], statement)
    wanted = [one for one in fresh if one.line.amount > 0 or one.line.reversal or one.key in refunds]
    facts = [
        as_payment(
            one.line, key=one.key, account=statement.account, currency=statement.currency, number=statement.number
        )
        for one in wanted
        if one.line.amount
    ]
    recorded = record_payments(actor, facts) if facts else []
    return {fact.remote_key: one.payment_id for fact, one in zip(facts, recorded, strict=True)}


def _statement_row(actor: Actor, statement: Statement, name: str, fresh: int) -> dict[str, Any]:
    opening, closing = statement.opening, statement.closing
    return {
        "organisation_id": actor.organisation_id,
        "identity": statement.identity,
        "account": statement.account,
        "currency": statement.currency,
        "number": statement.number,
        "file_name": name[:200],
        "opening_on": opening.day if opening else None,
        "opening_amount": opening.amount if opening else None,
        "closing_on": closing.day if closing else None,
        "closing_amount": closing.amount if closing else None,
        "difference": statement.difference,
        "line_count": len(statement.lines),
        "fresh_count": fresh,
        "pending_count": statement.pending,
        "undivided_count": statement.undivided,
        "imported_at": clock.now(),
        "actor_name": actor.name,
    }


def _line_row(actor: Actor, statement_id: int, one: Numbered, payment_id: int | None) -> dict[str, Any]:
    line = one.line
    copied = ("booked_on", "valued_on", "amount", "charges", "currency", "name", "iban", "text", "reference")
    return {name: getattr(line, name) for name in (*copied, "end_to_end", "bank_reference", "reversal")} | {
        "organisation_id": actor.organisation_id,
        "statement_id": statement_id,
        "payment_id": payment_id,
        "content": one.content,
        "ordinal": one.ordinal,
    }


def _gaps(actor: Actor, accounts: Iterable[str]) -> list[Gap]:
    """Return where something is missing between the statements of these accounts, as far as all are known."""
    found: list[Gap] = []
    for account in sorted(accounts):
        rows = current().scalars(
            select(BankStatement).where(
                BankStatement.organisation_id == actor.organisation_id, BankStatement.account == account
            )
        )
        found += gaps(account, [_balances(row) for row in rows])
    return found
