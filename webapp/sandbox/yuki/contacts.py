"""Finds the contact of an invoice, by code (which overwrites) or by name (which only fills in), or makes it."""

import re

from webapp.sandbox.yuki.books import new_id
from webapp.sandbox.yuki.records import Contact
from webapp.sandbox.yuki.stage import Cancelled, Stage

_ADDRESS = ("AddressLine_1", "AddressLine_2", "Zipcode", "City", "CountryCode")
_APART = ("ContactCode", "FullName", "EmailAddress", "BankAccount", "BIC")
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


def place_contact(stage: Stage, domain_id: str, said: dict[str, str]) -> Contact:
    """The staged contact for what an invoice says; an element that is "" clears a field, a missing one not."""
    email = said.get("EmailAddress", "")
    if email and not _EMAIL.fullmatch(email):
        raise Cancelled(f"'{email}' is not one valid email address")
    code = said.get("ContactCode", "")
    name = said.get("FullName", "") or " ".join(
        said[part] for part in ("FirstName", "MiddleName", "LastName") if said.get(part)
    )
    contact = stage.contact_by_code(domain_id, code)
    if contact is not None:
        _overwrite(contact, name, said)
    else:
        if not name:
            raise Cancelled("The contact has no name")
        contact = stage.contact_by_name(domain_id, name)
        if contact is not None:
            _fill_in(contact, code, said)
        else:
            fields = {key: value for key, value in said.items() if key not in _APART and value}
            contact = Contact(new_id(), domain_id, code, name, fields, email)
    account = said.get("BankAccount", "")
    if account:
        contact.bank_accounts[account] = said.get("BIC", "") or contact.bank_accounts.get(account, "")
    stage.put_contact(contact)
    return contact


def _overwrite(contact: Contact, name: str, said: dict[str, str]) -> None:
    contact.name = name or contact.name
    for key, value in said.items():
        if key not in _APART:
            contact.fields[key] = value
    if "EmailAddress" in said and said["EmailAddress"] != contact.invoice_email:
        if contact.invoice_email and contact.invoice_email not in contact.other_emails:
            contact.other_emails.append(contact.invoice_email)
        contact.invoice_email = said["EmailAddress"]


def _fill_in(contact: Contact, code: str, said: dict[str, str]) -> None:
    """Blanks only; and of the address only when the parts that both sides have are the same."""
    contact.code = contact.code or code
    contact.invoice_email = contact.invoice_email or said.get("EmailAddress", "")
    own = contact.fields
    same_address = all(own[key] == said[key] for key in _ADDRESS if own.get(key) and said.get(key))
    for key, value in said.items():
        if key in _APART or own.get(key) or (key in _ADDRESS and not same_address):
            continue
        if value:
            own[key] = value
