"""The rules that every contact keeps, on its own page, on an invoice or in a file."""

import re
from collections.abc import Iterator

from webapp.domain.documents import CLEARABLE, ContactType, Gender
from webapp.domain.drafts import Fault
from webapp.services.contacts import FIELDS, ContactData
from webapp.services.invoices.data import PersonData
from webapp.services.judging import territories, text_faults

_CONTACT_LENGTHS = {
    "code": 40,
    "name": 200,
    "email": 254,
    "address_line_1": 200,
    "address_line_2": 200,
    "area": 100,
    "zipcode": 20,
    "city": 100,
    "country": 2,
    "vat_number": 30,
    "coc_number": 30,
    "bank_account": 40,
    "bic": 11,
    "phone": 40,
    "mobile": 40,
    "website": 200,
    "first_name": 100,
    "middle_name": 60,
    "last_name": 100,
}
_PERSON_LENGTHS = {"full_name": 200, "first_name": 100, "middle_name": 60, "last_name": 100, "email": 254}
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


def contact_faults(contact: ContactData, known_codes: set[str] | frozenset[str] = frozenset()) -> Iterator[Fault]:
    """Judge what is said of a contact; `known_codes` need no name here."""
    if not contact.name and contact.code not in known_codes:
        yield Fault("contact_needed" if not contact.code else "contact_unknown", "contact.name", {"code": contact.code})
    for name in FIELDS:
        value = getattr(contact, name)
        if value and name in _CONTACT_LENGTHS:
            yield from text_faults(value, f"contact.{name}", _CONTACT_LENGTHS[name])
    if contact.email and not _EMAIL.fullmatch(contact.email):
        yield Fault("email", "contact.email", {"value": contact.email})
    if contact.country and contact.country not in territories():
        yield Fault("country", "contact.country", {"value": contact.country})
    if contact.contact_type and contact.contact_type not in set(ContactType):
        yield Fault("contact_type", "contact.contact_type", {"value": contact.contact_type})
    yield from _gender(contact.gender, "contact.gender")
    for name in sorted(contact.cleared or ()):
        if name not in CLEARABLE:
            yield Fault("not_clearable", f"contact.{name}" if name in FIELDS else "contact.name", {"value": name[:40]})
        elif getattr(contact, name):
            yield Fault("clear_or_value", f"contact.{name}")


def person_faults(person: PersonData) -> Iterator[Fault]:
    """Judge the contact person of an invoice."""
    for name, most in _PERSON_LENGTHS.items():
        yield from text_faults(getattr(person, name), f"person.{name}", most)
    if person.email and not _EMAIL.fullmatch(person.email):
        yield Fault("email", "person.email", {"value": person.email[:60]})
    yield from _gender(person.gender, "person.gender")


def _gender(value: str | None, field: str) -> Iterator[Fault]:
    if value and value not in set(Gender):
        yield Fault("gender", field, {"value": value[:40]})
