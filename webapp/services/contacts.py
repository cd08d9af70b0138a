"""Contacts: found by their code, else by their exact name, and brought up to date by the invoices that name them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select

from webapp.domain.documents import CLEARABLE
from webapp.domain.drafts import unfit_sign
from webapp.extensions import clock
from webapp.store.contacts import Contact
from webapp.store.session import current

CHUNK = 500


@dataclass(frozen=True, slots=True)
class ContactData:
    """What an invoice says of its contact; None leaves what is known as it is, "" clears it here.

    `cleared` names the fields that are to be emptied in the books too; None leaves that as it is.
    """

    code: str | None = None
    name: str | None = None
    contact_type: str | None = None
    email: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    area: str | None = None
    zipcode: str | None = None
    city: str | None = None
    country: str | None = None
    vat_number: str | None = None
    coc_number: str | None = None
    bank_account: str | None = None
    bic: str | None = None
    phone: str | None = None
    mobile: str | None = None
    website: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    gender: str | None = None
    cleared: frozenset[str] | None = None


FIELDS = tuple(field.name for field in fields(ContactData) if field.name != "cleared")
KEPT = (*FIELDS, "cleared")
_IDENTITY = ("code", "name")


def known_codes(organisation_id: int, codes: Iterable[str]) -> set[str]:
    """Return those contact codes that an organisation has already."""
    return {contact.code for contact in _by_code(organisation_id, codes) if contact.code}


def save_all(organisation_id: int, wanted: Sequence[ContactData], *, country: str = "NL") -> list[Contact]:
    """Find, update or create one contact for each entry, inside of a transaction; returned in the same order.

    A code decides; without one, or with a code that is new, a contact without code and with exactly this
    name is taken. `country` is what a new contact gets that names none.
    """
    codes = {contact.code: contact for contact in _by_code(organisation_id, [one.code for one in wanted if one.code])}
    # By name only where a code does not decide: an import by the API asks this for every invoice.
    unknown = [one.name for one in wanted if one.name and not (one.code and one.code in codes)]
    names = _by_name(organisation_id, unknown) if unknown else {}
    found = []
    for one in wanted:
        contact = codes.get(one.code) if one.code else None
        if contact is None and one.name:
            contact = _of_name(names.get(one.name, []), with_code=bool(one.code))
        if contact is None:
            contact = _create(organisation_id, one, country)
        apply(contact, one)
        if contact.code:
            codes[contact.code] = contact
        if contact not in names.setdefault(contact.name, []):
            names[contact.name].append(contact)
        found.append(contact)
    current().flush()
    return found


def _of_name(candidates: list[Contact], *, with_code: bool) -> Contact | None:
    """The oldest contact of a name; when the invoice brings a new code, only one that has none yet."""
    return next((contact for contact in candidates if not (with_code and contact.code)), None)


def _create(organisation_id: int, data: ContactData, country: str) -> Contact:
    contact = Contact(**begun(organisation_id, data, country))
    current().add(contact)
    return contact


def begun(organisation_id: int, data: ContactData, country: str) -> dict[str, Any]:
    """Return what a new contact begins with, before what is said of it."""
    now, name = clock.now(), data.name or data.code or ""
    return {"organisation_id": organisation_id, "name": name, "country": country, "created_at": now, "updated_at": now}


def apply(contact: Contact, data: ContactData) -> None:
    """Put what is said into a contact; what is not said (None) stays as it is."""
    changed = changes({name: getattr(contact, name) for name in KEPT}, data)
    for name, value in changed.items():
        setattr(contact, name, value)
    if contact.archived_at is not None:
        contact.archived_at = None
    if changed:
        contact.updated_at = clock.now()


def changes(known: Mapping[str, Any], data: ContactData) -> dict[str, Any]:
    """Return what of a contact, `known` by its KEPT fields, is other than what is said; often nothing."""
    changed: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(data, name)
        if value is not None and known[name] != value and (value or name not in _IDENTITY):
            changed[name] = value
    # A field with a value is overwritten, and so is not cleared.
    before = known["cleared"] or []
    wished = before if data.cleared is None else data.cleared
    cleared = sorted(name for name in wished if name in CLEARABLE and not changed.get(name, known[name]))
    return changed | ({"cleared": cleared} if cleared != before else {})


def _by_code(organisation_id: int, codes: Iterable[str]) -> list[Contact]:
    wanted = sorted({code for code in codes if not unfit_sign(code)})
    found: list[Contact] = []
    for start in range(0, len(wanted), CHUNK):
        query = select(Contact).where(
            Contact.organisation_id == organisation_id, Contact.code.in_(wanted[start : start + CHUNK])
        )
        found += current().scalars(query)
    return found


def _by_name(organisation_id: int, names: Iterable[str]) -> dict[str, list[Contact]]:
    wanted = sorted({name for name in names if not unfit_sign(name)})
    found: dict[str, list[Contact]] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(Contact).where(
            Contact.organisation_id == organisation_id, Contact.name.in_(wanted[start : start + CHUNK])
        )
        for contact in current().scalars(query.order_by(Contact.id)):
            found.setdefault(contact.name, []).append(contact)
    return found
