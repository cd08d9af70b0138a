"""Contacts to choose from."""

from sqlalchemy import ColumnElement, func, or_, select

from webapp.queries.name_paging import NamePage, page_of
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.session import current

MOST = 8
_NO_CODE = or_(Contact.code.is_(None), Contact.code == "")


def find(organisation_id: int, contact_id: int) -> Contact | None:
    """Return a contact of an organisation."""
    return current().scalar(select(Contact).where(Contact.organisation_id == organisation_id, Contact.id == contact_id))


def search(organisation_id: int, text: str) -> list[Contact]:
    """Return the first contacts whose code begins with, or whose name holds, what was typed."""
    if not text:
        return []
    query = select(Contact).where(
        Contact.organisation_id == organisation_id,
        Contact.archived_at.is_(None),
        or_(Contact.code.istartswith(text, autoescape=True), Contact.name.icontains(text, autoescape=True)),
    )
    return list(current().scalars(query.order_by(Contact.name, Contact.id).limit(MOST)))


def without_code(organisation_id: int) -> int:
    """Return how many contacts that are in use have no contact code."""
    query = select(func.count()).where(
        Contact.organisation_id == organisation_id, Contact.archived_at.is_(None), _NO_CODE
    )
    return current().scalar(query) or 0


def table(
    organisation_id: int,
    text: str = "",
    *,
    archived: bool = False,
    no_code: bool = False,
    after: int | None = None,
) -> NamePage[Contact]:
    """Return a page of contacts by name."""
    wanted = conditions(organisation_id, text, archived=archived, no_code=no_code)
    return page_of(select(Contact).where(*wanted), Contact.name, Contact.id, after)


def conditions(
    organisation_id: int, text: str = "", *, archived: bool = False, no_code: bool = False
) -> list[ColumnElement[bool]]:
    """Return the conditions of a list of contacts; `text` is what the code begins with or the name holds.

    Those in the archive, or those that are not; `no_code`: only those that have no contact code.
    """
    there = Contact.archived_at.is_not(None) if archived else Contact.archived_at.is_(None)
    found = [Contact.organisation_id == organisation_id, there]
    if no_code:
        found.append(_NO_CODE)
    if text:
        code = Contact.code.istartswith(text, autoescape=True)
        found.append(or_(code, Contact.name.icontains(text, autoescape=True)))
    return found


def has_archived(organisation_id: int) -> bool:
    """Return whether an organisation has contacts in its archive."""
    archived = select(Contact.id).where(Contact.organisation_id == organisation_id, Contact.archived_at.is_not(None))
    return current().scalar(archived.limit(1)) is not None


def is_used(contact_id: int) -> bool:
    """Return whether an invoice names a contact, which then can be archived only."""
    return current().scalar(select(Invoice.id).where(Invoice.contact_id == contact_id).limit(1)) is not None
