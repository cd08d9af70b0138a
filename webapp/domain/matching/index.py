"""The open invoices of one organisation, laid out so that a payment finds the few that it may be about.

Everything is found by a key first: a number, a code, an account, a name, an amount. Only what a key
brought up is compared letter by letter.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal

from webapp.domain.matching.facts import KnownContact, OpenInvoice
from webapp.domain.matching.names import Names, fold
from webapp.domain.matching.numbers import digits_key, key_of, letters_of, loose_keys, shape_of
from webapp.domain.matching.structured import canonical

SHORTEST_NUMBER = 3
MOST_LOOSE = 40
"""A loose key that stands for more invoices than this says nothing."""


class Shelf:
    """The open invoices of one currency, by every key."""

    def __init__(self) -> None:
        """Make it empty; see `put`."""
        self.by_number: dict[str, list[OpenInvoice]] = {}
        self.by_code: dict[str, list[OpenInvoice]] = {}
        self.by_amount: dict[Decimal, list[OpenInvoice]] = {}
        self.by_contact: dict[int, list[OpenInvoice]] = {}
        self.letters: set[str] = set()
        self.wordy = False
        """Whether any number here is without a digit: then a text without one may name it."""
        self.shapes: set[str] = set()
        self._invoices: list[OpenInvoice] = []
        self._loose: dict[str, list[OpenInvoice]] | None = None
        self._sorted: list[str] = []
        self._longest = 0

    def put(self, invoice: OpenInvoice) -> None:
        """Lay one invoice under its keys."""
        self._invoices.append(invoice)
        self.by_amount.setdefault(invoice.open_amount, []).append(invoice)
        if invoice.contact_id is not None:
            self.by_contact.setdefault(invoice.contact_id, []).append(invoice)
        key = key_of(invoice.number)
        digits = key
        if not key.isdigit():
            self.letters.update(letters_of(invoice.number))
            digits = digits_key(invoice.number)
            if digits:
                self.by_number.setdefault(digits, []).append(invoice)
        self.wordy = self.wordy or key.isalpha()
        self.shapes.add(shape_of(digits))
        if len(key) >= SHORTEST_NUMBER:
            self.by_number.setdefault(key, []).append(invoice)
        if invoice.reference:
            code = canonical(invoice.reference)
            if code:
                self.by_code.setdefault(code, []).append(invoice)
            else:
                said = key_of(invoice.reference)
                self.wordy = self.wordy or said.isalpha()
                self.by_number.setdefault(said, []).append(invoice)

    @property
    def loose(self) -> dict[str, list[OpenInvoice]]:
        """What numbers are without zeros, letters or year; made when it is first asked for."""
        if self._loose is None:
            found: dict[str, list[OpenInvoice]] = {}
            for invoice in self._invoices:
                for key in loose_keys(invoice.number):
                    found.setdefault(key, []).append(invoice)
            self._loose = {key: several for key, several in found.items() if len(several) <= MOST_LOOSE}
        return self._loose

    def goes_on(self, key: str) -> bool:
        """Whether a longer number begins with this one: at the end of a cut-off text it may be that."""
        if not self._sorted:
            self._sorted = sorted(self.by_number)
            self._longest = max(map(len, self._sorted), default=0)
        if len(key) >= self._longest:
            return False
        after = bisect_right(self._sorted, key)
        return after < len(self._sorted) and self._sorted[after].startswith(key)


class Index:
    """What payments of one organisation can be matched with.

    Built once for many payments; the order in which invoices and contacts come does not matter.
    """

    def __init__(self, invoices: Iterable[OpenInvoice], contacts: Iterable[KnownContact] = ()) -> None:
        """Lay out the open invoices, and the contacts whose names and accounts are known."""
        self.shelves: dict[str, Shelf] = {}
        self.by_iban: dict[str, set[int]] = {}
        self.by_name: dict[str, set[int]] = {}
        self.folded: dict[int, str] = {}
        self._by_word: dict[str, set[int]] | None = None
        for contact in contacts:
            self._name(contact.contact_id, contact.name)
            for iban in contact.ibans:
                self.by_iban.setdefault(iban.replace(" ", "").upper(), set()).add(contact.contact_id)
        for invoice in sorted(invoices, key=_order):
            shelf = self.shelves.get(invoice.currency)
            if shelf is None:
                shelf = self.shelves[invoice.currency] = Shelf()
            shelf.put(invoice)
            if invoice.contact_id is not None and invoice.contact_id not in self.folded:
                self._name(invoice.contact_id, invoice.contact_name)
        self.names = Names(self.by_name)

    def _name(self, contact_id: int, name: str) -> None:
        folded = fold(name)
        self.folded[contact_id] = folded
        if folded:
            self.by_name.setdefault(folded, set()).add(contact_id)

    def shelf(self, currency: str) -> Shelf:
        """Return what is open in one currency."""
        return self.shelves.get(currency) or Shelf()

    def with_rare_words(self, folded: str) -> set[int]:
        """Return the contacts that share a rare word with a name, or how such a word begins."""
        if self._by_word is None:
            known: dict[str, set[int]] = {}
            for name, ids in self.by_name.items():
                for word in name.split():
                    for key in (word, word[:4] + "*"):
                        known.setdefault(key, set()).update(ids)
            self._by_word = {key: ids for key, ids in known.items() if len(ids) <= MOST_LOOSE}
        rare = self._by_word.get
        found: set[int] = set()
        for word in folded.split():
            if len(word) > 2:
                found.update(rare(word, ()), rare(f"{word[:4]}*", ()))
        return found


def _order(invoice: OpenInvoice) -> tuple[object, ...]:
    return (invoice.due_date or invoice.issue_date, invoice.issue_date, invoice.number, invoice.invoice_id)


def total(invoices: Sequence[OpenInvoice]) -> Decimal:
    """Return what is open on several invoices together."""
    return sum((invoice.open_amount for invoice in invoices), Decimal(0))
