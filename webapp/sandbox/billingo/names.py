"""Invented customers and products. No tax or account number here can be anybody's: their check digits are wrong."""

from random import Random

from webapp.sandbox.billingo.records import Partner, Product

_FIRST = [
    "Holdkő",
    "Zúzmara",
    "Tölgyliget",
    "Aranyszita",
    "Kékcinke",
    "Ködösvölgy",
    "Szélrózsa",
    "Őzpatak",
    "Ürgedomb",
    "Csillagszem",
    "Vadgesztenye",
    "Írisztó",
    "Harangláb",
    "Éjfű",
    "Bükkmakk",
    "Rézkakas",
    "Útikövér",
    "Fűzfasíp",
    "Tavirózsa",
    "Sólyomkő",
]
_WORK = [
    "Kereskedelmi",
    "Építőipari",
    "Gyógyászati",
    "Szolgáltató",
    "Informatikai",
    "Nyomdaipari",
    "Fuvarozó",
    "Élelmiszeripari",
    "Műszaki",
    "Vendéglátó",
    "Oktatási",
    "Kertészeti",
]
_FORMS = ("Kft.", "Kft.", "Kft.", "Zrt.", "Bt.", "Nyrt.")
_CITIES = (
    ("1011", "Budapest", 41),
    ("6720", "Szeged", 6),
    ("9021", "Győr", 8),
    ("7621", "Pécs", 2),
    ("4024", "Debrecen", 9),
    ("3525", "Miskolc", 5),
    ("8000", "Székesfehérvár", 7),
    ("6000", "Kecskemét", 3),
)
_STREETS = ["Képzelt", "Kitalált", "Mesebeli", "Álom", "Délibáb", "Tündér", "Sosemvolt"]
_PEOPLE = ("Minta Örs", "Példa Őzike", "Próba Írisz", "Kitalált Ágoston", "Nemlétező Zsófia")
_ABROAD = (
    ("AT", "1010", "Wien", "Muster GmbH", "Erfundene Gasse 3"),
    ("SK", "811 01", "Bratislava", "Vymyslená s.r.o.", "Neskutočná 4"),
    ("RO", "400001", "Cluj-Napoca", "Inventat S.R.L.", "Strada Imaginară 5"),
    ("NL", "3011 AA", "Rotterdam", "Verzonnen B.V.", "Nergenskade 6"),
)
_WEIGHTS = (9, 7, 3, 1, 9, 7, 3)
_GOODS = (
    ("Steril kötszer, 10×10 cm, 100 db/doboz", 415_000, "doboz", "27%", None),
    ('Varrófonal 3-0, felszívódó, "extra" <hosszú> & erős', 12_192_300, "db", "27%", None),
    ("Szaktanácsadás", 1_850_000, "óra", "27%", None),
    ("Havi karbantartási díj", 4_990_000, "hó", "27%", None),
    ("Szállítási költség", 249_000, "db", "27%", None),
    ("Szakkönyv: Ízületi műtétek képekben", 899_000, "db", "5%", None),
    ("Vendéglátás, helyben fogyasztott étel", 351_050, "adag", "5%", None),
    ("Oktatás, tárgyi adómentes", 12_500_000, "alkalom", "TAM", "TAM"),
    ("Alanyi adómentes szolgáltatás", 750_000, "db", "AAM", "AAM"),
    ("Közösségi értékesítés", 2_200_000, "db", "EUK", "KBAET"),
    ("Fordított adózású építési munka", 35_000_000, "m²", "F.AFA", None),
    ("Tejtermék, 18%-os", 64_990, "kg", "18%", None),
)


def tax_number(base: int, county: int) -> str:
    """A Hungarian tax number in form, `12345678-2-41`, with a check digit that no real one can have."""
    digits = f"{base % 10_000_000:07d}"
    right = -sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 10
    return f"{digits}{(right + 1) % 10}-2-{county:02d}"


def make_partners(random: Random, count: int, first_id: int) -> list[Partner]:
    """`count` customers: companies, now and then a person, a public body or a company abroad."""
    return [_partner(random, number, first_id + number * 37) for number in range(count)]


def _partner(random: Random, number: int, key: int) -> Partner:
    post_code, city, county = _CITIES[random.randrange(len(_CITIES))]
    street = f"{_STREETS[random.randrange(len(_STREETS))]} utca {random.randrange(1, 120)}."
    email = f"szamla{number}@partner.example"
    if number % 11 == 7:
        country, post_code, city, name, street = _ABROAD[number % len(_ABROAD)]
        return Partner(key, f"{name} {number}", country, post_code, city, street, email, "", "FOREIGN", "")
    if number % 13 == 5:
        name = f"{_PEOPLE[number % len(_PEOPLE)]} {number}"
        return Partner(key, name, "HU", post_code, city, street, "", "", "NO_TAX_NUMBER", "--")
    first = _FIRST[number % len(_FIRST)]
    name = f"{first} {_WORK[(number // len(_FIRST) + number) % len(_WORK)]} {_FORMS[number % len(_FORMS)]}"
    if number >= len(_FIRST) * len(_WORK):
        name = f"{name} {number}"
    former = f"{first} Betéti Társaság" if number % 9 == 2 else ""
    if number % 17 == 3:
        name = f"{first.upper()} VÁRMEGYEI EGYETEMI OKTATÓ KÓRHÁZ ÉS RENDELŐINTÉZET"
    account = "--" if random.random() < 0.6 else f"999{number:05d}-{random.randrange(10**8):08d}-00000000"
    tax_code = tax_number(random.randrange(10**7), county)
    return Partner(key, name, "HU", post_code, city, street, email, tax_code, "HAS_TAX_NUMBER", account, former)


def make_products(first_id: int) -> list[Product]:
    """What is sold, in forints."""
    return [
        Product(first_id + number * 11, name, price, "HUF", unit, vat, entitlement)
        for number, (name, price, unit, vat, entitlement) in enumerate(_GOODS)
    ]
