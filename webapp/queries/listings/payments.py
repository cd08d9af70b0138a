"""The history of payments, as a file and as columns to choose."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.queries import address
from webapp.queries import payments as queries
from webapp.queries.ledger_words import SOURCES
from webapp.queries.listings.base import Args, Chunks, Column, Listing

KINDS: dict[str, Any] = {"received": _l("Received"), "reversed": _l("Reversed"), "credit": _l("Credit note settled")}


def read_filters(args: Mapping[str, str]) -> queries.Filters:
    """Return the filters of an address; what is not understood is left out."""
    return queries.Filters(
        q=args.get("q", "").strip()[:100],
        direction=address.one_of(args, "direction", queries.DIRECTIONS),
        source=address.one_of(args, "source", SOURCES),
        unapplied=args.get("unapplied") == "1",
        since=address.day(args, "from"),
        until=address.day(args, "to"),
    )


def _seen(row: queries.PaymentRow) -> str:
    return str(_l("Seen on") if row.seen_on else _l("Received on"))


def _chunks(organisation_id: int, args: Args) -> Chunks:
    return queries.export(organisation_id, read_filters(args))


def _count(organisation_id: int, args: Args, most: int) -> int:
    return queries.count(organisation_id, read_filters(args), most=most)


PAYMENTS = Listing(
    name="payments",
    title=_l("Payments"),
    endpoint="payments.index",
    names=("q", "direction", "source", "unapplied", "from", "to"),
    columns=(
        Column("date", _l("Date"), lambda row: row.received_on, "date", fixed=True),
        Column("dated", _l("Kind of date"), _seen, beside=("date",)),
        Column("invoice", _l("Invoice"), lambda row: row.number),
        Column("contact", _l("Contact"), lambda row: row.contact_name),
        Column("kind", _l("Kind"), lambda row: str(KINDS[row.kind])),
        Column("source", _l("Source"), lambda row: str(SOURCES.get(row.source, row.source))),
        Column("amount", _l("Amount"), lambda row: row.amount, "amount"),
        Column("unapplied", _l("Unapplied"), lambda row: row.unapplied, "amount"),
        Column("currency", _l("Currency"), lambda row: row.currency, beside=("amount", "unapplied")),
    ),
    chunks=_chunks,
    count=_count,
)
