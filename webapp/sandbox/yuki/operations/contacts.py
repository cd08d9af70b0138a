"""The Contact service: searching the address book of a domain, a hundred cards at a time."""

from collections.abc import Callable

from webapp.sandbox.yuki.access import Call
from webapp.sandbox.yuki.markup import Value, branch, leaf
from webapp.sandbox.yuki.records import Contact
from webapp.sandbox.yuki.soap import Answer, Fault

PAGE = 100
_TYPES = {"Person": 0, "Company": 2}


def search_contacts(call: Call) -> Answer:
    """
    Cards that hold the text anywhere, in either case. The sandbox keeps no times and no inactive cards, so that
    modifiedAfter narrows nothing and Inactive finds nothing.
    """
    domain_id = call.text("domainID").lower() or call.signed_in.domain_id
    if domain_id not in call.key.domain_ids:
        raise Fault("Invalid domain ID")
    option, wanted = call.values["searchOption"], call.text("searchValue").casefold()
    own = [one for one in call.books.contacts.values() if one.domain_id == domain_id]
    found = [one for one in own if any(wanted in said.casefold() for said in _said(one, option))]
    if call.values["active"] == "Inactive":
        found = []
    found.sort(key=lambda one: (one.name.casefold(), one.id))
    start = (max(1, call.values["pageNumber"]) - 1) * PAGE
    customers = {one.contact_id for one in call.books.bookings.values() if one.kind == "sales"}
    suppliers = {one.contact_id for one in call.books.bookings.values() if one.kind == "purchase"}
    return branch(
        "Contacts",
        *(
            _card(one, customer=one.id in customers, supplier=one.id in suppliers)
            for one in found[start : start + PAGE]
        ),
    )


def _said(contact: Contact, option: str) -> list[str]:
    """What a search of this kind looks at."""
    fields = contact.fields
    looks: dict[str, list[str]] = {
        "Name": [contact.name],
        "City": [fields.get("City", "")],
        "Postcode": [fields.get("Zipcode", "")],
        "Email": [contact.invoice_email, *contact.other_emails],
        "Website": [fields.get("Website", "")],
        "Phone": [fields.get("PhoneHome", ""), fields.get("MobileHome", "")],
        "Code": [contact.code],
        "CoCNumber": [fields.get("CoCNumber", "")],
        "VATNumber": [fields.get("VATNumber", "")],
        "BankAccount": list(contact.bank_accounts),
        "ID": [contact.id],
    }
    if option == "All":
        return [said for every in looks.values() for said in every]
    return looks.get(option, [])


def _card(contact: Contact, *, customer: bool, supplier: bool) -> str:
    fields = contact.fields
    parts: dict[str, Value] = {
        "HID": "",
        "Code": contact.code,
        "Type": _TYPES.get(fields.get("ContactType", ""), 2),
        "Name": contact.name,
        **{name: fields.get(name, "") for name in ("FirstName", "MiddleName", "LastName", "Gender")},
        **{name: fields.get(name, "") for name in ("AddressLine_1", "AddressLine_2")},
        "Postcode": fields.get("Zipcode", ""),
        "City": fields.get("City", ""),
        "Country": fields.get("CountryCode", ""),
        "EmailInvoice": contact.invoice_email,
        **{name: fields.get(name, "") for name in ("PhoneHome", "MobileHome", "Website", "CoCNumber", "VATNumber")},
        "IsSupplier": supplier,
        "IsCustomer": customer,
    }
    return branch("Contact", *(leaf(key, value) for key, value in parts.items()), ID=contact.id)


HANDLERS: dict[str, Callable[[Call], Answer]] = {"SearchContacts": search_contacts}
