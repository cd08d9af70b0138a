"""The books after a reset, with the keys and ids that people and tests may rely on; all of it is invented."""

from datetime import date, datetime
from decimal import Decimal

from webapp.sandbox.yuki.records import AccessKey, Administration, Booking, Contact, Document, Domain, Line

GROUP_DOMAIN = "99999999-0000-0000-0000-000000000001"
SECOND_DOMAIN = "99999999-0000-0000-0000-000000000002"
FOREIGN_DOMAIN = "99999999-0000-0000-0000-000000000003"

NL_ADMINISTRATION = "11111111-0000-0000-0000-000000000001"
BE_ADMINISTRATION = "11111111-0000-0000-0000-000000000002"
INACTIVE_ADMINISTRATION = "11111111-0000-0000-0000-000000000003"
SECOND_ADMINISTRATION = "11111111-0000-0000-0000-000000000004"
FOREIGN_ADMINISTRATION = "11111111-0000-0000-0000-000000000005"

PROJECT_ID = "77777777-0000-0000-0000-000000000001"
PROJECT_CODE = "P-100"

DOMAIN_KEY = "00000000-aaaa-0000-0000-000000000001"
NL_KEY = "00000000-aaaa-0000-0000-000000000002"
NO_SALES_KEY = "00000000-aaaa-0000-0000-000000000003"
FOREIGN_KEY = "00000000-aaaa-0000-0000-000000000004"
PORTAL_KEY = "00000000-aaaa-0000-0000-000000000005"
BE_KEY = "00000000-aaaa-0000-0000-000000000006"
NO_CONTACTS_KEY = "00000000-aaaa-0000-0000-000000000007"

ALL_RIGHTS = frozenset({"Sales", "Financial", "Archive", "Upload", "Contacts"})

DOMAINS = (
    Domain(GROUP_DOMAIN, "Voorbeeld Groep"),
    Domain(SECOND_DOMAIN, "Tweede Voorbeeld"),
    Domain(FOREIGN_DOMAIN, "Voorbeeld Elders", has_database=False),
)

ADMINISTRATIONS = (
    Administration(
        NL_ADMINISTRATION,
        GROUP_DOMAIN,
        "Voorbeeld B.V.",
        "Kade 1",
        "3011 AA",
        "Rotterdam",
        "NL",
        "12345678",
        "NL001234567B01",
        date(2019, 1, 1),
        projects={PROJECT_ID: PROJECT_CODE},
    ),
    Administration(
        BE_ADMINISTRATION,
        GROUP_DOMAIN,
        "Voorbeeld BV Gent",
        "Korenlei 2",
        "9000",
        "Gent",
        "BE",
        "0123456789",
        "BE0123456749",
        date(2020, 1, 1),
        direct_debit=False,
    ),
    Administration(
        INACTIVE_ADMINISTRATION,
        GROUP_DOMAIN,
        "Voorbeeld Oud B.V.",
        "Kade 1",
        "3011 AA",
        "Rotterdam",
        "NL",
        "87654321",
        "",
        date(2010, 1, 1),
        active=False,
    ),
    Administration(
        SECOND_ADMINISTRATION,
        SECOND_DOMAIN,
        "Tweede Voorbeeld B.V.",
        "Plein 3",
        "1011 AB",
        "Amsterdam",
        "NL",
        "11223344",
        "",
        date(2021, 1, 1),
    ),
    Administration(
        FOREIGN_ADMINISTRATION,
        FOREIGN_DOMAIN,
        "Voorbeeld Elders",
        "Rue 4",
        "1000",
        "Brussel",
        "BE",
        "",
        "",
        date(2021, 1, 1),
    ),
)

KEYS = (
    AccessKey(
        DOMAIN_KEY, "domain key of Voorbeeld Groep: sees all its administrations", (GROUP_DOMAIN,), None, ALL_RIGHTS
    ),
    AccessKey(NL_KEY, "administration key of Voorbeeld B.V.", (GROUP_DOMAIN,), NL_ADMINISTRATION, ALL_RIGHTS),
    AccessKey(BE_KEY, "administration key of Voorbeeld BV Gent", (GROUP_DOMAIN,), BE_ADMINISTRATION, ALL_RIGHTS),
    AccessKey(NO_SALES_KEY, "domain key without the Sales right", (GROUP_DOMAIN,), None, ALL_RIGHTS - {"Sales"}),
    AccessKey(
        NO_CONTACTS_KEY, "domain key without the Contacts right", (GROUP_DOMAIN,), None, ALL_RIGHTS - {"Contacts"}
    ),
    AccessKey(FOREIGN_KEY, "key of a domain in the other country", (FOREIGN_DOMAIN,), None, ALL_RIGHTS),
    AccessKey(PORTAL_KEY, "portal key: sees two domains", (GROUP_DOMAIN, SECOND_DOMAIN), None, ALL_RIGHTS),
)

_MADE = datetime.fromisoformat("2026-02-12T11:14:04")


def opening_purchases() -> list[tuple[Contact, Booking, Document]]:
    """Two unpaid purchase invoices of Voorbeeld B.V., so that creditors and the archive are not empty."""
    return [
        _purchase(1, "Papierhandel Noord", "PN-2026-77", date(2026, 2, 12), Decimal("208.93"), Decimal("43.88")),
        _purchase(2, "Drukkerij De Pers", "F26-0031", date(2026, 2, 20), Decimal("1250.00"), Decimal("262.50")),
    ]


def _purchase(
    number: int, name: str, reference: str, day: date, net: Decimal, vat: Decimal
) -> tuple[Contact, Booking, Document]:
    ids = [f"{digit * 8}-0000-0000-0000-00000000000{number}" for digit in "bac"]
    contact = Contact(ids[0], GROUP_DOMAIN, "", name, {"CountryCode": "NL"})
    line = Line(
        "Kantoorkosten",
        Decimal(1),
        net,
        vat_included=False,
        vat_type=1,
        vat_percentage=Decimal("21.00"),
        gl_account="40300",
        item_id="",
        net=net,
        vat=vat,
    )
    booking = Booking(
        ids[1],
        "purchase",
        NL_ADMINISTRATION,
        reference,
        f"Factuur van {name}",
        "ElectronicTransfer",
        "",
        contact.id,
        name,
        day,
        date(day.year, day.month + 1, day.day),
        "EUR",
        [line],
        net,
        vat,
        draft=False,
        created=_MADE,
        order=number - 2,
        document_id=ids[2],
    )
    document = Document(
        ids[2],
        GROUP_DOMAIN,
        NL_ADMINISTRATION,
        1,
        101,
        2,
        booking.subject,
        day,
        net + vat,
        vat,
        contact.id,
        name,
        reference,
        "document.pdf",
        "application/pdf",
        63361,
        "",
        _MADE,
        "yuki",
        _MADE,
        "yuki",
        booking.id,
    )
    return contact, booking, document
