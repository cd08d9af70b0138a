"""The Archive service, writing: documents that are uploaded, and what Yuki's people make of them later."""

import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from lxml import etree

from webapp.sandbox.asked import BadRequest, amount_of, day_of
from webapp.sandbox.yuki.access import Call
from webapp.sandbox.yuki.books import Books, new_id
from webapp.sandbox.yuki.charts import CHARTS, CURRENCIES, FOLDERS, UPLOAD_METHODS
from webapp.sandbox.yuki.records import ZERO, Booking, Contact, Document, Line
from webapp.sandbox.yuki.soap import Answer, Fault

# Folder to the tab and the document type an upload gets there; anywhere else it is a plain document.
_PLACES = {1: (101, 2), 2: (201, 31), 3: (301, 10)}


def upload(call: Call) -> Answer:
    return _file(call, ZERO, {})


def upload_with_data(call: Call) -> Answer:
    """The same, with what the sender says of it; the amount is shown at once, the rest helps whoever books it."""
    amount: Decimal = call.values["amount"]
    if amount != amount.quantize(Decimal("0.01")):
        raise Fault("Invalid amount")
    if call.values["paymentMethod"] not in UPLOAD_METHODS:
        raise Fault("Invalid payment method")
    if call.text("currency") and call.text("currency") not in CURRENCIES:
        raise Fault("Invalid currency")
    data = {name: call.text(name) for name in ("currency", "costCategory", "project", "remarks")}
    return _file(call, amount, data | {"paymentMethod": str(call.values["paymentMethod"])})


def _file(call: Call, amount: Decimal, data: dict[str, str]) -> str:
    administration, folder, name = call.administration(), call.values["folder"], call.text("fileName")
    content: bytes = call.values["data"] or b""
    if folder not in FOLDERS:
        raise Fault("Invalid folder")
    if not name or not content:
        raise Fault("The document has no name or no content")
    now = call.books.local()
    tab, kind = _PLACES.get(folder, (0, 0))
    document = Document(
        id=new_id(),
        domain_id=administration.domain_id,
        administration_id=administration.id,
        folder=folder,
        tab=tab,
        type=kind,
        subject=name,
        date=None,
        amount=amount,
        vat_amount=None,
        contact_id="",
        contact_name="",
        reference="",
        file_name=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created=now,
        creator="webservice",
        modified=now,
        modifier="webservice",
        xml=_as_xml(content),
        data=data,
    )
    call.books.put_document(document)
    return document.id


def _as_xml(content: bytes) -> str:
    """The upload itself when it is XML, without its declaration; nothing when it is anything else."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError):
        return ""
    return etree.tostring(root, encoding="unicode")


def recognise(books: Books, document_id: str, said: dict[str, object]) -> Booking:
    """
    What Yuki's people do with an upload after a while: it gets its contact, reference, date and amounts, and becomes an
    open purchase invoice. `said` has contact, reference, amount (with VAT) and, if known, vat, date and due_date.
    """
    document = books.documents.get(document_id)
    if document is None or document.booking_id or document.folder != 1:
        raise BadRequest(f"There is no purchase document '{document_id}' that waits to be recognised.")
    name, reference = str(said.get("contact") or ""), str(said.get("reference") or "")
    if not name or not reference:
        raise BadRequest("A document is recognised with a 'contact' and a 'reference'.")
    total, vat = amount_of(said.get("amount")), amount_of(said.get("vat") or "0")
    today = books.local().date()
    day = day_of(said.get("date"), today)
    found = books.contacts_by_name(document.domain_id, name)
    contact = found[0] if found else Contact(new_id(), document.domain_id, "", name)
    costs = CHARTS[books.administrations[document.administration_id].country].costs
    line = Line(
        name,
        Decimal(1),
        total - vat,
        vat_included=False,
        vat_type=1,
        vat_percentage=Decimal("21.00"),
        gl_account=costs,
        item_id="",
        net=total - vat,
        vat=vat,
    )
    booking = Booking(
        new_id(),
        "purchase",
        document.administration_id,
        reference,
        f"Factuur van {name}",
        "ElectronicTransfer",
        "",
        contact.id,
        name,
        day,
        day_of(said.get("due_date"), day),
        "EUR",
        [line],
        total - vat,
        vat,
        draft=False,
        created=books.now(),
        order=books.count_order(),
        document_id=document.id,
    )
    books.put_contact(replace(contact))
    books.put_booking(booking)
    books.put_document(
        replace(
            document,
            subject=booking.subject,
            date=day,
            amount=total,
            vat_amount=vat,
            contact_id=contact.id,
            contact_name=name,
            reference=reference,
            modified=books.local(),
            modifier="yuki",
            booking_id=booking.id,
        )
    )
    return booking


HANDLERS: dict[str, Callable[[Call], Answer]] = {"UploadDocument": upload, "UploadDocumentWithData": upload_with_data}
