"""The customers on fetched documents, as contacts of ours: found by the remote's id, made when first seen."""

from collections.abc import Iterable

from sqlalchemy import select

from webapp.domain.remote_invoices import RemoteContact
from webapp.extensions import clock
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.fetching import RemoteParty
from webapp.store.session import current


def contacts_of(connection: Connection, parties: Iterable[RemoteContact]) -> dict[str, Contact]:
    """Return the contact of each customer that has an id, inside of a transaction.

    Newest documents come first, so a contact is made with the newest address; afterwards it is ours to change.
    """
    wanted: dict[str, RemoteContact] = {}
    for party in parties:
        if party.remote_id:
            wanted.setdefault(party.remote_id, party)
    query = (
        select(RemoteParty.remote_id, Contact)
        .join(Contact, Contact.id == RemoteParty.contact_id)
        .where(RemoteParty.connection_id == connection.id, RemoteParty.remote_id.in_(list(wanted)))
    )
    found: dict[str, Contact] = {row[0]: row[1] for row in current().execute(query)}
    made = {key: _contact(connection, party) for key, party in wanted.items() if key not in found}
    if made:
        session = current()
        session.add_all(made.values())
        session.flush()
        session.add_all(
            RemoteParty(connection_id=connection.id, remote_id=key, contact_id=contact.id)
            for key, contact in made.items()
        )
    return found | made


def _contact(connection: Connection, party: RemoteContact) -> Contact:
    now = clock.now()
    country = party.country.upper()
    return Contact(
        organisation_id=connection.organisation_id,
        name=party.name[:200],
        email=party.email[:254],
        address_line_1=party.address[:200],
        zipcode=party.zipcode[:20],
        city=party.city[:100],
        country=country if len(country) == 2 and country.isalpha() else "",
        vat_number=party.tax_number[:30],
        bank_account=(party.iban or party.account_number)[:40],
        bic=party.bic[:11],
        phone=party.phone[:40],
        created_at=now,
        updated_at=now,
    )
