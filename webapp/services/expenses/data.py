"""What is given in for an expense claim, and the refusal that says what is wrong with it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.store.expenses import ExpenseClaim, ExpenseEvent
from webapp.store.session import current


class ExpenseError(Exception):
    """Nothing was changed; `code` and `params` are put into words by queries/expense_words.py, `field` is whose."""

    def __init__(self, code: str, *, field: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params


@dataclass(frozen=True, slots=True)
class ClaimData:
    """The head of a claim."""

    subject: str
    employee: str
    claimed_on: date
    department_id: int | None = None


@dataclass(frozen=True, slots=True)
class LineData:
    """One expense with its receipt: `content` are the bytes of the file, `file_name` what it was called.

    `amount` is with VAT; `vat_amount` is what of it is VAT, None where that is not known, `vat_rate` the percentage
    it was worked out with, None where there is no single one.
    """

    spent_on: date
    description: str
    amount: Decimal
    file_name: str
    content: bytes = field(repr=False)
    cost_category: str = ""
    vat_rate: Decimal | None = None
    vat_amount: Decimal | None = None


def locked(actor: Actor, claim_id: int) -> ExpenseClaim:
    """Return a claim of the actor's organisation, locked inside of a transaction; raises ExpenseError `not_found`."""
    claim = current().scalar(
        select(ExpenseClaim)
        .where(ExpenseClaim.id == claim_id, ExpenseClaim.organisation_id == actor.organisation_id)
        .with_for_update()
    )
    if claim is None:
        raise ExpenseError("not_found")
    return claim


def record(claim_id: int, event: str, *, actor: Actor, run_id: int | None = None, **params: Any) -> None:
    """Add a line to a claim's history; amounts and dates in `params` as strings."""
    current().add(
        ExpenseEvent(
            organisation_id=actor.organisation_id,
            claim_id=claim_id,
            occurred_at=clock.now(),
            actor_kind=actor.kind,
            actor_name=actor.name,
            event=event,
            params=params,
            run_id=run_id,
        )
    )
