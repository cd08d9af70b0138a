"""The filters of the list of invoices, as its address, a form, a saved view or an export says them."""

import re
from collections.abc import Mapping

from webapp.domain.invoices import InvoiceKind
from webapp.queries import address
from webapp.queries.invoice_filters import COLUMNS, DEFAULT_SORT, DELIVERIES, PAYMENTS, SOURCES, STATUSES, Filters
from webapp.queries.invoice_limits import AGES, FAILURES

CURRENCY = re.compile(r"[A-Z]{3}")
NAMES = (
    "kind", "status", "delivery", "payment", "q", "department", "from", "to", "age", "failure", "currency", "source",
    "sort",
)  # fmt: skip
"""The arguments of the address that limit or sort the list."""


def read_filters(args: Mapping[str, str]) -> Filters:
    """Return the filters; what is not understood is left out."""
    sort, currency = args.get("sort", ""), args.get("currency", "")
    return Filters(
        kind=address.one_of(args, "kind", tuple(InvoiceKind)) or InvoiceKind.SALES.value,
        status=address.one_of(args, "status", STATUSES),
        delivery=address.one_of(args, "delivery", DELIVERIES),
        payment=address.one_of(args, "payment", PAYMENTS),
        q=address.words(args),
        department=address.whole(args.get("department", "")),
        since=address.day(args, "from"),
        until=address.day(args, "to"),
        age=address.one_of(args, "age", AGES),
        failure=address.one_of(args, "failure", FAILURES),
        currency=currency if CURRENCY.fullmatch(currency) else "",
        source=address.one_of(args, "source", SOURCES),
        sort=sort if sort.removeprefix("-") in COLUMNS else DEFAULT_SORT,
    )
