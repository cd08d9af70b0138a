"""The archive read as a source of invoices: one function per operation, and its rows as documents of ours."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from lxml import etree

from webapp.connectors.sources import Asked, BadRecord
from webapp.connectors.yuki import wire
from webapp.connectors.yuki.client import YukiClient
from webapp.domain.money import whole_of
from webapp.domain.remote_invoices import BOX_PURCHASES, BOX_SALES, RemoteContact, RemoteInvoice

FOLDERS = {BOX_PURCHASES: 1, BOX_SALES: 2}
"""Where the documents lie (reference notes, 7): folder 1 purchases, folder 2 sales."""

KINDS = {"2": "purchase_invoice", "6": "sales_invoice", "31": "sales_invoice_prescanned"}
"""Document types that are invoices (reference notes, 7), as our words; the labels are in the session's language."""

UPLOADS = {BOX_PURCHASES: "purchase_unrecognised", BOX_SALES: "sales_unrecognised"}
"""What a document is while nobody has recognised it: its amount is 0.00 and it has no contact."""

PLAIN = frozenset({"0", ""})
"""A document of no type yet: an upload before it was looked at."""

OTHER = frozenset({"1", "10", "14", "21"})
"""Known documents that are no invoices: statements, VAT returns, journals. They are passed over."""

PAGE = 1000
"""Records asked for in one call; a call is what costs."""

SMALLEST_PAGE = 100
"""The fewest records at which a server may have cut a page: it is not documented how many it gives at most."""

CURRENCY = "EUR"
"""What the archive's amounts are in: a document has no currency of its own there, the books have theirs."""

MOST = {"Reference": 60, "ContactName": 200, "Subject": 200, "FileName": 200}
LARGEST = Decimal(10) ** 13
_ZERO = Decimal(0)
_AMOUNT = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,4})?\Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?\Z", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z-]{1,40}\Z", re.ASCII)


class Rows(NamedTuple):
    """A page of the archive: the ids of all its records, the documents, and those that could not be read."""

    ids: tuple[str, ...]
    invoices: tuple[RemoteInvoice, ...]
    bad: tuple[BadRecord, ...]


class BadField(Exception):
    """A field that cannot be read; `reason` is one of BadRecord's codes."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason


def list_documents(client: YukiClient, session: str, asked: Asked, start: int) -> Rows:
    """`Archive.ModifiedDocumentsInFolder`, or `DocumentsInFolder` for what was issued since a day; newest first.

    The order is that of creation, which does not change while the pages are read. Everything is what was modified
    since the year 2000: a list between two dates may leave out a document that has no date.
    `modifiedSince` has no zone, and none is documented: it is written in UTC, which is behind Yuki's own clock, so
    that at worst more is read than was asked for, never less.
    """
    where: dict[str, Any] = {"folderID": FOLDERS[asked.box], "sortOrder": "CreatedDesc"}
    operation = "ModifiedDocumentsInFolder"
    if asked.issued_since is not None:
        operation = "DocumentsInFolder"
        where |= {"startDate": _midnight(asked.issued_since), "endDate": datetime(2100, 1, 1)}  # noqa: DTZ001
    else:
        since = asked.modified_since
        where["modifiedSince"] = since.replace(tzinfo=None, microsecond=0) if since else datetime(2000, 1, 1)  # noqa: DTZ001
    where |= {"numberOfRecords": PAGE, "startRecord": start}
    return client.read_archive(operation, session, where, lambda answer: read_rows(answer, asked.box))


def find_document(client: YukiClient, session: str, document_id: str, box: str) -> Rows:
    """`Archive.FindDocument`: one document as a page of one."""
    return client.read_archive(
        "FindDocument", session, {"documentID": document_id}, lambda answer: read_rows(answer, box)
    )


def read_rows(answer: etree._Element, box: str) -> Rows:
    """Return the documents of a list; a record that cannot be read is set aside, not the rest of its page."""
    found = wire.inner_document(wire.result_of(answer), "Documents")
    good: list[RemoteInvoice] = []
    bad: list[BadRecord] = []
    ids: list[str] = []
    for item in wire.children(found):
        if wire.local_name(item) != "Document":
            continue
        ids.append((item.get("ID") or "").strip().lower())
        said = wire.texts(item)
        if said.get("Type", "") in OTHER:
            continue
        try:
            good.append(_read(item, said, box))
        except BadField as error:
            bad.append(_set_aside(item, said, error))
    return Rows(tuple(ids), tuple(good), tuple(bad))


def _set_aside(item: etree._Element, said: dict[str, str], error: BadField) -> BadRecord:
    name = (item.get("ID") or "").strip().lower()
    return BadRecord(
        remote_id=name if _ID.match(name) else "",
        number=said.get("Reference", "")[: MOST["Reference"]],
        field=error.field,
        reason=error.reason,
        payload=etree.tostring(item, encoding="unicode", with_tail=False),
    )


def _read(item: etree._Element, said: dict[str, str], box: str) -> RemoteInvoice:
    """Return a document; raises BadField with the first thing that is wrong with it.

    Needed are the ID, a type that is known and, once it was recognised, its date. An upload that nobody has
    recognised stands on the day on which it came; its amounts are nothing, and it makes no claim.
    """
    name = (item.get("ID") or "").strip().lower()
    if not _ID.match(name):
        raise BadField("ID", "not_an_id" if name else "missing")
    gross, vat = _amount(said, "Amount") or _ZERO, _amount(said, "VATAmount")
    # An upload may bring an amount along; a date or a contact it gets from whoever recognises it.
    recognised = bool(said.get("ContactName") or (gross and said.get("DocumentDate")))
    kind = said.get("Type", "")
    if kind not in KINDS and (kind not in PLAIN or recognised):
        raise BadField("Type", "unknown_type")
    created, modified = _moment(said, "Created"), _moment(said, "Modified")
    issued = _day(said, "DocumentDate")
    day = issued or (None if recognised or created is None else created.date())
    if day is None:
        raise BadField("DocumentDate", "missing")
    net = gross - (vat or _ZERO)
    return RemoteInvoice(
        remote_id=name,
        number=_text(said, "Reference"),
        document_type=KINDS[kind] if recognised else UPLOADS[box],
        correction_type="",
        cancelled=False,
        payment_status="",
        payment_method="",
        issue_date=day,
        fulfillment_date=None,
        due_date=None,
        paid_date=None,
        currency=CURRENCY,
        conversion_e6=None,
        net_e4=whole_of(net),
        vat_e4=whole_of(vat or _ZERO),
        gross_e4=whole_of(gross),
        contact=_contact(said),
        lines=(),
        comment="",
        facts={
            "subject": _text(said, "Subject"),
            "type": kind,
            "type_label": said.get("TypeDescription", "")[:60],
            "file_name": _text(said, "FileName"),
            "content_type": said.get("ContentType", "")[:100],
            "created": created.isoformat() if created else "",
            "modified": modified.isoformat() if modified else "",
            "vat_known": vat is not None,
            "dated": issued is not None,
        },
    )


def _contact(said: dict[str, str]) -> RemoteContact:
    name = _text(said, "ContactName")
    known = said.get("ContactId", "").strip().lower()
    # A contact without a name is nobody yet: none is made of it.
    return RemoteContact(remote_id=known if name and _ID.match(known) else "", name=name)


def _text(said: dict[str, str], field: str) -> str:
    text = " ".join(said.get(field, "").split())
    if len(text) <= MOST[field]:
        return text
    if field == "Reference":
        raise BadField(field, "too_long")
    return text[: MOST[field]]


def _amount(said: dict[str, str], field: str) -> Decimal | None:
    """Return an amount as it is written there: 252.81; one with a comma may mean two things, so it means none."""
    text = said.get(field, "")
    if not text:
        return None
    if not _AMOUNT.match(text):
        raise BadField(field, "not_an_amount")
    if abs(Decimal(text)) >= LARGEST:
        raise BadField(field, "too_large")
    return Decimal(text)


def _day(said: dict[str, str], field: str) -> date | None:
    text = said.get(field, "")[:10]
    if not text or text == "0001-01-01":
        return None
    try:
        return date.fromisoformat(text if _DAY.match(text) else "")
    except ValueError:
        raise BadField(field, "not_a_date") from None


def _moment(said: dict[str, str], field: str) -> datetime | None:
    """Return a moment on Yuki's own clock, which has no zone."""
    text = said.get(field, "")
    if not text:
        return None
    try:
        return datetime.fromisoformat(text[:19] if _MOMENT.match(text) else "")
    except ValueError:
        raise BadField(field, "not_a_date") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)
