"""Payments with their labels: what each truly settles, and whether a careful person could tell without asking.

Every payment is told apart by its kind. The label is decided when the payment is made, from the books
alone; matching has no part in it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tests.proof.matching.books import TODAY, Books, make_books
from tests.proof.matching.noise import as_a_bank_writes, iban, loose_number, misspelt, noisy_number, wrong_number
from webapp.domain.matching import OpenInvoice, Receipt

_WORDS = {
    "NL": ("factuur", "fact.nr.", "betaling factuur", "Betreft:", "inzake uw factuur", "fnr", ""),
    "BE": ("factuur", "facture", "fact", "betaling", "paiement facture", "Ref.", ""),
    "HU": ("számla", "szla", "számlaszám:", "számla kiegyenlítése", "szla. sz.", "Ref", ""),
}
_EXTRA = (
    "",
    "",
    "",
    "klantnr 10233",
    "dank u wel",
    "d.d. 12-10-2026",
    "tel 06-12345678",
    "order 88123",
    "EUR 1.250,00",
)
_STRANGERS = (
    "Belastingdienst",
    "Rente spaarrekening",
    "Verzekering retour",
    "Marktplaats",
    "Adyen N.V.",
    "Stichting Mollie",
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A payment, what it truly settles (invoice and amount), its kind, and whether that can be told for sure."""

    receipt: Receipt
    truth: dict[int, Decimal]
    kind: str
    unambiguous: bool


class Maker:
    """Makes the payments of one set of books."""

    def __init__(self, rng: random.Random, books: Books) -> None:
        self.rng, self.books = rng, books
        self.payable = [one for one in books.invoices if one.open_amount > 0]
        self.number = 0

    def make(self) -> Labelled:
        """Make one payment of a kind that is drawn by how often it happens."""
        while True:
            kind, maker = self.rng.choices(list(KINDS), weights=[weight for _, weight in KINDS.values()])[0], None
            maker = KINDS[kind][0]
            made = maker(self)
            if made is not None:
                receipt, truth, unambiguous = made
                return Labelled(receipt, truth, kind, unambiguous)

    def pick(self) -> OpenInvoice:
        return self.rng.choice(self.payable)

    def receipt(
        self, invoice: OpenInvoice, text: str, *, amount: Decimal | None = None, name: str | None = None, **facts: str
    ) -> Receipt:
        """Return a payment by an invoice's contact; the account is always its own, known to us or not."""
        person = self.books.person(invoice)
        self.number += 1
        shown = as_a_bank_writes(self.rng, person.name) if name is None else name
        return Receipt(
            self.number,
            invoice.open_amount if amount is None else amount,
            invoice.currency,
            TODAY - timedelta(days=self.rng.randrange(0, 4)),
            text,
            shown,
            facts.get("iban", person.iban),
            facts.get("reference", ""),
        )

    def words(self, number: str) -> str:
        """Put a number into the words of a remittance."""
        parts = [self.rng.choice(_WORDS[self.books.country]), number, self.rng.choice(_EXTRA)]
        if self.rng.random() < 0.1:
            parts.reverse()
        glue = "" if self.rng.random() < 0.08 and parts[0][-1:].isalpha() else " "
        return (parts[0] + glue + " ".join(parts[1:])).strip()

    def is_only(self, invoice: OpenInvoice) -> bool:
        """Whether nobody else of that family owes the same amount, and its contact owes it once."""
        family = self.books.person(invoice).family[:4]
        equal = [one for one in self.payable if one.open_amount == invoice.open_amount]
        return sum(self.books.person(one).family[:4] == family for one in equal) == 1

    def adds_up_otherwise(self, invoice: OpenInvoice) -> bool:
        """Whether other invoices of the contact come to the same amount."""
        others = [one for one in self.books.of(self.books.person(invoice)) if one is not invoice]
        sums = {Decimal(0)}
        for one in others:
            sums |= {known + one.open_amount for known in sums}
        return invoice.open_amount in sums


Made = tuple[Receipt, dict[int, Decimal], bool] | None


def _whole(invoice: OpenInvoice) -> dict[int, Decimal]:
    return {invoice.invoice_id: invoice.open_amount}


def clean(maker: Maker) -> Made:
    invoice = maker.pick()
    return maker.receipt(invoice, maker.words(invoice.number)), _whole(invoice), True


def noisy(maker: Maker) -> Made:
    invoice = maker.pick()
    name = misspelt(maker.rng, maker.books.person(invoice).name, maker.rng.randrange(0, 3))
    text = maker.words(noisy_number(maker.rng, invoice.number))
    return maker.receipt(invoice, text, name=name), _whole(invoice), True


def without_zeros(maker: Maker) -> Made:
    invoice = maker.pick()
    return maker.receipt(invoice, maker.words(loose_number(invoice.number))), _whole(invoice), maker.is_only(invoice)


def structured(maker: Maker) -> Made:
    invoice = maker.pick()
    if not invoice.reference:
        return None
    in_text = maker.rng.random() < 0.4
    if in_text:
        return maker.receipt(invoice, invoice.reference), _whole(invoice), True
    return maker.receipt(invoice, "", reference=invoice.reference), _whole(invoice), True


def account_only(maker: Maker) -> Made:
    invoice = maker.pick()
    sure = maker.books.person(invoice).known and maker.is_only(invoice) and not maker.adds_up_otherwise(invoice)
    return maker.receipt(invoice, maker.rng.choice(("", "betaling", "dank", "oktober"))), _whole(invoice), sure


def name_only(maker: Maker) -> Made:
    invoice = maker.pick()
    name = misspelt(maker.rng, maker.books.person(invoice).name, 1)
    alone = sum(one.open_amount == invoice.open_amount for one in maker.payable) == 1
    sure = alone and maker.is_only(invoice) and not maker.adds_up_otherwise(invoice)
    receipt = maker.receipt(invoice, "betaling", name=name, iban=iban(maker.rng, maker.books.country))
    return receipt, _whole(invoice), sure


def several(maker: Maker) -> Made:
    mine = [one for one in maker.books.of(maker.books.person(maker.pick())) if one.open_amount > 0]
    if len(mine) < 2:
        return None
    chosen = maker.rng.sample(mine, maker.rng.randrange(2, min(len(mine), 4) + 1))
    glue = maker.rng.choice((", ", " + ", " en ", " ", ","))
    text = maker.words(glue.join(one.number for one in chosen))
    truth = {one.invoice_id: one.open_amount for one in chosen}
    return maker.receipt(chosen[0], text, amount=sum(truth.values(), Decimal(0))), truth, True


def all_open(maker: Maker) -> Made:
    person = maker.books.person(maker.pick())
    mine = maker.books.of(person)
    total = sum((one.open_amount for one in mine), Decimal(0))
    if not 2 <= len(mine) <= 5 or total <= 0:
        return None
    receipt = maker.receipt(mine[0], "alle openstaande facturen", amount=total)
    return receipt, {one.invoice_id: one.open_amount for one in mine}, person.known and len(mine) == 2


def part(maker: Maker) -> Made:
    invoice = maker.pick()
    amount = (invoice.open_amount * maker.rng.choice((Decimal("0.5"), Decimal("0.25")))).quantize(Decimal("0.01"))
    mine = maker.books.of(maker.books.person(invoice))
    if any(one.open_amount == amount for one in mine):
        return None
    text = maker.words(invoice.number) + maker.rng.choice((" deelbetaling", " 1e termijn", ""))
    return maker.receipt(invoice, text, amount=amount), {invoice.invoice_id: amount}, len(mine) == 1


def cents_off(maker: Maker) -> Made:
    invoice = maker.pick()
    step = Decimal(maker.rng.choice(("0.01", "-0.01", "0.05", "-0.09", "0.10")))
    amount = invoice.open_amount + (step * 10 if maker.books.country == "HU" else step)
    receipt = maker.receipt(invoice, maker.words(invoice.number), amount=amount)
    return receipt, {invoice.invoice_id: min(amount, invoice.open_amount)}, True


def discounted(maker: Maker) -> Made:
    invoice = maker.pick()
    amount = (invoice.open_amount * Decimal("0.98")).quantize(Decimal("0.01"))
    return maker.receipt(invoice, maker.words(invoice.number), amount=amount), {invoice.invoice_id: amount}, False


def mistyped(maker: Maker) -> Made:
    """A wrong number; where it names another open invoice of the payer for the same amount, that one is paid."""
    invoice = maker.pick()
    number = wrong_number(maker.rng, invoice.number)
    named = next((one for one in maker.books.invoices if one.number == number), None)
    same = named and named.contact_id == invoice.contact_id and named.open_amount == invoice.open_amount
    return maker.receipt(invoice, maker.words(number)), _whole(named if named and same else invoice), False


def others_number(maker: Maker) -> Made:
    """The number of somebody else's open invoice, copied from the wrong letter."""
    invoice, other = maker.pick(), maker.pick()
    if other.contact_id == invoice.contact_id:
        return None
    return maker.receipt(invoice, maker.words(other.number)), _whole(invoice), False


def truncated(maker: Maker) -> Made:
    invoice = maker.pick()
    text = f"betaling van de factuur met nummer {invoice.number}"
    return maker.receipt(invoice, text[: len(text) - maker.rng.randrange(1, 5)]), _whole(invoice), False


def third_party(maker: Maker) -> Made:
    """Somebody else pays: the director's own account."""
    invoice = maker.pick()
    alone = sum(one.open_amount == invoice.open_amount for one in maker.payable) == 1
    receipt = maker.receipt(
        invoice, maker.words(invoice.number), name="A. de Boer", iban=iban(maker.rng, maker.books.country)
    )
    return receipt, _whole(invoice), alone


def paid_before(maker: Maker) -> Made:
    """An invoice that was paid already is paid again: it settles nothing that is open."""
    if not maker.books.closed:
        return None
    invoice = maker.rng.choice(maker.books.closed)
    return (maker.receipt(invoice, maker.words(invoice.number)), {}, False) if invoice.open_amount > 0 else None


def stranger(maker: Maker) -> Made:
    """Money that has nothing to do with any invoice, now and then of an amount that is open."""
    invoice = maker.pick()
    amount = invoice.open_amount if maker.rng.random() < 0.3 else invoice.open_amount + Decimal("17.00")
    name = maker.rng.choice(_STRANGERS)
    text = maker.rng.choice(("termijn 202611", "polis 2026123456", "uitbetaling 20261101", ""))
    return maker.receipt(invoice, text, amount=amount, name=name, iban=iban(maker.rng, maker.books.country)), {}, False


def twice_the_same(maker: Maker) -> Made:
    """Two open invoices of the same amount, and not a word about which."""
    invoice = maker.pick()
    mine = [one for one in maker.books.of(maker.books.person(invoice)) if one.open_amount == invoice.open_amount]
    return (maker.receipt(invoice, "betaling"), _whole(invoice), False) if len(mine) > 1 else None


def refund(maker: Maker) -> Made:
    notes = [one for one in maker.books.invoices if one.open_amount < 0]
    if not notes:
        return None
    note = maker.rng.choice(notes)
    return maker.receipt(note, maker.words(note.number)), _whole(note), True


KINDS: dict[str, tuple[Callable[[Maker], Made], int]] = {
    "clean": (clean, 28),
    "noisy": (noisy, 15),
    "without_zeros": (without_zeros, 4),
    "structured": (structured, 7),
    "account_only": (account_only, 8),
    "name_only": (name_only, 8),
    "several": (several, 6),
    "all_open": (all_open, 2),
    "part": (part, 4),
    "cents_off": (cents_off, 4),
    "discounted": (discounted, 1),
    "mistyped": (mistyped, 4),
    "others_number": (others_number, 3),
    "truncated": (truncated, 2),
    "third_party": (third_party, 2),
    "paid_before": (paid_before, 3),
    "stranger": (stranger, 4),
    "twice_the_same": (twice_the_same, 1),
    "refund": (refund, 1),
}


def labelled(seed: int, count: int) -> list[tuple[Books, list[Labelled]]]:
    """Return the books of three countries, each with its share of `count` payments; fixed by the seed."""
    rng = random.Random(seed)
    sets = []
    for place, country in enumerate(("NL", "BE", "HU")):
        books = make_books(rng, country)
        maker = Maker(rng, books)
        share = count // 3 + (1 if place < count % 3 else 0)
        sets.append((books, [maker.make() for _ in range(share)]))
    return sets
