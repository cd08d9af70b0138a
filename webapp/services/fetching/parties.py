"""The customers on fetched documents, as contacts of ours: found by the remote's id, made when first seen."""

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.domain.remote_invoices import RemoteContact
from webapp.extensions import clock
from webapp.store.bulk import Bulk
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.fetching import RemoteParty
from webapp.store.keyed import Keyed
from webapp.store.session import current, reserve
from webapp.store.straight import line_of

_OF_CONTACT = (
    *("name", "email", "address_line_1", "zipcode", "city", "country"),
    *("vat_number", "bank_account", "bic", "phone"),
)
_CONTACTS = Bulk(Contact, ("id", *_OF_CONTACT), same=("organisation_id", "created_at", "updated_at"))
_LINKS = Bulk(RemoteParty, ("remote_id", "contact_id"), same=("connection_id",))
_MET = Keyed(
    "remote_parties", "remote_id", "remote_id, contact_id", where="one.connection_id = :connection", text_keys=True
)


@dataclass(frozen=True, slots=True)
class Parties:
    """The contacts of some customers by the remote's ids of these, and those that are yet to be written."""

    ids: dict[str, int]
    fresh: dict[str, RemoteContact]


def contacts_of(connection: Connection, parties: Iterable[RemoteContact]) -> Parties:
    """Return the contact of each customer that has an id, inside of a transaction, where `write` follows.

    Newest documents come first, so a contact is made with the newest address; afterwards it is ours to change.
    """
    wanted: dict[str, RemoteContact] = {}
    for party in parties:
        if party.remote_id:
            wanted.setdefault(party.remote_id, party)
    line = line_of(current().connection())
    found: dict[str, int] = dict(_MET.of(line, wanted, connection=connection.id))
    fresh = {key: party for key, party in wanted.items() if key not in found}
    made = dict(zip(fresh, reserve(Contact, len(fresh)), strict=True))
    return Parties(found | made, fresh)


def write(connection: Connection, parties: Parties) -> None:
    """Write the contacts that are new."""
    now = clock.now()
    _CONTACTS.write(
        [(parties.ids[key], *_contact(party)) for key, party in parties.fresh.items()],
        organisation_id=connection.organisation_id,
        created_at=now,
        updated_at=now,
    )
    _LINKS.write([(key, parties.ids[key]) for key in parties.fresh], connection_id=connection.id)


def _contact(party: RemoteContact) -> tuple[str, ...]:
    """Return what is known of a customer, in the order of _OF_CONTACT."""
    country = party.country.upper()
    return (
        party.name[:200],
        party.email[:254],
        party.address[:200],
        party.zipcode[:20],
        party.city[:100],
        country if len(country) == 2 and country.isalpha() else "",
        party.tax_number[:30],
        (party.iban or party.account_number)[:40],
        party.bic[:11],
        party.phone[:40],
    )
