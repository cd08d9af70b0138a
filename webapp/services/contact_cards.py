"""The card that the books have of a contact: looked for where a person looks at an invoice, and kept for their day."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Select, func, select

from webapp.connectors.ports import ConnectorError, ContactCard
from webapp.domain import contact_cards as rules
from webapp.domain.failures import Failure
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import outbox
from webapp.services.gateways import open_gateway
from webapp.services.sealing import CannotUnseal
from webapp.services.vat_codes import is_of_today, place_of
from webapp.store import contact_cards as store
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current, release, transaction

log = Log()
TOLD = ("code", "name", "namesake", "none")
"""What of a search is an answer; the rest says why there is none."""


def cards_of(
    organisation_id: int, contacts: Mapping[int, Iterable[Contact]]
) -> dict[tuple[int, int], str | rules.Card]:
    """Return what is known today of contacts by connection: the card, or `denied` or `failed`.

    By (connection id, contact id). A card is out of date when the contact has another code or name here since, or an
    invoice to it was booked after it was read.
    """
    wanted = {one.id: one for group in contacts.values() for one in group}
    if not wanted:
        return {}
    session = current()
    rows = session.scalars(
        select(store.ContactCard)
        .where(store.ContactCard.connection_id.in_(contacts), store.ContactCard.contact_id.in_(wanted))
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        return {}
    places = {one.id: place_of(one) for one in session.scalars(_connections(organisation_id, contacts))}
    booked = _booked(organisation_id, [row.contact_id for row in rows])
    return {
        (row.connection_id, row.contact_id): _told(row)
        for row in rows
        if row.place == places.get(row.connection_id)
        and is_of_today(row.read_at)
        and (row.asked_code, row.asked_name) == _asked(wanted[row.contact_id])
        and not (row.contact_id in booked and booked[row.contact_id] >= row.read_at)
    }


def ask(organisation_id: int, connection_id: int, contact_id: int) -> bool:
    """Have the card of a contact looked for, unless that was done today; returns whether it will be."""
    with transaction() as session:
        connection = session.scalar(_connections(organisation_id, [connection_id]))
        contact = session.scalar(
            select(Contact).where(Contact.id == contact_id, Contact.organisation_id == organisation_id)
        )
        if connection is None or contact is None or connection.state != "active":
            return False
        if isinstance(_known(connection, contact), rules.Card):
            return False
        waiting = session.scalars(select(OutboxEntry.args).where(OutboxEntry.job == outbox.CONTACT_CARD))
        if [connection_id, contact_id] not in list(waiting):
            outbox.enqueue(outbox.CONTACT_CARD, connection_id, contact_id)
    return True


def read(connection_id: int, contact_id: int) -> None:
    """Look for a contact's card, in two calls as a rule, unless it was found today; what came of it is kept.

    The calls count as made by a person: somebody looked at an invoice. A failure changes nothing else.
    """
    connection = current().get(Connection, connection_id, populate_existing=True)
    contact = current().get(Contact, contact_id, populate_existing=True)
    if connection is None or contact is None or connection.organisation_id != contact.organisation_id:
        return
    if connection.state != "active" or isinstance(_known(connection, contact), rules.Card):
        return
    place, (code, name) = place_of(connection), _asked(contact)
    began = clock.now()
    found: ContactCard | None = None
    release()
    try:
        found = open_gateway(connection_id, kind=Trigger.MANUAL).gateway.find_contact(code=code, name=name)
        outcome = found.by if found else "none"
    except (ConnectorError, CannotUnseal) as error:
        log.warning("contact_card_not_read", connection=connection_id, error=type(error).__name__)
        outcome = "denied" if isinstance(error, ConnectorError) and error.failure is Failure.RIGHT else "failed"
    with transaction() as session:
        if session.get(Contact, contact_id) is None:
            return
        row = session.get(store.ContactCard, (connection_id, contact_id)) or store.ContactCard(
            connection_id=connection_id, contact_id=contact_id
        )
        # From before the call: what was booked while it was under way may not be on the card.
        row.place, row.asked_code, row.asked_name, row.read_at = place, code, name, began
        row.found, row.code = outcome, found.code[:200] if found else ""
        row.card = {**found.fields, "full_name": found.name} if found else {}
        session.add(row)


def _known(connection: Connection, contact: Contact) -> str | rules.Card | None:
    found = cards_of(connection.organisation_id, {connection.id: [contact]})
    return found.get((connection.id, contact.id))


def _told(row: store.ContactCard) -> str | rules.Card:
    if row.found not in TOLD:
        return row.found
    return rules.Card("" if row.found == "none" else row.found, row.code, row.card)


def _asked(contact: Contact) -> tuple[str, str]:
    return contact.code or "", contact.name


def _connections(organisation_id: int, ids: Iterable[int]) -> Select[Connection]:
    return select(Connection).where(Connection.organisation_id == organisation_id, Connection.id.in_(list(ids)))


def _booked(organisation_id: int, contact_ids: Iterable[int]) -> dict[int, datetime]:
    """Return when an invoice to each contact was last booked: since then its card may be another."""
    rows = current().execute(
        select(Invoice.contact_id, func.max(Delivery.updated_at))
        .join(Delivery, Delivery.invoice_id == Invoice.id)
        .where(Invoice.organisation_id == organisation_id, Invoice.contact_id.in_(list(contact_ids)))
        .where(Delivery.state == "sent")
        .group_by(Invoice.contact_id)
    )
    return {contact_id: moment for contact_id, moment in rows if contact_id is not None}
