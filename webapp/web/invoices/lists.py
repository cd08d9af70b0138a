"""The list of invoices."""

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.invoices import InvoiceKind
from webapp.queries import invoices
from webapp.queries.failures import explain
from webapp.queries.invoice_counts import Counts
from webapp.queries.invoice_filters import DEFAULT_SORT, DELIVERIES, OVERDUE, PAYMENTS, STATUSES, Filters
from webapp.queries.invoice_limits import AGE_WORDS, AGES
from webapp.queries.labels import written
from webapp.queries.views import Shown
from webapp.queries.words import status_word
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.rows import written as written_rows
from webapp.web.listing import begin, listed, look, whole
from webapp.web.policy import allow

FALLING_FIRST = ("issue_date", "due_date", "total", "open")


@blueprint.get("")
@allow("viewer")
def index() -> str | Response:
    """Show the list with its filters; the bare address begins with the view that the user chose for it."""
    shown = _look()
    return begin(shown) or render_template("invoices/index.html", **_list(shown))


@blueprint.get("/table")
@allow("viewer")
def table() -> str:
    """Show the table of the list alone."""
    return render_template("invoices/_table.html", **_list(_look()))


def _look() -> Shown:
    return look("purchases" if request.args.get("kind") == InvoiceKind.PURCHASE else "invoices")


def _list(shown: Shown) -> dict[str, Any]:
    filters = read_filters()
    view = invoices.table(
        current_user.organisation_id,
        filters,
        after=request.args.get("after", "")[:250],
        before=request.args.get("before", "")[:250],
    )
    return {
        "table": view,
        "written": tuple(written_rows(view)),
        "filters": filters,
        "shown": shown,
        "whole": whole(shown, kind=filters.args.get("kind")),
        "groups": _groups(view),
        "sort_url": lambda column: _to(filters.but(sort=next_sort(filters, column))),
        "sort_state": lambda column: sort_state(filters, column),
        "back_args": filters.args,
        "columns_arg": shown.args.get("columns"),
        "default_sort": DEFAULT_SORT,
    }


def _to(args: dict[str, Any]) -> str:
    """Return the address of the list with other filters, and the columns that the address asked for."""
    return listed("invoices.index", args | {"columns": request.args.get("columns")})


def next_sort(filters: Filters, column: str) -> str:
    """Return what a click on a column's head sorts by: it turns round the order of the present column."""
    if filters.column == column:
        return column if filters.falling else f"-{column}"
    return f"-{column}" if column in FALLING_FIRST else column


def sort_state(filters: Filters, column: str) -> str:
    """Return the `aria-sort` of a column, "" where the list is not sorted on it."""
    if filters.column != column:
        return ""
    return "descending" if filters.falling else "ascending"


def _groups(view: invoices.InvoiceTable) -> list[dict[str, Any]]:
    """The chips of the three axes; a choice that would leave nothing is not shown, unless it is the present one."""
    counts = view.counts
    filters = view.filters
    everything = {
        "label": _("All"),
        "url": _to(filters.but(status="", delivery="", payment="")),
        "active": not (filters.status or filters.delivery or filters.payment),
        "count": written(counts.everything, more=counts.more),
    }
    purchases = filters.kind == InvoiceKind.PURCHASE.value
    documents = _chips(filters, "status", "document", STATUSES, counts)
    if purchases:  # nobody here sends them to anybody: they are in the books, or wait there to be recognised
        words = {"sent": status_word("delivery", "sent").word, "draft": _("Not recognised yet")}
        documents = [chip | {"label": words.get(chip["value"], chip["label"])} for chip in documents]
    deliveries = _chips(filters, "delivery", "delivery", DELIVERIES, counts)
    return [
        {"label": _("All"), "chips": [everything]},
        {"label": _("Books") if purchases else _("Invoice"), "chips": documents},
        {"label": _("Books"), "chips": [] if purchases else deliveries},
        {"label": _("Payment"), "chips": _chips(filters, "payment", "payment", PAYMENTS, counts)},
        {"label": _("Days overdue"), "chips": _ages(filters)},
        {"label": _("Also limited to"), "chips": _narrowed(filters)},
    ]


def _ages(filters: Filters) -> list[dict[str, Any]]:
    """The ages, once the list is limited to one of them; the present one is taken away by its chip."""
    return [
        {
            "label": AGE_WORDS[age],
            "url": _to(filters.but(age="" if age == filters.age else age)),
            "active": age == filters.age,
        }
        for age in AGES
        if filters.age
    ]


def _narrowed(filters: Filters) -> list[dict[str, Any]]:
    """A chip for the reason of failure and the currency that a link brought along; it takes them away."""
    labels = {"failure": explain(filters.failure).title if filters.failure else "", "currency": filters.currency}
    return [
        {"label": label, "url": _to(filters.but(**{name: ""})), "active": True}
        for name, label in labels.items()
        if label
    ]


def _chips(filters: Filters, name: str, axis: str, values: tuple[str, ...], counts: Counts) -> list[dict[str, Any]]:
    present = getattr(filters, name)
    chips: list[dict[str, Any]] = []
    for value in values:
        count = getattr(counts, name).get(value, 0)
        more = counts.more or (value == OVERDUE and counts.more_overdue)
        if count or value == present or more:
            word = status_word(axis, value)
            chips.append(
                {
                    "value": value,
                    "label": word.word,
                    "url": _to(filters.but(**{name: "" if value == present else value})),
                    "active": value == present,
                    "count": written(count, more=more) if count or not more else None,
                    "tone": word.tone if count and word.tone in ("bad", "warn") else None,
                }
            )
    return chips
