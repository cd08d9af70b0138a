"""A sales document as the bytes of one `<SalesInvoice>`: pure, in the vendor's order, the same bytes every time.

The order is that of the vendor's schema (a violation cancels a whole call); the rules of leaving out and of
clearing are those of the vendor's article on the sales invoice fields. The text is written directly, and not
by way of a tree: the schema reads it back and judges it anyway (rules.py), before it leaves.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from lxml import etree

from webapp.connectors.ports import Refused
from webapp.connectors.yuki.templates import Group, Slot, Template, Writing
from webapp.connectors.yuki.wire import NOT_XML_CHARACTERS, SALES, XSI
from webapp.domain.documents import CLEAR, KEEP, SalesDocument
from webapp.domain.failures import Failure

_BATCH_START = f'<SalesInvoices xmlns="{SALES}" xmlns:xsi="{XSI}">'.encode()
_BATCH_END = b"</SalesInvoices>"
_START = f'<SalesInvoice xmlns="{SALES}" xmlns:xsi="{XSI}">'
_NIL_CATEGORY = '<Category xsi:nil="true"/>'
_NEW_LINE = re.compile(r"\r\n?|\n")
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_MAX_DIGITS = 40
_MOST_WRITTEN = 2_000


class _Unfit(ValueError):
    """A value that no document can carry; whoever knows its field turns this into a refusal."""


def _text(value: str) -> str:
    if _SPECIAL.search(value) is None:
        return value
    if NOT_XML_CHARACTERS.search(value):
        raise _Unfit("a character that XML cannot carry")
    return value.translate(_ESCAPES)


def _lines(value: str) -> str:
    # A new line in remarks has to arrive as &#13; (the vendor's article), which is how XML writes a \r.
    return _text(_NEW_LINE.sub("\r", value))


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _day(value: date) -> str:
    return value.isoformat()


def _figures(value: Decimal, places: int) -> str:
    if not value.is_finite():
        raise _Unfit("not a number of a sensible size")
    text = str(value)
    if len(text) > _MAX_DIGITS or "E" in text:
        if abs(value.adjusted()) > _MAX_DIGITS or len(value.as_tuple().digits) > _MAX_DIGITS:
            raise _Unfit("not a number of a sensible size")
        text = format(value, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    if not value:
        whole = whole.lstrip("-")
    return f"{whole}.{fraction}" if fraction else whole


class _Written(dict[Any, str]):
    """Texts of values: days, rates, quantities and prices come again and again, and equal ones are written alike."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, value: object) -> str:
        if len(self) >= _MOST_WRITTEN:
            self.clear()
        return self.setdefault(value, self._write(value))


def _amount(value: Decimal) -> str:
    text = str(value)
    # No exponent, and at most two decimals: nearly all amounts. Zero may have a sign, which is not written.
    if value and len(text) <= _MAX_DIGITS:
        if text[-3:-2] == ".":
            return text
        if text[-2:-1] == ".":
            return f"{text}0"
        if text.isdigit():
            return f"{text}.00"
    return _figures(value, 2)


_numbers, _rates = _Written(partial(_figures, places=0)), _Written(_amount)
_days, _flags = _Written(_day), _Written(_flag)


def _number(value: Decimal) -> str:
    return _numbers[_hashable(value)]


def _rate(value: Decimal) -> str:
    return _rates[_hashable(value)]


def _hashable(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise _Unfit("not a number of a sensible size")
    return value


def decimal_text(value: Decimal, *, places: int = 0, field: str = "") -> str:
    """Return a number with a dot, without exponent and with no more zeros than `places` decimals need.

    Raises Refused if it is no number, or one of a size that no invoice has.
    """
    try:
        return _figures(value, places)
    except _Unfit as unfit:
        raise Refused(Failure.SCHEMA, str(unfit), field=field) from None


class _Element(NamedTuple):
    """One element: the attribute it comes from, its tags, and how a value is written (None: as a text)."""

    field: str
    write: Callable[[Any], str] | None
    start: str
    end: str
    empty: str


class _Group(NamedTuple):
    """Elements that follow each other, and what gets all their values at once."""

    elements: tuple[_Element, ...]
    values: Callable[[Any], tuple[Any, ...]]


def _elements(*rows: tuple[str, str] | tuple[str, str, Callable[[Any], str]]) -> _Group:
    elements = tuple(
        _Element(row[1], row[2] if len(row) == 3 else None, f"<{row[0]}>", f"</{row[0]}>", f"<{row[0]}/>")
        for row in rows
    )
    return _Group(elements, attrgetter(*(element.field for element in elements)))


_HEAD = _elements(
    ("Reference", "reference"),
    ("Subject", "subject"),
    ("PaymentMethod", "payment_method", str.__str__),
    ("PaymentID", "payment_id"),
    ("PurchaseOrderNumber", "purchase_order_number"),
    ("Process", "process", _flag),
    ("EmailToCustomer", "email_to_customer", _flag),
    ("SentToPeppol", "sent_to_peppol", _flag),
    ("Layout", "layout"),
    ("Notes", "notes"),
    ("Date", "issue_date", _day),
    ("DueDate", "due_date", _day),
    ("PriceList", "price_list"),
    ("Currency", "currency"),
    ("ProjectID", "project_id"),
    ("ProjectCode", "project_code"),
    ("Remarks", "remarks", _lines),
    ("DocumentFileName", "document_file_name"),
    ("DocumentBase64", "document_base64"),
)
_CONTACT = _elements(
    ("ContactCode", "code"),
    ("FullName", "full_name"),
    ("FirstName", "first_name"),
    ("MiddleName", "middle_name"),
    ("LastName", "last_name"),
    ("Gender", "gender"),
    ("CountryCode", "country_code"),
    ("City", "city"),
    ("Zipcode", "zipcode"),
    ("AddressLine_1", "address_line_1"),
    ("AddressLine_2", "address_line_2"),
    ("EmailAddress", "email"),
    ("Website", "website"),
    ("CoCNumber", "coc_number"),
    ("VATNumber", "vat_number"),
    ("ContactType", "contact_type"),
    ("BankAccount", "bank_account"),
    ("BIC", "bic"),
    ("PhoneHome", "phone"),
    ("MobileHome", "mobile"),
)
_PERSON = _elements(
    ("FullName", "full_name"),
    ("FirstName", "first_name"),
    ("MiddleName", "middle_name"),
    ("LastName", "last_name"),
    ("Gender", "gender"),
    ("EmailAddress", "email"),
)
_LINE = _elements(
    ("Description", "description"),
    ("Remarks", "remarks", _lines),
    ("ProductQuantity", "quantity", _number),
    ("LineAmount", "line_amount", _amount),
    ("LineVATAmount", "line_vat_amount", _amount),
)
_ITEM = _elements(
    ("Description", "description"),
    ("Reference", "reference"),
)
_PRICE = _elements(
    ("Category", "category", str),
    ("SalesPrice", "sales_price", _amount),
    ("VATPercentage", "vat_percentage", _rate),
    ("VATIncluded", "vat_included", _flag),
    ("VATType", "vat_type", str),
    ("VATDescription", "vat_description"),
    ("GLAccountCode", "gl_account_code"),
    ("Remarks", "remarks", _lines),
)
_ACCRUAL = _elements(
    ("AccrualDate", "accrual_date", _day),
    ("AccrualPeriods", "accrual_periods", str),
    ("AccrualInterval", "accrual_interval", str),
)


def _slots(group: _Group, home: str, prefix: str = "") -> list[Slot]:
    # A number that is none cannot be looked up either, or is refused where its text is made.
    direct: dict[Any, _Written] = {_number: _numbers, _rate: _rates, _day: _days, _flag: _flags}
    return [
        Slot(
            prefix + one.field,
            f"{home}/{one.start[1:-1]}",
            direct[one.write].__getitem__ if one.write in direct else one.write,
            one.start,
            one.end,
            one.empty,
        )
        for one in group.elements
    ]


def _with_product() -> list[Slot]:
    """All of a line in one group; its product's elements stand between the line's own."""
    item, price = _slots(_ITEM, "Product", "product."), _slots(_PRICE, "Product", "product.")
    item[0] = item[0]._replace(start=f"<Product>{item[0].start}", missing="<Product>")
    price[0] = price[0]._replace(missing=_NIL_CATEGORY)
    price[-1] = price[-1]._replace(end=f"{price[-1].end}</Product>", missing="</Product>")
    return [*_slots(_LINE, "InvoiceLine"), *item, *price, *_slots(_ACCRUAL, "InvoiceLine")]


_WHOLE_HEAD = Group(_slots(_HEAD, "SalesInvoice"), before=_START)
_WHOLE_CONTACT = Group(_slots(_CONTACT, "Contact"), before="<Contact>", after="</Contact><InvoiceLines>", clears=True)
_WHOLE_LINE = Group(_with_product(), before="<InvoiceLine>", after="</InvoiceLine>", inner="product")
_END = "</InvoiceLines></SalesInvoice>"


def build_invoice(document: SalesDocument) -> bytes:
    """Return the UTF-8 bytes of one `<SalesInvoice>`, its namespace declared on it.

    What has no value is left out; only `CLEAR` in a field of the contact sends an empty element. Decimals
    are written in one form (no exponent, no needless zeros), so equal values give equal bytes. Raises
    Refused with the field for what XML cannot carry: control characters, lone surrogates, numbers that are
    none.
    """
    return _at_one_go(document) or _by_element(document)


def _at_one_go(document: SalesDocument) -> bytes | None:
    """Return the bytes where no value holds a sign that has to be escaped or cannot be carried, None else."""
    if document.contact_person is not None or not document.lines:
        return None
    parts: list[str] = []
    templates: list[Template] = []
    texts: list[tuple[str, ...]] = []
    try:
        _WHOLE_HEAD.fill(document, parts, templates, texts)
        _WHOLE_CONTACT.fill(document.contact, parts, templates, texts)
        for line in document.lines:
            _WHOLE_LINE.fill(line, parts, templates, texts)
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        return None
    said = "".join(["".join(row) for row in texts])
    # All that XML cannot carry, and every end of a line, is among what cannot be printed.
    if "<" in said or "&" in said or ">" in said or not said.isprintable():
        return None
    parts.append(_END)
    writing = Writing("".join(parts).encode())
    writing.templates, writing.texts = templates, texts
    return writing


def _by_element(document: SalesDocument) -> bytes:
    """Return the bytes of any invoice; raises Refused with the field for what no document can carry."""
    parts = [_START]
    _add(parts, _HEAD, document, "")
    parts.append("<Contact>")
    _add(parts, _CONTACT, document.contact, "contact.")
    parts.append("</Contact>")
    if document.contact_person is not None:
        person = len(parts)
        _add(parts, _PERSON, document.contact_person, "contact_person.")
        if len(parts) > person:
            parts.insert(person, "<ContactPerson>")
            parts.append("</ContactPerson>")
    parts.append("<InvoiceLines>")
    for number, line in enumerate(document.lines, start=1):
        path = f"lines.{number}."
        parts.append("<InvoiceLine>")
        _add(parts, _LINE, line, path)
        parts.append("<Product>")
        product = line.product
        _add(parts, _ITEM, product, f"{path}product.")
        if product.category is None:
            # Must not be empty and may be 13 or nil; nil is what the vendor's example sends.
            parts.append(_NIL_CATEGORY)
        _add(parts, _PRICE, product, f"{path}product.")
        parts.append("</Product>")
        _add(parts, _ACCRUAL, line, path)
        parts.append("</InvoiceLine>")
    parts.append("</InvoiceLines></SalesInvoice>")
    return "".join(parts).encode()


def _add(parts: list[str], group: _Group, source: object, path: str) -> None:
    append, special = parts.append, _SPECIAL.search
    for (field, write, start, end, empty), value in zip(group.elements, group.values(source), strict=True):
        if value is None or value is KEEP or value == "":
            continue
        if value is CLEAR:
            append(empty)
            continue
        try:
            if write is not None:
                append(f"{start}{write(value)}{end}")
            elif special(value) is None:
                append(f"{start}{value}{end}")
            else:
                append(f"{start}{_text(value)}{end}")
        except _Unfit as unfit:
            raise Refused(Failure.SCHEMA, str(unfit), field=path + field) from None


def batch_of(payloads: Sequence[bytes]) -> etree._Element:
    """Return one `<SalesInvoices>` with the invoices under it, in their order."""
    # Our own bytes, so a large document inside them is no danger; their namespaces are declared once, on the root.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, ns_clean=True)
    return etree.fromstring(b"".join((_BATCH_START, *payloads, _BATCH_END)), parser)


def contact_of(payload: bytes) -> dict[str, str]:
    """Return what one invoice of ours said of its contact, by our words; "" where it cleared a field."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    contact = etree.fromstring(payload, parser).find(f"{{{SALES}}}Contact")
    fields = {element.start[1:-1]: element.field for element in _CONTACT.elements}
    said = {str(item.tag).rpartition("}")[2]: item.text or "" for item in (contact if contact is not None else ())}
    return {fields[name]: text for name, text in said.items() if name in fields}
