"""The fixed lists: VAT codes, ledger accounts, archive folders, payment methods and the words for them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class VatCode:
    """A combination of type and percentage that an administration accepts between two dates."""

    type: int
    description: str
    type_description: str
    percentage: Decimal
    country: str
    start: date | None = None
    end: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


def _vat(
    number: int, text: str, percentage: str, country: str, start: date | None = None, end: date | None = None
) -> VatCode:
    return VatCode(
        number, f"{text} {percentage.rstrip('0').rstrip('.')}%", text, Decimal(percentage), country, start, end
    )


def _zero_rates(country: str) -> list[VatCode]:
    words = {
        0: "Vrijgesteld van BTW",
        4: "BTW 0%",
        6: "Export buiten de EU",
        7: "Export binnen de EU",
        17: "BTW verlegd",
        19: "Export goederen EU",
        20: "Export diensten EU",
    }
    return [VatCode(number, text, text, Decimal("0.00"), country) for number, text in words.items()]


_ABROAD = [("DE", "19.00"), ("FR", "20.00")]

VAT_CODES: dict[str, list[VatCode]] = {
    "NL": [
        _vat(1, "BTW hoog", "21.00", "NL"),
        _vat(2, "BTW laag", "9.00", "NL", date(2019, 1, 1)),
        _vat(2, "BTW laag", "6.00", "NL", None, date(2018, 12, 31)),
        *_zero_rates("NL"),
        *(_vat(8, "Installatie/afstandsverkopen EU", percentage, land) for land, percentage in _ABROAD),
        *(_vat(40, "OSS", percentage, land) for land, percentage in [*_ABROAD, ("BE", "21.00")]),
    ],
    "BE": [
        _vat(1, "BTW hoog", "21.00", "BE"),
        _vat(2, "BTW laag", "6.00", "BE"),
        _vat(21, "BTW medium", "12.00", "BE"),
        *_zero_rates("BE"),
        *(_vat(8, "Installatie/afstandsverkopen EU", percentage, land) for land, percentage in _ABROAD),
        *(_vat(40, "OSS", percentage, land) for land, percentage in [*_ABROAD, ("NL", "21.00")]),
    ],
}


@dataclass(frozen=True)
class Chart:
    """The ledger accounts of a country: code to (description, enabled)."""

    accounts: dict[str, tuple[str, bool]]
    revenue: str
    debtors: str
    creditors: str
    interim: str
    bank: str
    vat_due: str
    costs: str


CHARTS: dict[str, Chart] = {
    "NL": Chart(
        {
            "11001": ("Bank", True),
            "13000": ("Debiteuren", True),
            "16000": ("Crediteuren", True),
            "18100": ("Af te dragen btw", True),
            "23100": ("Tussenrekening betaalkaarten en kas", True),
            "40300": ("Kantoorkosten", True),
            "80000": ("Omzet groep 1", True),
            "80100": ("Omzet groep 2", True),
            "80200": ("Omzet diensten", True),
            "80300": ("Omzet (niet meer in gebruik)", False),
        },
        revenue="80000",
        debtors="13000",
        creditors="16000",
        interim="23100",
        bank="11001",
        vat_due="18100",
        costs="40300",
    ),
    "BE": Chart(
        {
            "550000": ("Bank", True),
            "400000": ("Handelsdebiteuren", True),
            "440000": ("Leveranciers", True),
            "451000": ("Te betalen btw", True),
            "580000": ("Interne overboekingen", True),
            "612300": ("Kantoorbenodigdheden", True),
            "700000": ("Verkopen groep 1", True),
            "700100": ("Verkopen groep 2", True),
            "705000": ("Diensten", True),
            "709000": ("Verkopen (niet meer in gebruik)", False),
        },
        revenue="700000",
        debtors="400000",
        creditors="440000",
        interim="580000",
        bank="550000",
        vat_due="451000",
        costs="612300",
    ),
}

PRICE_LISTS: dict[str, str] = {"Standaard": "EUR", "Inclusief btw": "EUR", "US dollar": "USD"}
DEFAULT_PRICE_LIST = "Standaard"

# Invoices with one of these are settled through the interim account: they never become an open item.
SETTLED_METHODS = frozenset(
    {"CreditCard", "DebitCard", "Cash", "iDeal", "Online", "ReceivedElectronically", "ReceivedCash"}
)
METHODS: dict[str, tuple[str, str]] = {
    "ElectronicTransfer": ("Overschrijving", "Electronic transfer"),
    "DirectCollection": ("Automatische incasso", "Direct debit"),
    "ToSettle": ("Te verrekenen", "To settle"),
    "CreditCard": ("Creditcard", "Credit card"),
    "DebitCard": ("Pinpas", "Debit card"),
    "Cash": ("Contant", "Cash"),
    "iDeal": ("iDEAL", "iDEAL"),
    "Online": ("Online betaling", "Online payment"),
    "ReceivedElectronically": ("Ontvangen via bank", "Received electronically"),
    "ReceivedCash": ("Contant ontvangen", "Received in cash"),
}
UPLOAD_METHODS: dict[int, str] = {
    0: "Niet opgegeven",
    1: "Overschrijving",
    2: "Contant",
    4: "Bancontact",
    5: "Creditcard",
}

TYPES: dict[int, tuple[str, str]] = {
    0: ("Document", "Document"),
    2: ("Inkoopfactuur", "Purchase invoice"),
    6: ("Verkoopfactuur", "Sales invoice"),
    10: ("Afschrift", "Statement"),
    31: ("Verkoopfactuur (gescand)", "Sales invoice (Prescanned)"),
}
FOLDERS: dict[int, tuple[str, bool]] = {
    0: ("Overig", False),
    1: ("Inkoop", True),
    2: ("Verkoop", True),
    3: ("Bank", True),
    4: ("Personeel", True),
    5: ("Belasting", True),
    6: ("Verzekeringen", False),
    7: ("Uitzoeken door Yuki", True),
    8: ("Overig financieel", True),
    100: ("Eigen archief", False),
    101: ("Correspondentie", False),
    102: ("Vergaderingen", False),
}
TABS: dict[int, tuple[int, str]] = {
    101: (1, "Inkoopfacturen"),
    201: (2, "Verkoopfacturen"),
    301: (3, "Bestanden"),
    302: (3, "Afschriften"),
    303: (3, "Creditcards"),
    304: (3, "Kas"),
    305: (3, "Overig"),
}
LANGUAGES: dict[str, str] = {"nl": "Nederlands", "en": "English"}
CURRENCIES = ("EUR", "USD", "GBP", "HUF")


def word(pair: tuple[str, str], language: str) -> str:
    """The Dutch or English label; every language but English gets Dutch, as on a Dutch domain."""
    return pair[1] if language.startswith("en") else pair[0]
