"""The list of expense claims, as a file and as columns to choose."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select

from webapp.domain.expenses import ClaimStatus, claim_number
from webapp.queries import address
from webapp.queries import expenses as queries
from webapp.queries.listings.base import Args, Chunks, Column, Listing, bounded, keyset
from webapp.queries.words import status_word
from webapp.store.expenses import ExpenseClaim, ExpenseLine
from webapp.store.organisations import Department
from webapp.store.types import table_of


def read_filters(args: Mapping[str, str]) -> queries.Filters:
    """Return the filters of an address; what is not understood is left out."""
    return queries.Filters(
        q=address.words(args),
        status=address.one_of(args, "status", tuple(ClaimStatus)),
        delivery=address.one_of(args, "delivery", queries.DELIVERIES),
        since=address.day(args, "from"),
        until=address.day(args, "to"),
    )


def _limited(query: Select[Any], organisation_id: int, args: Args) -> Select[Any]:
    ids = address.several(args, "ids")
    if ids is not None:
        query = query.where(ExpenseClaim.id.in_(ids))
    return queries.limited(query.where(ExpenseClaim.organisation_id == organisation_id), read_filters(args))


def _chunks(organisation_id: int, args: Args) -> Chunks:
    own = table_of(ExpenseClaim).c
    receipts = (
        select(func.count()).where(ExpenseLine.claim_id == ExpenseClaim.id).correlate(ExpenseClaim).scalar_subquery()
    )
    department = select(Department.name).where(Department.id == ExpenseClaim.department_id).scalar_subquery()
    rest = (one for one in own if one.name != "id")
    query = select(own.id, *rest, receipts.label("receipts"), department.label("department"))
    return keyset(_limited(query, organisation_id, args), own.id, falling=True)


def _count(organisation_id: int, args: Args, most: int) -> int:
    return bounded(_limited(select(ExpenseClaim.id), organisation_id, args), most)


EXPENSES = Listing(
    name="expenses",
    title=_l("Expense claims"),
    endpoint="expenses.index",
    names=("q", "status", "delivery", "from", "to"),
    columns=(
        Column("number", _l("Number"), lambda row: claim_number(row.number), fixed=True),
        Column("date", _l("Date"), lambda row: row.claimed_on, "date"),
        Column("employee", _l("Employee"), lambda row: row.employee),
        Column("subject", _l("Subject"), lambda row: row.subject),
        Column("department", _l("Department"), lambda row: row.department or "", usual=False),
        Column("receipts", _l("Receipts"), lambda row: row.receipts, "number"),
        Column("status", _l("Status"), lambda row: str(status_word("claim", row.status).word)),
        Column("delivery", "Yuki", lambda row: str(status_word("delivery", row.delivery).word)),
        Column("amount", _l("Amount"), lambda row: row.total, "amount"),
        Column("currency", _l("Currency"), lambda row: row.currency, beside=("amount",)),
    ),
    chunks=_chunks,
    count=_count,
)
