"""Fills the archive with invented purchase and sales invoices, and files documents that are wrong on purpose."""

import base64
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from webapp.sandbox.asked import BadRequest, object_of, whole_number
from webapp.sandbox.yuki.books import Books, new_id
from webapp.sandbox.yuki.charts import CHARTS
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION
from webapp.sandbox.yuki.records import ZERO, Booking, Contact, Document, Line, Payment
from webapp.sandbox.yuki.ubl import make_ubl

SUPPLIERS = (
    ("Papierhandel De Linde", "Printpapier"),
    ("Kantoorvakhuis Zuid", "Kantoorartikelen"),
    ("Schoonmaak Van Zandvoort", "Schoonmaak"),
    ("Netwerkbeheer Oost", "Beheer"),
    ("Drukwerk Het Zetsel", "Brochures"),
    ("Energie van Hier", "Stroom"),
    ("Koerier Sneldraf", "Bezorging"),
    ("Autoverhuur De Brug", "Huur bestelbus"),
    ("Verzekeraar Noorderlicht", "Verzekering"),
    ("Café De Stroopwafel", "Lunch"),
)
CUSTOMERS = ("Bakkerij De Halm", "Praktijk Zeezicht", "Garage Van Rijnsoever", "Stichting De Vuurtoren")
OLD = timedelta(days=10)
"""How long ago the newest stocked document was last touched: long enough to have been booked."""


def stock(books: Books, body: Any) -> dict[str, int]:
    """
    File as many {"purchases", "sales"} of {"administration"}, {"paid"} percent of them paid, by {"seed"}, each so many
    {"minutes"} before the one before it.
    """
    said = object_of(body)
    counts = {
        "purchase": whole_number("purchases", said.get("purchases", 0)),
        "sales": whole_number("sales", said.get("sales", 0)),
    }
    paid, seed = whole_number("paid", said.get("paid", 60)), whole_number("seed", said.get("seed", 1))
    apart = timedelta(minutes=whole_number("minutes", said.get("minutes", 360)))
    administration_id = str(said.get("administration") or NL_ADMINISTRATION)
    if administration_id not in books.administrations:
        raise BadRequest(f"There is no administration '{administration_id}'.")
    random = Random(seed)  # noqa: S311 - the same books from the same seed
    for kind, count in counts.items():
        for number in range(count):
            made = books.local() - OLD - apart * number
            _file(books, administration_id, kind, number, random, made=made, paid=random.randrange(100) < paid)
    return counts


def _file(
    books: Books, administration_id: str, kind: str, number: int, random: Random, *, made: datetime, paid: bool
) -> None:
    administration = books.administrations[administration_id]
    name, what = random.choice(SUPPLIERS) if kind == "purchase" else (random.choice(CUSTOMERS), "Dienst")
    found = books.contacts_by_name(administration.domain_id, name)
    contact = found[0] if found else Contact(new_id(), administration.domain_id, "", name)
    if not found:
        books.put_contact(contact)
    net = Decimal(random.randrange(1500, 250_000)).scaleb(-2)
    vat = (net * Decimal("0.21")).quantize(Decimal("0.01"))
    chart = CHARTS[administration.country]
    line = Line(
        what,
        Decimal(1),
        net,
        vat_included=False,
        vat_type=1,
        vat_percentage=Decimal("21.00"),
        gl_account=chart.costs if kind == "purchase" else chart.revenue,
        item_id="",
        net=net,
        vat=vat,
    )
    day = made.date()
    letters = "".join(word[0] for word in name.split())
    reference = f"{letters}{made:%y}-{1000 + number}" if kind == "purchase" else f"V{made:%y}{number:05d}"
    booking = Booking(
        new_id(),
        kind,
        administration_id,
        reference,
        f"{what} {day:%m-%Y}",
        "ElectronicTransfer",
        "",
        contact.id,
        name,
        day,
        day + timedelta(days=30),
        "EUR",
        [line],
        net,
        vat,
        draft=False,
        created=books.now(),
        order=books.count_order(),
        document_id=new_id(),
        payments=[Payment(net + vat, day + timedelta(days=8), books.now())] if paid else [],
    )
    booking.xml = make_ubl(booking, administration)
    books.put_booking(booking)
    books.put_document(_document(administration.domain_id, booking, made))


def _document(domain_id: str, booking: Booking, made: Any) -> Document:
    purchase = booking.kind == "purchase"
    return Document(
        booking.document_id,
        domain_id,
        booking.administration_id,
        folder=1 if purchase else 2,
        tab=101 if purchase else 201,
        type=2 if purchase else 31,
        subject=booking.subject,
        date=booking.date,
        amount=booking.total,
        vat_amount=booking.vat,
        contact_id=booking.contact_id,
        contact_name=booking.contact_name,
        reference=booking.reference,
        file_name=f"{booking.reference}.pdf",
        content_type="application/pdf",
        size=2048,
        sha256="",
        created=made,
        creator="yuki",
        modified=made,
        modifier="yuki",
        booking_id=booking.id,
        xml=booking.xml,
    )


def put_odd(books: Books, body: Any) -> dict[str, str]:
    """
    File or change one document of the archive: {"document": an id, or none for a new one, "folder", "odd": {element:
    text, or null to leave it out}, "content": base64, "content_type", "xml", "remove": true, "move_to": a folder}.
    """
    said = object_of(body)
    document = books.documents.get(str(said.get("document") or "").lower())
    if document is None:
        if said.get("document"):
            raise BadRequest(f"There is no document '{said['document']}'.")
        document = _empty(books, whole_number("folder", said.get("folder", 1)))
    if said.get("remove"):
        books.drop_document(document.id)
        return {"id": document.id}
    odd = {str(name): None if text is None else str(text) for name, text in object_of(said.get("odd") or {}).items()}
    content = str(said.get("content") or "")
    base64.b64decode(content, validate=True)
    books.put_document(
        replace(
            document,
            odd=document.odd | odd,
            folder=whole_number("move_to", said.get("move_to", document.folder)),
            content=content or document.content,
            content_type=str(said.get("content_type") or document.content_type),
            xml=str(said.get("xml") or document.xml),
            modified=books.local(),
        )
    )
    return {"id": document.id}


def _empty(books: Books, folder: int) -> Document:
    now = books.local()
    administration = books.administrations[NL_ADMINISTRATION]
    day: date | None = None
    return Document(
        new_id(),
        administration.domain_id,
        administration.id,
        folder,
        {1: 101, 2: 201}.get(folder, 0),
        {1: 2, 2: 31}.get(folder, 0),
        "scan.pdf",
        day,
        ZERO,
        None,
        "",
        "",
        "",
        "scan.pdf",
        "application/pdf",
        2048,
        "",
        now,
        "webservice",
        now,
        "webservice",
    )
