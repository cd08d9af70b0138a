"""Make a contact on its own page and change it: all of it in one transaction, or nothing."""

from sqlalchemy import select

from webapp.domain.drafts import Fault
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.contact_rules import contact_faults
from webapp.services.contacts import ContactData, apply
from webapp.services.invoices.data import InvoiceFaults
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction


def save(actor: Actor, data: ContactData, *, contact_id: int | None = None) -> Contact | None:
    """Store a contact, a new one without id; None when there is no such contact. Raises InvoiceFaults."""
    with transaction() as session:
        contact: Contact | None
        if contact_id is None:
            country = session.get_one(Organisation, actor.organisation_id).country
            contact = Contact(
                organisation_id=actor.organisation_id, country=country, created_at=clock.now(), updated_at=clock.now()
            )
        else:
            contact = _held(actor.organisation_id, contact_id)
            if contact is None:
                return None
        faults = list(contact_faults(data))
        if data.code and _is_taken(actor.organisation_id, data.code, contact_id):
            faults.append(Fault("code_taken", "contact.code", {"code": data.code[:40]}))
        if faults:
            raise InvoiceFaults(faults)
        apply(contact, data)
        if contact_id is not None and not data.code:
            contact.code = None
        session.add(contact)
    return contact


def remove(actor: Actor, contact_id: int) -> str | None:
    """Delete a contact, or archive one that invoices name: returns `deleted` or `archived`, None if it is not there.

    An archived contact is out of the lists and the choices; its invoices keep it, and one that names it anew brings
    it back.
    """
    with transaction() as session:
        contact = _held(actor.organisation_id, contact_id)
        if contact is None:
            return None
        if session.scalar(select(Invoice.id).where(Invoice.contact_id == contact_id).limit(1)) is not None:
            contact.archived_at = contact.archived_at or clock.now()
            return "archived"
        session.delete(contact)
        return "deleted"


def restore(actor: Actor, contact_id: int) -> bool:
    """Take a contact out of the archive; returns whether it is there."""
    with transaction():
        contact = _held(actor.organisation_id, contact_id)
        if contact is not None:
            contact.archived_at = None
        return contact is not None


def _held(organisation_id: int, contact_id: int) -> Contact | None:
    return current().scalar(
        select(Contact).where(Contact.id == contact_id, Contact.organisation_id == organisation_id).with_for_update()
    )


def _is_taken(organisation_id: int, code: str, but: int | None) -> bool:
    query = select(Contact.id).where(Contact.organisation_id == organisation_id, Contact.code == code)
    return current().scalar(query.where(Contact.id != but) if but else query) is not None
