"""What a payment's own words say: which invoices they name, and who paid."""

import re
from dataclasses import dataclass, field

from webapp.domain.matching.facts import OpenInvoice, Reason, Receipt
from webapp.domain.matching.index import Index, Shelf
from webapp.domain.matching.names import LIKE, SAME, UNLIKE, fold
from webapp.domain.matching.numbers import (
    SHORTEST,
    Run,
    find,
    find_loose,
    names_other,
    runs_of,
    without_dates_and_amounts,
)
from webapp.domain.matching.structured import canonical, codes_in, payload, without_accounts

ENOUGH_DIGITS = 4
"""Digits that the payload of a structured code must share with a number to stand for it."""

_LONGEST_TEXT = 2_000
_DIGIT = re.compile("[0-9]")


@dataclass(slots=True)
class Mentions:
    """The invoices that a text names: `strong` by number or code, `loose` by what is left of a number.

    `other`: it names a number of our series that is not among the open ones.
    """

    strong: dict[int, tuple[OpenInvoice, Reason]] = field(default_factory=dict)
    loose: dict[int, OpenInvoice] = field(default_factory=dict)
    other: bool = False


def read(receipt: Receipt, shelf: Shelf) -> Mentions:
    """Return what the text and the reference of a payment name among the open invoices of its currency."""
    if not receipt.reference and _says_nothing(receipt.text, shelf):
        return _NOTHING
    found = Mentions()
    if receipt.reference:
        code = canonical(receipt.reference)
        if code:
            _code(found, code, shelf)
        else:
            _text(found, receipt.reference[:_LONGEST_TEXT].upper(), shelf)
    if receipt.text:
        _text(found, receipt.text[:_LONGEST_TEXT].upper(), shelf)
    return found


def _code(found: Mentions, code: str, shelf: Shelf) -> None:
    invoices = shelf.by_code.get(code, [])
    inside = payload(code)
    if not invoices and len(inside) >= ENOUGH_DIGITS:
        invoices = shelf.by_number.get(inside, [])
    if len(invoices) == 1:
        found.strong[invoices[0].invoice_id] = invoices[0], Reason.STRUCTURED
    elif not invoices:
        found.other = True
    for invoice in invoices:
        found.loose[invoice.invoice_id] = invoice


_NOTHING = Mentions()


def _says_nothing(text: str, shelf: Shelf) -> bool:
    """Whether there is no number in a text, and no code."""
    return not shelf.wordy and _DIGIT.search(text) is None


def _text(found: Mentions, text: str, shelf: Shelf) -> None:
    if _says_nothing(text, shelf):
        return
    text = without_accounts(text)
    for code, start, end in list(codes_in(text)):
        known = code in shelf.by_code or payload(code) in shelf.by_number
        if known or not code.isdigit() or len(code) == 12:
            _code(found, code, shelf)
            text = text[:start] + "\n" * (end - start) + text[end:]
    runs = runs_of(text)
    hits = find(runs, shelf.by_number, shelf.letters)
    own = {place for hit in hits for place in range(hit.first, hit.last + 1)}
    for hit in hits:
        invoices = shelf.by_number[hit.key]
        certain = len(invoices) == 1 and len(hit.key) > SHORTEST and not (hit.at_end and shelf.goes_on(hit.key))
        for invoice in invoices:
            if certain:
                found.strong.setdefault(invoice.invoice_id, (invoice, Reason.REFERENCE))
            else:
                found.loose[invoice.invoice_id] = invoice
    if not hits:
        _loose(found, text, shelf)
    found.other = found.other or _names_other(runs, text, own, shelf)


def _loose(found: Mentions, text: str, shelf: Shelf) -> None:
    if _DIGIT.search(text) is None:
        return
    for key in find_loose(runs_of(without_dates_and_amounts(text)), shelf.loose):
        for invoice in shelf.loose[key]:
            found.loose[invoice.invoice_id] = invoice


def _names_other(runs: list[Run], text: str, own: set[int], shelf: Shelf) -> bool:
    if not any(run.text.isdigit() and place not in own for place, run in enumerate(runs)):
        return False
    if own:
        return names_other(runs, shelf.shapes, own.__contains__)
    return names_other(runs_of(without_dates_and_amounts(text)), shelf.shapes, own.__contains__)


class Payer:
    """Who paid, as far as the account and the name tell."""

    __slots__ = ("_best", "_index", "by_iban", "by_name", "name", "text")

    def __init__(self, receipt: Receipt, index: Index) -> None:
        """Look the account and the name up; nothing is compared yet."""
        iban = receipt.iban.replace(" ", "").upper()
        self._index = index
        self._best: dict[int, float] | None = None
        self.by_iban = index.by_iban.get(iban, set()) if iban else set()
        self.name = fold(receipt.name) if receipt.name else ""
        self.by_name = index.by_name.get(self.name, set()) if self.name else set()
        self.text = fold(receipt.text) if not self.name and not self.by_iban else ""

    @property
    def contacts(self) -> set[int]:
        """The contacts that it is for certain, as far as anything is."""
        return self.by_iban or self.by_name

    def agreement(self, invoice: OpenInvoice) -> Reason | None:
        """Return how the payer fits an invoice's contact: IBAN, NAME, LIKE_NAME, OTHER_CONTACT; None: not known."""
        contact = invoice.contact_id
        if self.by_iban:
            return Reason.IBAN if contact in self.by_iban else Reason.OTHER_CONTACT
        if self.by_name and contact is not None:
            return Reason.NAME if contact in self.by_name else Reason.OTHER_CONTACT
        known = self._index.folded.get(contact, "") if contact is not None else fold(invoice.contact_name)
        if not self.name:
            return Reason.LIKE_NAME if len(known) >= 8 and f" {known} " in f" {self.text} " else None
        if not known:
            return None
        alike = self._index.names.alike(self.name, known)
        if alike >= SAME:
            return Reason.NAME
        if alike >= LIKE:
            return Reason.LIKE_NAME
        return Reason.OTHER_CONTACT if alike < UNLIKE else None

    def likely(self) -> dict[int, float]:
        """Return the contacts whose name is like this one, by how alike; only those that share a rare word."""
        if self._best is None:
            index = self._index
            found = index.with_rare_words(self.name or self.text)
            name = self.name
            compared = {
                contact: index.names.alike(name, index.folded[contact])
                for contact in index.names.may_be_alike(name, index.folded, found)
            }
            self._best = {contact: alike for contact, alike in compared.items() if alike >= UNLIKE}
        return self._best

    def is_best(self, contact: int | None) -> bool:
        """Whether no other contact's name is nearly as like as this one's."""
        if contact is None or self.contacts or not self.name:
            return True
        likely = self.likely()
        own = likely.get(contact, 0.0)
        return all(alike < own - 0.1 for other, alike in likely.items() if other != contact)
