"""From one payment to its proposals: readings are gathered by key, judged, and ordered by score.

Automatic is only a reading that something strong speaks for, that nothing speaks against, and beside
which no other reading is left standing.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from webapp.domain.matching.facts import PLACES, ZERO, Difference, OpenInvoice, Part, Proposal, Reason, Receipt, Rules
from webapp.domain.matching.fitting import divide, fit, sums_to
from webapp.domain.matching.index import Index, Shelf, total
from webapp.domain.matching.reading import Mentions, Payer, read
from webapp.domain.matching.scoring import AGREES, score

MOST_EQUAL = 60
"""Open invoices of one amount whose names are compared; of more, the amount alone says nothing."""

MOST_UNLIKE = 3
"""Open invoices of one amount up to which one is proposed though the name hardly resembles."""

_FITS = {
    Difference.PAYMENT_DIFFERENCE: Reason.TOLERANCE,
    Difference.PAYMENT_DISCOUNT: Reason.DISCOUNT,
    Difference.PART: Reason.PART,
    Difference.TOO_MUCH: Reason.TOO_MUCH,
}
_NAMED = (Reason.STRUCTURED, Reason.REFERENCE)


class Reading(NamedTuple):
    """One way to understand a payment: these invoices, because of these reasons; `ids` are the invoices'."""

    invoices: tuple[OpenInvoice, ...]
    ids: frozenset[int]
    reasons: frozenset[Reason]
    difference: Difference

    @property
    def exact(self) -> bool:
        """Whether the amounts fit to the cent."""
        return self.difference is Difference.NONE

    def has(self, *reasons: Reason) -> bool:
        """Whether one of these speaks for it."""
        return not self.reasons.isdisjoint(reasons)

    @property
    def agrees(self) -> bool:
        """Whether the payer is the invoices' contact."""
        return not self.reasons.isdisjoint(AGREES)


_NO_RULES = Rules()


def propose(receipt: Receipt, index: Index, rules: Rules = _NO_RULES) -> list[Proposal]:
    """Return what a payment may settle, best first, at most `rules.most`; empty when nothing speaks for anything.

    At most one is automatic, and then it is the first. Only invoices in the payment's own currency count.
    """
    if not receipt.amount:
        return []
    return _Desk(receipt, index, rules).proposals()


class _Desk:
    """What is known while one payment is looked at."""

    __slots__ = ("index", "mentions", "near", "payer", "readings", "receipt", "rules", "shelf")

    def __init__(self, receipt: Receipt, index: Index, rules: Rules) -> None:
        self.receipt, self.index, self.rules = receipt, index, rules
        self.shelf: Shelf = index.shelf(receipt.currency)
        self.payer = Payer(receipt, index)
        self.mentions: Mentions = read(receipt, self.shelf)
        self.readings: dict[frozenset[int], Reading] = {}
        self.near: set[int | None] = set()

    def proposals(self) -> list[Proposal]:
        self._by_mention()
        first = self._certain()
        if first is not None:
            return [self._proposal(first, automatic=True)]
        self._by_payer()
        self._by_amount()
        if not any(reading.agrees for reading in self.readings.values()):
            self._by_likeness()
        if not self.readings:
            return []
        judged = [self._judged(reading) for reading in self.readings.values()]
        if len(judged) > 1:
            judged.sort(key=_rank)
        chosen = [reading for reading in judged if self._is_automatic(reading)]
        automatic = chosen[0] if len(chosen) == 1 else None
        ordered = [automatic] if automatic else []
        ordered += [reading for reading in judged if reading is not automatic]
        found: dict[frozenset[int], Proposal] = {}
        for one in ordered:
            proposal = self._proposal(one, automatic=one is automatic)
            found.setdefault(proposal.invoice_ids, proposal)
        return list(found.values())[: self.rules.most]

    # Gathering: each adds readings, whatever they are worth.

    def _by_mention(self) -> None:
        """What the text names: all of it together, each alone, and the choices that add up."""
        strong = self.mentions.strong
        named = [invoice for invoice, _ in strong.values()]
        if named:
            reasons = {reason for _, reason in strong.values()}
            self._add(named, reasons)
            if len(named) > 1:
                for invoice, reason in strong.values():
                    self._add([invoice], {reason})
                for choice in sums_to(named, self.receipt.amount):
                    self._add(choice, reasons)
            return
        if not self.mentions.loose:
            return
        loose = list(self.mentions.loose.values())
        for invoice in loose:
            self._add([invoice], {Reason.LOOSE_REFERENCE}, only_fitting=True)
        if len(loose) > 1:
            for choice in sums_to(loose, self.receipt.amount):
                self._add(choice, {Reason.LOOSE_REFERENCE})

    def _by_payer(self) -> None:
        for contact in sorted(self.payer.contacts):
            self._of_contact(self.shelf.by_contact.get(contact, []))

    def _by_likeness(self) -> None:
        """Contacts whose name is like the payer's, best first: only when nothing better was found."""
        likely = self.payer.likely() if self.payer.name else {}
        for contact in sorted(likely, key=lambda one: (-likely[one], one))[:3]:
            self._of_contact(self.shelf.by_contact.get(contact, []))

    def _of_contact(self, invoices: Sequence[OpenInvoice]) -> None:
        """The invoices of one contact: each that fits, those that add up, and the oldest for a part."""
        if not invoices:
            return
        before = len(self.readings)
        for invoice in invoices:
            self._add([invoice], set(), only_fitting=True)
        for choice in sums_to(invoices, self.receipt.amount):
            self._add(choice, {Reason.ALL_OPEN} if len(choice) == len(invoices) else set())
        if len(self.readings) == before:
            same = [one for one in invoices if (one.open_amount > 0) is (self.receipt.amount > 0)]
            if same:
                self._add(same if abs(self.receipt.amount) > abs(same[0].open_amount) else same[:1], set())

    def _by_amount(self) -> None:
        equal = self.shelf.by_amount.get(self.receipt.amount, [])
        if len(equal) > MOST_EQUAL:
            return
        for invoice in equal:
            agreement = self.payer.agreement(invoice)
            if agreement is None and self.payer.name:
                self.near.add(invoice.contact_id)
                if len(equal) > MOST_UNLIKE:
                    continue
            if agreement is not Reason.OTHER_CONTACT:
                key = frozenset([invoice.invoice_id])
                if key not in self.readings:
                    self._keep((invoice,), key, set(), Difference.NONE, agreement)

    def _add(self, invoices: Sequence[OpenInvoice], reasons: set[Reason], *, only_fitting: bool = False) -> None:
        """Keep a reading, unless the amounts exclude it; said twice, its reasons come together."""
        difference = fit(self.receipt, invoices, self.rules)
        if difference is None or (only_fitting and difference in (Difference.PART, Difference.TOO_MUCH)):
            return
        key = frozenset([invoice.invoice_id for invoice in invoices])
        known = self.readings.get(key)
        if known is not None:
            if reasons - known.reasons:
                self.readings[key] = known._replace(reasons=known.reasons | reasons)
            return
        self._keep(tuple(invoices), key, reasons, difference, self._agreement(invoices))

    def _keep(
        self,
        invoices: tuple[OpenInvoice, ...],
        key: frozenset[int],
        reasons: set[Reason],
        difference: Difference,
        agreement: Reason | None,
    ) -> None:
        fits = _FITS.get(difference) or (Reason.SUM if len(invoices) > 1 else Reason.AMOUNT)
        found = (*reasons, fits, agreement) if agreement else (*reasons, fits)
        self.readings[key] = Reading(invoices, key, frozenset(found), difference)

    def _agreement(self, invoices: Sequence[OpenInvoice]) -> Reason | None:
        """How the payer fits all of these: the weakest counts."""
        if len(invoices) == 1:
            return self.payer.agreement(invoices[0])
        found = [self.payer.agreement(invoice) for invoice in invoices]
        if Reason.OTHER_CONTACT in found:
            return Reason.OTHER_CONTACT
        if None in found:
            return None
        return next((reason for reason in (Reason.LIKE_NAME, Reason.NAME) if reason in found), Reason.IBAN)

    # Judging: what speaks against a reading, and whether anything else is left standing.

    def _judged(self, reading: Reading) -> Reading:
        """Add what speaks against it."""
        against = set()
        named = reading.has(*_NAMED, Reason.LOOSE_REFERENCE)
        if not self.mentions.strong.keys() <= reading.ids or (self.mentions.other and not reading.has(*_NAMED)):
            against.add(Reason.OTHER_NUMBER)
        if not named and any(one.issue_date > self.receipt.received_on for one in reading.invoices):
            against.add(Reason.ISSUED_LATER)
        if not named and not reading.has(*AGREES, Reason.OTHER_CONTACT):
            against.add(Reason.ONLY_AMOUNT)
        if self._has_rival(reading):
            against.add(Reason.RIVAL)
        return reading._replace(reasons=reading.reasons | against) if against else reading

    def _has_rival(self, reading: Reading) -> bool:
        """Whether another reading fits to the cent, and as much speaks for it."""
        if len(self.readings) == 1:
            return False
        for other in self.readings.values():
            if other.ids == reading.ids or not other.exact:
                continue
            if reading.has(*_NAMED) and reading.exact and self._is_theirs(reading) and not other.has(*_NAMED):
                continue
            if (
                reading.has(Reason.LOOSE_REFERENCE)
                and reading.agrees
                and reading.exact
                and not other.has(*_NAMED, Reason.LOOSE_REFERENCE)
            ):
                continue
            if other.has(*AGREES, *_NAMED) or not reading.agrees:
                return True
        return False

    @staticmethod
    def _is_theirs(reading: Reading) -> bool:
        """Whether the payer is the contact; a code with right check digits needs no name, only no other one."""
        return reading.agrees or (reading.has(Reason.STRUCTURED) and not reading.has(Reason.OTHER_CONTACT))

    def _certain(self) -> Reading | None:
        """What needs no comparison with others: named in full, to the cent, by its own contact."""
        strong = self.mentions.strong
        if not strong:
            return None
        reading = self.readings.get(frozenset(strong))
        if reading is None or not reading.exact or self.mentions.other:
            return None
        if len(strong) == 1 and reading.agrees and (self._alone_in_amount() or self._own_name(reading)):
            return reading
        one_contact = len({invoice.contact_id for invoice in reading.invoices}) == 1
        if len(strong) > 1 and one_contact and reading.agrees and len(self.readings) == 1 + self._parts_of(reading):
            return reading
        return None

    def _alone_in_amount(self) -> bool:
        """Whether nothing else of this amount is open: who named it and paid it can mean nobody else."""
        return len(self.shelf.by_amount.get(self.receipt.amount, ())) == 1

    def _parts_of(self, reading: Reading) -> int:
        """How many readings are about one of its invoices alone, and do not fit."""
        return sum(not other.exact and other.ids < reading.ids for other in self.readings.values())

    def _own_name(self, reading: Reading, *, compared: bool = False) -> bool:
        """Whether a name that is not the contact's to the letter is like no other contact's.

        `compared`: those who owe the same were looked at. Where number and amount say the same, only
        they could be meant instead.
        """
        if self.payer.contacts or not reading.has(Reason.LIKE_NAME, Reason.NAME):
            return True
        contacts = {invoice.contact_id for invoice in reading.invoices}
        if compared and reading.exact and reading.has(*_NAMED):
            return self.near <= contacts
        return self.near <= contacts and all(self.payer.is_best(contact) for contact in contacts)

    def _is_automatic(self, reading: Reading) -> bool:
        if reading.has(Reason.OTHER_NUMBER, Reason.ISSUED_LATER, Reason.ONLY_AMOUNT, Reason.RIVAL):
            return False
        if len({invoice.contact_id for invoice in reading.invoices}) > 1 or not self._own_name(reading, compared=True):
            return False
        if reading.difference is Difference.NONE:
            return self._exact_is_enough(reading)
        if not reading.agrees or len(reading.invoices) > 1 or self._fits_otherwise(reading):
            return False
        if reading.difference is Difference.PAYMENT_DIFFERENCE:
            return reading.has(*_NAMED)
        if reading.difference is Difference.PART:
            return reading.has(Reason.STRUCTURED) or (reading.has(Reason.REFERENCE) and self._only_one_open(reading))
        return False

    def _exact_is_enough(self, reading: Reading) -> bool:
        if len(reading.invoices) > 1:
            return reading.has(*_NAMED) or (reading.has(Reason.ALL_OPEN) and reading.has(Reason.IBAN, Reason.NAME))
        if reading.has(*_NAMED):
            return self._is_theirs(reading) or len(self.shelf.by_amount[reading.invoices[0].open_amount]) == 1
        return reading.agrees and not self._adds_up_too(reading)

    def _adds_up_too(self, reading: Reading) -> bool:
        """Whether other open invoices of the same contact add up to the payment as well."""
        (invoice,) = reading.invoices
        among = self.shelf.by_contact.get(invoice.contact_id, []) if invoice.contact_id is not None else []
        return bool(sums_to([one for one in among if one is not invoice], self.receipt.amount, most=1))

    def _fits_otherwise(self, reading: Reading) -> bool:
        return any(other.exact for other in self.readings.values() if other.ids != reading.ids)

    def _only_one_open(self, reading: Reading) -> bool:
        contact = reading.invoices[0].contact_id
        return contact is not None and len(self.shelf.by_contact[contact]) == 1

    def _proposal(self, reading: Reading, *, automatic: bool) -> Proposal:
        rest, amount = ZERO, self.receipt.amount
        if reading.exact and len(reading.invoices) == 1:
            parts: tuple[Part, ...] = (Part(reading.invoices[0].invoice_id, amount),)
        else:
            parts = divide(self.receipt, reading.invoices)
            rest = total(reading.invoices) - amount
        return Proposal(
            parts,
            score(reading.reasons, automatic=automatic),
            _ordered(reading.reasons),
            reading.difference,
            rest,
            automatic,
        )


@lru_cache(maxsize=4096)
def _ordered(reasons: frozenset[Reason]) -> tuple[Reason, ...]:
    """Return reasons as they are told; there are few combinations of them."""
    return tuple(sorted(reasons, key=PLACES.__getitem__))


def _rank(reading: Reading) -> tuple[int, tuple[object, ...]]:
    order = tuple((one.due_date or one.issue_date, one.number, one.invoice_id) for one in reading.invoices)
    return -score(reading.reasons, automatic=False), order
