"""Invented books of three countries: contacts with names that resemble each other, and what they owe."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.proof.matching.noise import belgian, creditor, dutch, iban
from webapp.domain.matching import Index, KnownContact, OpenInvoice

TODAY = date(2026, 11, 2)
_TRADES = {
    "NL": [
        "Bakkerij",
        "Slagerij",
        "Schildersbedrijf",
        "Garage",
        "Installatiebedrijf",
        "Bouwbedrijf",
        "Kapsalon",
        "Drukkerij",
        "Transport",
    ],
    "BE": [
        "Bakkerij",
        "Garage",
        "Boulangerie",
        "Schrijnwerkerij",
        "Traiteur",
        "Menuiserie",
        "Drukkerij",
        "Apotheek",
        "Transport",
    ],
    "HU": [
        "Pékség",
        "Autószerviz",
        "Építő",
        "Nyomda",
        "Szállítmányozás",
        "Asztalos",
        "Étterem",
        "Gyógyszertár",
        "Könyvelő",
    ],
}
_FAMILIES = {
    "NL": (
        "Jansen Janssen Janssens de Vries de Wit Bakker Visser Smit Smits Meijer Meyer Mulder Bos Vos Peters Pieters "
        "Hendriks Dekker Brouwer Koster Willems Kuipers Kuiper Scholten Prins Blom Huisman Postma Veenstra Hoekstra"
    ),
    "BE": (
        "Peeters Maes Jacobs Mertens Willems Claes Goossens Wouters De Smet Dubois Lambert Dupont Martin Simon Laurent "
        "Desmet Desmedt Vermeulen Pauwels Hermans Aerts Michiels Lemmens Leclercq Renard Thys Bogaert Cools Declercq"
    ),
    "HU": (
        "Nagy Kovács Tóth Szabó Horváth Varga Kiss Kis Molnár Németh Farkas Balogh Papp Pap Takács Juhász Lakatos "
        "Mészáros Oláh Simon Rácz Fekete Szilágyi Török Fehér Balázs Gál Szűcs Kocsis Orsós Fodor Pintér Szalai Magyar"
    ),
}
_PLACES = [
    "Noord",
    "Zuid",
    "Centrum",
    "Plus",
    "West",
    "Oost",
    "Groep",
    "Service",
    "Totaal",
    "Express",
    "Trend",
    "Nova",
    "Delta",
    "Alfa",
    "Omega",
]
_FORMS = {
    "NL": ("B.V.", "BV", "VOF", "", "N.V."),
    "BE": ("BV", "NV", "BVBA", "SRL", ""),
    "HU": ("Kft.", "Bt.", "Zrt.", ""),
}
_CURRENCY = {"NL": "EUR", "BE": "EUR", "HU": "HUF"}
_PRICES = ("60.50", "121.00", "181.50", "242.00", "302.50")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as it truly is; `known` is whether its account stands on its card."""

    contact_id: int
    name: str
    family: str
    iban: str
    known: bool


@dataclass(slots=True)
class Books:
    """One organisation's books: what is open, what was paid before, and who is who."""

    country: str
    people: list[Person] = field(default_factory=list)
    invoices: list[OpenInvoice] = field(default_factory=list)
    closed: list[OpenInvoice] = field(default_factory=list)

    def person(self, invoice: OpenInvoice) -> Person:
        return self.people[(invoice.contact_id or 1) - 1]

    def of(self, person: Person) -> list[OpenInvoice]:
        return [one for one in self.invoices if one.contact_id == person.contact_id]

    def index(self) -> Index:
        known = [KnownContact(one.contact_id, one.name, (one.iban,) if one.known else ()) for one in self.people]
        return Index(self.invoices, known)


def make_books(rng: random.Random, country: str, *, people: int = 260) -> Books:
    """Make the books of one country; the same generator gives the same books."""
    books = Books(country)
    families = _FAMILIES[country].replace("de ", "de_").replace("De ", "De_").split()
    taken: set[str] = set()
    while len(books.people) < people:
        family = rng.choice(families).replace("_", " ")
        words = [rng.choice(_TRADES[country]), family, rng.choice(_PLACES) if rng.random() < 0.35 else ""]
        bare = " ".join(word for word in words if word)
        if bare in taken:
            continue
        taken.add(bare)
        name = f"{bare} {rng.choice(_FORMS[country])}".strip()
        books.people.append(Person(len(books.people) + 1, name, family, iban(rng, country), rng.random() < 0.5))
    number = rng.randrange(40, 90)
    for person in books.people:
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 5))):
            number += rng.randrange(1, 3)
            invoice = _invoice(rng, country, person, number)
            (books.closed if rng.random() < 0.35 else books.invoices).append(invoice)
    return books


def _invoice(rng: random.Random, country: str, person: Person, number: int) -> OpenInvoice:
    amount = Decimal(rng.choice(_PRICES)) if rng.random() < 0.3 else Decimal(rng.randrange(1500, 900_000)) / 100
    if country == "HU":
        amount = (amount * 400).quantize(Decimal(5))
    if rng.random() < 0.03:
        amount = -amount
    written = {"NL": f"2026-{number:05}", "BE": f"VF26-{number:04}", "HU": f"KOP-2026-{number}"}[country]
    reference = ""
    if country == "BE" and rng.random() < 0.6:
        reference = belgian(rng, 2_600_000_000 + number)
    elif country == "NL" and rng.random() < 0.25:
        reference = rng.choice((dutch(202_600_000 + number), creditor(f"KL2026{number:05}")))
    issued = TODAY - timedelta(days=rng.randrange(5, 80))
    due = issued + timedelta(days=30)
    return OpenInvoice(
        number, written, amount, _CURRENCY[country], issued, due, person.contact_id, person.name, reference
    )
