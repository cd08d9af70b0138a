"""What is known before an import is taken: one query for all of it, since every import asks the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal_column, select

from webapp.domain.drafts import unfit_sign
from webapp.domain.invoices import InvoiceKind
from webapp.services.contacts import KEPT
from webapp.services.receiving.facts import InvoiceFacts
from webapp.store.connections import Connection
from webapp.store.contacts import Contact, Salesman
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.straight import Fixed, Line
from webapp.store.stream import StreamHead
from webapp.store.types import table_of
from webapp.store.webhooks import Webhook

CONTACT = ("id", "archived_at", *KEPT)
"""What is known of a contact."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What stands in for what another system leaves out: of an organisation."""

    id: int
    country: str
    currency: str
    payment_days: int
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, organisation: Organisation) -> "Terms":
        """Return the terms of an organisation that is at hand."""
        return cls(*(getattr(organisation, name) for name in cls.__slots__))


@dataclass(frozen=True, slots=True)
class Known:
    """What there is already: an invoice of the number, the contact of the code, the salesman of the name.

    `contact` holds CONTACT of it; `sends` whether any connection sends by
    itself, `tells` whether there are webhooks to be told, `streams` whether the stream has begun.
    """

    terms: Terms
    invoice_id: int | None
    import_hash: str | None
    contact: Mapping[str, Any] | None
    salesman_id: int | None
    sends: bool
    tells: bool
    streams: bool


_own, _numbered, _coded, _named = (table_of(kind) for kind in (Organisation, Invoice, Contact, Salesman))
# As they stand, not as values that are bound: SQLite plans a statement anew whenever a bound value may decide whether a
# partial index serves, and that costs more than the look itself.
_SALES: ColumnElement[str] = literal_column(f"'{InvoiceKind.SALES.value}'")
_NOTHING: ColumnElement[str] = literal_column("''")
# Asked as a range, in the order of its index: where PostgreSQL has no statistics yet, every index that begins with
# organisation and kind looks as good to it, and it would read all invoices of the organisation.
_SAME_NUMBER: ColumnElement[int] = (
    select(_numbered.c.id)
    .where(
        _numbered.c.organisation_id == _own.c.id,
        _numbered.c.kind == _SALES,
        _numbered.c.number >= bindparam("number"),
        _numbered.c.number <= bindparam("number"),
        _numbered.c.number != _NOTHING,
    )
    .order_by(_numbered.c.number)
    .limit(literal_column("1"))
    .correlate(_own)
    .scalar_subquery()
)
_ASKED = (
    *(_own.c[name] for name in Terms.__slots__),
    _SAME_NUMBER,
    _named.c.id,
    exists().where(Connection.organisation_id == _own.c.id, Connection.auto_send),
    exists().where(Webhook.organisation_id == _own.c.id, Webhook.removed_at.is_(None)),
    exists().where(StreamHead.organisation_id == _own.c.id),
    *(_coded.c[name] for name in CONTACT),
)
_QUERY = Fixed(
    select(*_ASKED)
    .select_from(_own)
    .outerjoin(_coded, and_(_coded.c.organisation_id == _own.c.id, _coded.c.code == bindparam("code")))
    .outerjoin(_named, and_(_named.c.organisation_id == _own.c.id, _named.c.name == bindparam("salesman")))
    .where(_own.c.id == bindparam("organisation_id")),
    gives=_ASKED,
    prompt=True,
)
_HASH = Fixed(
    select(_numbered.c.import_hash).where(_numbered.c.id == bindparam("invoice_id")), gives=(_numbered.c.import_hash,)
)


def look_up(line: Line, organisation_id: int, facts: InvoiceFacts) -> Known:
    """Return what is known of an invoice that comes in; a text that no database can hold finds nothing."""
    asked = {
        "organisation_id": organisation_id,
        "number": _fit(facts.head["number"]),
        "code": _fit((facts.contact or {}).get("code")),
        "salesman": _fit(facts.head.get("salesman")),
    }
    row = line.one(_QUERY, asked)
    if row is None:
        raise LookupError(f"there is no organisation {organisation_id}")
    invoice_id, salesman_id, sends, tells, streams, *contact = row[5:]
    import_hash = (line.one(_HASH, {"invoice_id": invoice_id}) or (None,))[0] if invoice_id else None
    kept = dict(zip(CONTACT, contact, strict=True)) if contact[0] is not None else None
    flags = bool(sends), bool(tells), bool(streams)
    return Known(Terms(*row[:5]), invoice_id, import_hash, kept, salesman_id, *flags)


def _fit(text: str | None) -> str | None:
    return text if text and not unfit_sign(text) else None
