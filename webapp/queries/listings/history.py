"""The history of one invoice, as a file."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.queries import address
from webapp.queries.history import event_text
from webapp.queries.listings.base import Args, Chunks, Column, Listing, bounded, keyset, local
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.types import table_of


def _query(organisation_id: int, args: Args) -> Select[Any]:
    own = table_of(InvoiceEvent).c
    columns = (own.id, own.occurred_at, own.actor_kind, own.actor_name, own.event, own.params, Invoice.number)
    wanted = (own.organisation_id == organisation_id, own.invoice_id == (address.whole(args.get("invoice", "")) or 0))
    return select(*columns).join(Invoice, Invoice.id == own.invoice_id).where(*wanted)


def _chunks(organisation_id: int, args: Args) -> Chunks:
    return keyset(_query(organisation_id, args), table_of(InvoiceEvent).c.id, falling=True)


def _count(organisation_id: int, args: Args, most: int) -> int:
    return bounded(_query(organisation_id, args), most)


def _user(row: Any) -> str:
    return row.actor_name if row.actor_kind != "system" else str(_l("System"))


HISTORY = Listing(
    name="history",
    title=_l("History"),
    endpoint="invoices.show",
    names=("invoice",),
    columns=(
        Column("invoice", _l("Invoice"), lambda row: row.number, fixed=True),
        Column("user", _l("User"), _user),
        Column("at", _l("Date and time"), lambda row: local(row.occurred_at), "moment"),
        Column("status", _l("Status"), lambda row: event_text(row.event, row.params)),
    ),
    chunks=_chunks,
    count=_count,
)
