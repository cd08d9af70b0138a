"""Yuki's words as ours: answers to invoices, open items, archive documents, administrations.

Shapes are those of the response notes. Elements may be empty or missing; an amount or a date that is there
and cannot be read is never guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from lxml import etree

from webapp.connectors.ports import AccountEntry, Administration, Answer, NotUnderstood, OpenItem, VatCode
from webapp.connectors.yuki.faults import classify_message
from webapp.connectors.yuki.plain import Row, row_of
from webapp.connectors.yuki.wire import (
    TEXT_LIMIT,
    Unreadable,
    children,
    inner_document,
    local_name,
    result_of,
    text_of,
    texts,
)
from webapp.domain.failures import Failure

_DECIMAL = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,10})?\Z", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[0-9:.]+(?:Z|[+-]\d{2}:\d{2})?)?\Z", re.ASCII)
_NO_DATE = "0001-01-01"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What Yuki says about a batch: a word on each invoice it mentions; `succeeded` None if it gave no count."""

    answers: tuple[Answer, ...]
    succeeded: int | None


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """One document of the archive, as far as a look-up needs it; `amount` None until it was recognised."""

    id: str
    subject: str
    reference: str
    file_name: str
    document_date: date | None
    amount: Decimal | None
    contact_name: str


@dataclass(frozen=True, slots=True)
class Card:
    """One card of the address book; `fields` by our words, what the answer does not tell is missing."""

    id: str
    code: str
    name: str
    fields: dict[str, str]


_CARD: dict[str, tuple[str, ...]] = {
    "code": ("Code", "ContactCode"),
    "full_name": ("Name", "FullName", "CompanyName"),
    "first_name": ("FirstName",),
    "middle_name": ("MiddleName",),
    "last_name": ("LastName",),
    "gender": ("Gender",),
    "country_code": ("Country", "CountryCode"),
    "city": ("City",),
    "zipcode": ("Postcode", "Zipcode"),
    "address_line_1": ("AddressLine_1",),
    "address_line_2": ("AddressLine_2",),
    "email": ("EmailInvoice", "RecipientEmail", "EmailAddress"),
    "website": ("Website",),
    "coc_number": ("CoCNumber",),
    "vat_number": ("VATNumber",),
    "phone": ("PhoneHome",),
    "mobile": ("MobileHome",),
}
"""Our words for a card, and the names by which the vendor's lists call each: see the open items, which carry most."""


def read_import(response: etree._Element) -> ImportReport:
    """Return what `ProcessSalesInvoices` answered; raises Unreadable when any part cannot be told."""
    report = inner_document(result_of(response), "SalesInvoicesImportResponse")
    answers = [
        answer
        for item in children(report)
        if local_name(item) == "Invoice" and (answer := _read_answer(item)) is not None
    ]
    total = text_of(report, "TotalSucceeded")
    return ImportReport(tuple(answers), int(total) if total.isascii() and total.isdigit() else None)


def _read_answer(item: etree._Element) -> Answer | None:
    said = texts(item)
    succeeded, processed = _truth(said, "Succeeded"), _truth(said, "Processed")
    message = said.get("Message", "")[:TEXT_LIMIT]
    failure: Failure | None = None
    if succeeded:
        outcome = "booked" if processed else "draft"
    elif processed:
        # It contradicts itself and may be booked: as good as not mentioned, which makes it be looked up.
        return None
    else:
        failure = classify_message(message)
        outcome = "duplicate" if failure is Failure.DUPLICATE else "refused"
    return Answer(
        reference=said.get("Reference", ""),
        outcome=outcome,
        failure=failure,
        remote_text=message,
        subject=said.get("Subject", ""),
        contact=said.get("Contact", ""),
    )


def _truth(said: Mapping[str, str], name: str) -> bool:
    text = said.get(name, "").lower()
    if text not in ("true", "false", "1", "0"):
        raise Unreadable(f"{name} of an invoice is neither true nor false")
    return text in ("true", "1")


OPEN_ITEM = (
    "Reference", "Date", "DueDate", "Description", "Contact", "ContactCode", "OpenAmount", "OriginalAmount",
    "DocumentID", "PaymentMethod", "PaymentReference",
)  # fmt: skip
"""The texts of an open item that are read, in this order."""


def read_open_item(row: Row, mark: int | None = None) -> OpenItem:
    """Return one `<Item>` of an open items list, read with the fields of OPEN_ITEM; raises NotUnderstood naming it."""
    name, type_id, reference, day, due, about, contact, code, left, whole, document, method, payment = row
    if not name:
        raise NotUnderstood("an open item has no ID")
    amount = _amount(left, "OpenAmount", name)
    return OpenItem(
        name,
        reference,
        _day_of(day, "Date", name) if day else None,
        _day_of(due, "DueDate", name) if due else None,
        about,
        contact,
        code,
        amount,
        # Of most items nothing is paid yet: the two are the same text.
        amount if whole == left else _amount(whole, "OriginalAmount", name),
        type_id,
        document,
        method,
        payment,
        mark,
    )


def read_checked_items(response: etree._Element) -> list[OpenItem]:
    """Return the items of a `CheckOutstandingItemAdmin` answer; raises Unreadable or NotUnderstood."""
    found = inner_document(result_of(response), "OutstandingItems")
    return [read_open_item(row_of(item, OPEN_ITEM)) for item in children(found) if local_name(item) == "Item"]


def read_documents(response: etree._Element) -> list[ArchiveDocument]:
    """Return the documents of an archive list; raises Unreadable or NotUnderstood."""
    found = inner_document(result_of(response), "Documents")
    return [_read_document(item) for item in children(found) if local_name(item) == "Document"]


def _read_document(item: etree._Element) -> ArchiveDocument:
    name = item.get("ID") or ""
    if not name:
        raise NotUnderstood("a document has no ID")
    said = texts(item)
    amount = _decimal(said, "Amount", name) if said.get("Amount") else Decimal(0)
    return ArchiveDocument(
        id=name,
        subject=said.get("Subject", ""),
        reference=said.get("Reference", ""),
        file_name=said.get("FileName", ""),
        document_date=_date(said, "DocumentDate", name),
        # 0.00 stands for "not recognised yet", so it is no amount to compare with.
        amount=amount or None,
        contact_name=said.get("ContactName", ""),
    )


def read_administrations(response: etree._Element) -> tuple[Administration, ...]:
    """Return the administrations that the key can see; raises Unreadable."""
    found = inner_document(result_of(response), "Administrations")
    return tuple(
        Administration(
            id=(item.get("ID") or "").strip(),
            name=text_of(item, "Name"),
            domain_id=text_of(item, "DomainID"),
            active=text_of(item, "Active").lower() in ("true", "1"),
            country=text_of(item, "Country"),
            coc_number=text_of(item, "CoCNumber"),
            vat_number=text_of(item, "VATNumber"),
        )
        for item in children(found)
        if local_name(item) == "Administration"
    )


def read_domains(response: etree._Element) -> tuple[tuple[str, str], ...]:
    """Return id and name of the domains in an answer; either may be empty: this shape is not documented."""
    return tuple(
        ((item.get("ID") or text_of(item, "ID")).strip(), text_of(item, "Name") or (item.get("Name") or "").strip())
        for item in result_of(response).iter()
        if isinstance(item.tag, str) and local_name(item) == "Domain"
    )


def read_vat_codes(response: etree._Element) -> list[VatCode]:
    """Return the active VAT codes; raises NotUnderstood for one that cannot be read."""
    codes = []
    for item in children(result_of(response)):
        said = texts(item)
        name, number = said.get("description", ""), said.get("type", "")
        if not (number.isascii() and number.isdigit()):
            raise NotUnderstood(f"type of VAT code {name!r} is not a number")
        rate = _decimal(said, "percentage", name)
        since, until = _date(said, "startDate", name), _date(said, "endDate", name)
        codes.append(VatCode(int(number), rate, name, said.get("country", ""), since, until))
    return codes


def read_cards(response: etree._Element) -> list[Card]:
    """Return the cards of a contact search; raises Unreadable, NotUnderstood for one without an id.

    Which elements a card has is documented in part only, so each of our words is read from the names it is known by,
    and a word that no element tells is left out.
    """
    found = inner_document(result_of(response), "Contacts")
    return [_read_card(item) for item in children(found) if local_name(item) == "Contact"]


def _read_card(item: etree._Element) -> Card:
    name = item.get("ID") or ""
    if not name:
        raise NotUnderstood("a contact has no ID")
    said = texts(item)
    known: dict[str, str] = {}
    for word, theirs in _CARD.items():
        there = [said[one] for one in theirs if one in said]
        if there:
            known[word] = next(filter(None, there), "")
    return Card(name, known.pop("code", ""), known.pop("full_name", ""), known)


def read_accounts(response: etree._Element) -> list[tuple[str, str]]:
    """Return code and description of the accounts that are in use (`descripton` is the contract's spelling)."""
    return [
        (text_of(item, "code"), text_of(item, "descripton"))
        for item in children(result_of(response))
        if text_of(item, "isEnabled").lower() != "false"
    ]


def read_account_entries(response: etree._Element) -> list[AccountEntry]:
    """Return what was posted on a ledger account; raises NotUnderstood for an entry that cannot be read."""
    entries = []
    for item in children(result_of(response)):
        said = texts(item)
        name = said.get("id", "")
        day = _date(said, "transactionDate", name)
        if not name or day is None:
            raise NotUnderstood("a transaction has no id or no date", remote_text=name[:100])
        entries.append(
            AccountEntry(
                remote_id=name,
                day=day,
                amount=_decimal(said, "transactionAmount", name),
                description=said.get("description", ""),
                reference=said.get("documentReference", ""),
                contact_code=said.get("contactCode", ""),
                # "TRMDocumentTypeSalesInvoice" and its like: the invoice's own entry, not what settled it.
                of_invoice="invoice" in said.get("documentType", "").lower(),
            )
        )
    return entries


def _decimal(said: dict[str, str], field: str, name: str) -> Decimal:
    return _amount(said.get(field, ""), field, name)


def _amount(text: str, field: str, name: str) -> Decimal:
    if not _DECIMAL.match(text):
        raise NotUnderstood(f"{field} of {name} is not a number", remote_text=text[:100])
    return Decimal(text)


def _date(said: dict[str, str], field: str, name: str) -> date | None:
    text = said.get(field, "")
    return _day_of(text, field, name) if text else None


def _day_of(text: str, field: str, name: str) -> date | None:
    try:
        return _day(text)
    except ValueError:
        raise NotUnderstood(f"{field} of {name} is not a date", remote_text=text[:100]) from None


@lru_cache(maxsize=2000)
def _day(text: str) -> date | None:
    """Return a day, None for the one that stands for none; a list has few days, and each of them many times."""
    if text.startswith(_NO_DATE):
        return None
    found = _DATE.match(text)
    return date.fromisoformat(found[1] if found else "")
