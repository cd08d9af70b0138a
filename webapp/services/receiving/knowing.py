"""What is known before an import is taken: one query for all of it, since every import asks the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, exists, select

from webapp.domain.drafts import unfit_sign
from webapp.domain.invoices import InvoiceKind
from webapp.services.contacts import KEPT
from webapp.services.receiving.facts import InvoiceFacts
from webapp.store.connections import Connection
from webapp.store.contacts import Contact, Salesman
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current
from webapp.store.types import table_of


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

    `contact` holds the contact's id, KEPT fields and when it was archived; `sends` whether any connection sends by
    itself.
    """

    terms: Terms
    invoice_id: int | None
    import_hash: str | None
    contact: Mapping[str, Any] | None
    salesman_id: int | None
    sends: bool


_own, _numbered, _coded, _named = (table_of(kind) for kind in (Organisation, Invoice, Contact, Salesman))
_CONTACT = ("id", "archived_at", *KEPT)
_QUERY = (
    select(
        _own.c.id,
        _own.c.country,
        _own.c.currency,
        _own.c.payment_days,
        _own.c.settings,
        _numbered.c.id,
        _numbered.c.import_hash,
        _named.c.id,
        exists().where(Connection.organisation_id == _own.c.id, Connection.auto_send),
        *(_coded.c[name] for name in _CONTACT),
    )
    .select_from(_own)
    .outerjoin(
        _numbered,
        and_(
            _numbered.c.organisation_id == _own.c.id,
            _numbered.c.kind == InvoiceKind.SALES.value,
            _numbered.c.number == bindparam("number"),
            _numbered.c.number != "",
        ),
    )
    .outerjoin(_coded, and_(_coded.c.organisation_id == _own.c.id, _coded.c.code == bindparam("code")))
    .outerjoin(_named, and_(_named.c.organisation_id == _own.c.id, _named.c.name == bindparam("salesman")))
    .where(_own.c.id == bindparam("organisation_id"))
)


def look_up(organisation_id: int, facts: InvoiceFacts) -> Known:
    """Return what is known of an invoice that comes in; a text that no database can hold finds nothing."""
    asked = {
        "organisation_id": organisation_id,
        "number": _fit(facts.head["number"]),
        "code": _fit((facts.contact or {}).get("code")),
        "salesman": _fit(facts.head.get("salesman")),
    }
    row = tuple(current().connection().execute(_QUERY, asked).one())
    invoice_id, import_hash, salesman_id, sends = row[5:9]
    contact = dict(zip(_CONTACT, row[9:], strict=True)) if row[9] is not None else None
    return Known(Terms(*row[:5]), invoice_id, import_hash, contact, salesman_id, bool(sends))


def _fit(text: str | None) -> str | None:
    return text if text and not unfit_sign(text) else None
