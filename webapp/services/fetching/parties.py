"""The customers on fetched documents, as contacts of ours: found by the remote's id, made when first seen."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert, select

from webapp.domain.remote_invoices import RemoteContact
from webapp.extensions import clock
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.fetching import RemoteParty
from webapp.store.session import current, reserve
from webapp.store.types import table_of

# Straight to the tables: past the session an insert of many costs a third.
_CONTACTS, _LINKS = insert(table_of(Contact)), insert(table_of(RemoteParty))


def contacts_of(connection: Connection, parties: Iterable[RemoteContact]) -> dict[str, int]:
    """Return the contact of each customer that has an id, inside of a transaction.

    Newest documents come first, so a contact is made with the newest address; afterwards it is ours to change.
    """
    wanted: dict[str, RemoteContact] = {}
    for party in parties:
        if party.remote_id:
            wanted.setdefault(party.remote_id, party)
    query = select(RemoteParty.remote_id, RemoteParty.contact_id).where(
        RemoteParty.connection_id == connection.id, RemoteParty.remote_id.in_(list(wanted))
    )
    found: dict[str, int] = {row.remote_id: row.contact_id for row in current().execute(query)}
    fresh = [key for key in wanted if key not in found]
    if fresh:
        made = dict(zip(fresh, reserve(Contact, len(fresh)), strict=True))
        rows = [_contact(connection, wanted[key]) | {"id": contact_id} for key, contact_id in made.items()]
        links = [
            {"connection_id": connection.id, "remote_id": key, "contact_id": contact_id}
            for key, contact_id in made.items()
        ]
        current().connection().execute(_CONTACTS, rows)
        current().connection().execute(_LINKS, links)
        found |= made
    return found


def _contact(connection: Connection, party: RemoteContact) -> dict[str, Any]:
    now = clock.now()
    country = party.country.upper()
    return {
        "organisation_id": connection.organisation_id,
        "name": party.name[:200],
        "email": party.email[:254],
        "address_line_1": party.address[:200],
        "zipcode": party.zipcode[:20],
        "city": party.city[:100],
        "country": country if len(country) == 2 and country.isalpha() else "",
        "vat_number": party.tax_number[:30],
        "bank_account": (party.iban or party.account_number)[:40],
        "bic": party.bic[:11],
        "phone": party.phone[:40],
        "created_at": now,
        "updated_at": now,
    }
