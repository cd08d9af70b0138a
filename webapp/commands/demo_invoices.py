"""The invented business of the demo: who is invoiced, for what, and when; the same at every run, but for the dates."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from webapp.services.contacts import ContactData
from webapp.services.invoices import InvoiceData, LineData

COUNT = 68
SPAN = 150
"""Days between the oldest invoice and the newest."""
FRESH = 20
"""The newest ones, for the person who looks at the demo: a dozen of them are ready to be sent to the books."""
FRESH_SPAN = 29
"""Days since the first of those; a weekend before it, it is still after the last visit of the bookkeeper."""
REFUSED = COUNT - FRESH - 4

CONTACTS = (
    ("1001", "Bakkerij De Korenbloem", "Dorpsstraat 12", "3011 AA", "Rotterdam", "NL", ""),
    ("1002", "Schildersbedrijf Özdemir", "Havenkade 7", "1013 AB", "Amsterdam", "NL", ""),
    ("1003", "Tandartspraktijk Van der Wal", "Singel 88", "3511 GC", "Utrecht", "NL", ""),
    ("1004", "Fietsenwinkel Het Achterwiel", "Nieuwstraat 3", "5611 DA", "Eindhoven", "NL", ""),
    ("1005", "Stichting Muziekschool Noord", "Kerkplein 1", "9712 JN", "Groningen", "NL", ""),
    ("2001", "Brasserie 't Zuid", "Korenlei 22", "9000", "Gent", "BE", "BE0123456749"),
    ("2002", "Drukkerij Peeters & Zonen", "Meir 101", "2000", "Antwerpen", "BE", "BE0403170701"),
    ("3001", "Kovács és Társa Kft.", "Váci utca 14.", "1052", "Budapest", "HU", "HU12345676"),
    ("3002", "Tölgyfa Asztalosműhely Bt.", "Fő tér 3.", "7621", "Pécs", "HU", "HU10773381"),
)
ABROAD = ContactData(code="4001", name="Giulia Bianchi", contact_type="Person", city="Bologna", country="IT")

WORK = (
    ("Onderhoud website, per maand", "95.00"),
    ("Advies, per uur", "87.50"),
    ("Hosting en back-up", "24.95"),
    ("Ontwerp huisstijl", "1250.00"),
    ("Fotografie op locatie, dagdeel", "412.40"),
    ("Aanpassing webwinkel, per uur", "92.75"),
    ("Training voor medewerkers", "640.00"),
)
BOOK = ("Handboek online verkopen", "26.40")
HIGH, LOW, SERVICES_EU, OSS = 1, 2, 20, 40


@dataclass(frozen=True, slots=True)
class Story:
    """One invoice, and what becomes of it.

    `status` is where its document ends; `paid` the part of it that is paid, `paid_after` days after its date.
    """

    data: InvoiceData
    status: str
    paid: Decimal
    paid_after: int


def stories(today: date) -> Iterator[Story]:
    """Return the invoices, oldest first; the last ones are still to be finished or sent to the books."""
    chance = Random(26)  # noqa: S311  (the same story every time, nothing secret)
    for index in range(COUNT):
        day = _weekday(today - timedelta(days=_age(index)))
        number = f"{day.year % 100:02}-{index + 1:04}"
        data = _invoice(chance, number, day) if index != REFUSED else _refused(number, day)
        yield Story(data, _status(index), _paid(chance), chance.randint(6, 38))


def neighbours(today: date) -> Iterator[InvoiceData]:
    """Return the few invoices of the other company."""
    chance = Random(3)  # noqa: S311
    for index in range(3):
        yield _invoice(chance, f"B{index + 1:03}", _weekday(today - timedelta(days=9 - 3 * index)))


def _age(index: int) -> int:
    """Days between an invoice and today: the older ones are spread evenly, and so are the fresh ones."""
    old = COUNT - FRESH
    if index < old:
        return SPAN - round(index * (SPAN - FRESH_SPAN - 4) / (old - 1))
    return FRESH_SPAN - round((index - old) * (FRESH_SPAN - 1) / (FRESH - 1))


def _weekday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _status(index: int) -> str:
    last = {1: "draft", 2: "draft", 3: "approved", 4: "draft", 5: "authorised", 6: "approved", 9: "review"}
    return last.get(COUNT - index, "cancelled" if index == COUNT // 2 else "sent")


def _paid(chance: Random) -> Decimal:
    throw = chance.random()
    if throw < 0.72:
        return Decimal(1)
    return Decimal("0.5") if throw < 0.84 else Decimal(0)


def _invoice(chance: Random, number: str, day: date) -> InvoiceData:
    code, name, street, zipcode, city, country, vat_number = CONTACTS[chance.randrange(len(CONTACTS))]
    contact = ContactData(
        code=code,
        name=name,
        contact_type="Company",
        address_line_1=street,
        zipcode=zipcode,
        city=city,
        country=country,
        vat_number=vat_number,
        email=f"administratie@{code}.example",
    )
    home = country == "NL"
    kinds = chance.sample(WORK, chance.randint(1, 3))
    lines = [_line(text, price, chance.randint(1, 12), HIGH if home else SERVICES_EU) for text, price in kinds]
    if home and chance.random() < 0.3:
        lines.append(_line(*BOOK, chance.randint(1, 5), LOW))
    return InvoiceData(
        number=number,
        issue_date=day,
        due_date=day + timedelta(days=30),
        currency="EUR",
        contact=contact,
        lines=tuple(lines),
        subject=kinds[0][0],
    )


def _refused(number: str, day: date) -> InvoiceData:
    """A consumer in Italy with Italian VAT: the administration has no VAT code for it, so Yuki refuses."""
    line = _line(*BOOK, 2, OSS)
    return InvoiceData(
        number=number,
        issue_date=day,
        due_date=day + timedelta(days=30),
        currency="EUR",
        contact=ABROAD,
        lines=(line,),
        subject=BOOK[0],
    )


def _line(text: str, price: str, quantity: int, vat_type: int) -> LineData:
    rate = {HIGH: Decimal(21), LOW: Decimal(9), SERVICES_EU: Decimal(0), OSS: Decimal(22)}[vat_type]
    return LineData(
        description=text,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        vat_rate=rate,
        vat_type=vat_type,
        product_description=text[:60],
        gl_account_code="80000",
    )
