"""The history of an invoice, or of all that a list of invoices shows, as a file."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.queries import address
from webapp.queries.history import event_text
from webapp.queries.invoice_address import NAMES
from webapp.queries.listings.base import Args, Chunks, Column, Listing, bounded, keyset, local
from webapp.queries.listings.invoices import wanted
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.types import table_of


def _query(organisation_id: int, args: Args) -> Select[Any]:
    own = table_of(InvoiceEvent).c
    first = (own.invoice_id, own.id)
    columns = (own.occurred_at, own.actor_kind, own.actor_name, own.event, own.params, Invoice.number)
    query = select(*first, *columns).join(Invoice, Invoice.id == own.invoice_id)
    query = query.where(own.organisation_id == organisation_id)
    if "invoice" in args:
        return query.where(own.invoice_id == (address.whole(args["invoice"]) or 0))
    return query.where(*wanted(organisation_id, args))


def _chunks(organisation_id: int, args: Args) -> Chunks:
    own = table_of(InvoiceEvent).c
    return keyset(_query(organisation_id, args), own.invoice_id, own.id, falling=True)


def _count(organisation_id: int, args: Args, most: int) -> int:
    return bounded(_query(organisation_id, args), most)


def _user(row: Any) -> str:
    return row.actor_name if row.actor_kind != "system" else str(_l("System"))


HISTORY = Listing(
    name="history",
    title=_l("History"),
    endpoint="invoices.index",
    names=("invoice", *NAMES),
    columns=(
        Column("invoice", _l("Invoice"), lambda row: row.number, fixed=True),
        Column("user", _l("User"), _user),
        Column("at", _l("Date and time"), lambda row: local(row.occurred_at), "moment"),
        Column("status", _l("Status"), lambda row: event_text(row.event, row.params)),
    ),
    chunks=_chunks,
    count=_count,
)
