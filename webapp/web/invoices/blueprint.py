"""The blueprint of invoices, and what its views share."""

import re
from datetime import date
from typing import Any

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict

from webapp.domain.invoices import InvoiceKind
from webapp.queries.invoice_filters import COLUMNS, DEFAULT_SORT, DELIVERIES, PAYMENTS, SOURCES, STATUSES, Filters
from webapp.queries.invoice_limits import AGES, FAILURES
from webapp.web.inputs import identity

CURRENCY = re.compile(r"[A-Z]{3}")
blueprint = Blueprint("invoices", __name__, url_prefix="/invoices")


def read_filters(values: MultiDict[str, str] | None = None) -> Filters:
    """Return the filters of the address, or of the fields of a form; what is not understood is left out."""
    args = request.args if values is None else values
    sort, currency = args.get("sort", ""), args.get("currency", "")
    return Filters(
        kind=_one_of(args.get("kind", ""), tuple(InvoiceKind)) or InvoiceKind.SALES.value,
        status=_one_of(args.get("status", ""), STATUSES),
        delivery=_one_of(args.get("delivery", ""), DELIVERIES),
        payment=_one_of(args.get("payment", ""), PAYMENTS),
        q=" ".join(args.get("q", "").replace("\0", "").split())[:100],
        department=args.get("department", type=identity),
        since=_day(args.get("from", "")),
        until=_day(args.get("to", "")),
        age=_one_of(args.get("age", ""), AGES),
        failure=_one_of(args.get("failure", ""), FAILURES),
        currency=currency if CURRENCY.fullmatch(currency) else "",
        source=_one_of(args.get("source", ""), SOURCES),
        sort=sort if sort.removeprefix("-") in COLUMNS else DEFAULT_SORT,
    )


def _one_of(value: str, choices: tuple[Any, ...]) -> str:
    return value if value in choices else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
