"""Documents as nearly all of them come: read at one go into typed records; whatever differs is left to `mapping`.

What this reads is what `mapping` reads, to the field, at a tenth of the price; what it does not take is not wrong yet.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from webapp.connectors.billingo import fields, mapping
from webapp.domain.remote_invoices import RemoteContact, RemoteInvoice, RemoteLine, Shared

_KNOWN = 5000
"""Partners, and lines, that are remembered by their bytes: most documents are about what was met before."""

_LONGEST = 2000
"""Bytes of a part that is remembered; what is longer is read each time."""

_LARGEST = 2**63
T = TypeVar("T")
_SMALL = 10**12
"""Whole figures below it are kept as they are, whatever they are figures of."""

Figure = Any
"""A whole number or a Decimal; anything else is left to `mapping`."""


class Odd(ValueError):
    """A document that is read the long way."""


class _Item(msgspec.Struct, gc=False):
    net_unit_amount: Figure
    quantity: Figure
    net_amount: Figure
    gross_amount: Figure
    vat_amount: Figure = None
    name: str | None = None
    unit: str | None = None
    vat: str | None = None
    comment: str | None = None
    product_id: int | None = None
    entitlement: str | None = None


class _Address(msgspec.Struct, gc=False):
    country_code: str | None = None
    post_code: str | None = None
    city: str | None = None
    address: str | None = None


class _Partner(msgspec.Struct, gc=False):
    id: int | None = None
    name: str | None = None
    taxcode: str | None = None
    address: _Address | None = None
    emails: list[str] | None = None
    phone: str | None = None
    iban: str | None = None
    swift: str | None = None
    account_number: str | None = None


class _Account(msgspec.Struct, gc=False):
    account_number: str | None = None
    account_number_iban: str | None = None
    swift: str | None = None


class _Organisation(msgspec.Struct, gc=False):
    name: str | None = None
    tax_number: str | None = None
    eu_tax_number: str | None = None
    ev_number: str | None = None
    bank_account: _Account | None = None


class _Summary(msgspec.Struct, gc=False):
    net_amount: Figure = None
    vat_amount: Figure = None


class _Settings(msgspec.Struct, gc=False):
    round: str | None = None


class _Related(msgspec.Struct, gc=False):
    id: int
    invoice_number: str | None = None


class _Document(msgspec.Struct, gc=False):
    id: int
    invoice_date: date
    currency: str
    gross_total: Figure
    items: list[msgspec.Raw]
    document_partner: msgspec.Raw
    invoice_number: str | None = None
    type: str | None = None
    correction_type: str | None = None
    cancelled: bool | None = None
    payment_status: str | None = None
    payment_method: str | None = None
    fulfillment_date: date | None = None
    due_date: date | None = None
    paid_date: date | None = None
    conversion_rate: Figure = None
    summary: _Summary | None = None
    related_documents: list[_Related] | None = None
    comment: str | None = None
    organization: msgspec.Raw = msgspec.Raw(b"{}")
    settings: _Settings | None = None
    block_id: int | None = None
    electronic: bool | None = None
    language: str | None = None
    notification_status: str | None = None
    online_szamla_status: str | None = None
    tags: list[str] | None = None
    discount: Any = None


_DOCUMENT = msgspec.json.Decoder(_Document, float_hook=Decimal)
_ITEM = msgspec.json.Decoder(_Item, float_hook=Decimal)
_PARTNER = msgspec.json.Decoder(_Partner)
_ORGANISATION = msgspec.json.Decoder(_Organisation)


def read(raw: msgspec.Raw | bytes) -> RemoteInvoice:
    """Return a document; raises Odd, or msgspec's own error, for one that `mapping` has to judge."""
    one = _DOCUMENT.decode(raw)
    currency, number, status = one.currency, _word(one.invoice_number), often(one.payment_status)
    if not 0 < one.id < _LARGEST or len(number) > mapping.MOST_NUMBER or not _is_currency(currency):
        raise Odd
    lines = tuple([_line(bytes(item)) for item in one.items])
    summary = one.summary
    net, vat = (None, None) if summary is None else (summary.net_amount, summary.vat_amount)
    related = one.related_documents
    return RemoteInvoice(
        str(one.id),
        number,
        often(one.type),
        often(one.correction_type),
        one.cancelled is True,
        status,
        often(one.payment_method),
        one.invoice_date,
        one.fulfillment_date,
        one.due_date,
        one.paid_date if status in mapping.PAID else None,
        currency,
        None if one.conversion_rate is None else _e6(one.conversion_rate),
        sum([line.net_e4 for line in lines]) if net is None else _e4(net),
        sum([line.vat_e4 for line in lines]) if vat is None else _e4(vat),
        _e4(one.gross_total),
        _contact(bytes(one.document_partner)),
        lines,
        tuple([_related(row) for row in related]) if related else (),
        _word(one.comment) if one.comment else "",
        _facts(one),
    )


def _remembered(most: int) -> Callable[[Callable[[bytes], T]], Callable[[bytes], T]]:
    """Remember what bytes were read to: the last `most` of them, and none that is long."""

    def remember(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
        kept = lru_cache(maxsize=most)(read)
        return lambda part: kept(part) if len(part) < _LONGEST else read(part)

    return remember


@lru_cache(maxsize=50)
def _is_currency(word: str) -> bool:
    return mapping.CURRENCY.fullmatch(word) is not None


@_remembered(_KNOWN)
def _line(raw: bytes) -> RemoteLine:
    item = _ITEM.decode(raw)
    net, gross, product = _e4(item.net_amount), _e4(item.gross_amount), item.product_id
    vat, rate = _vat(item.vat)
    return RemoteLine(
        _word(item.name),
        _e6(item.quantity),
        often(item.unit),
        _e6(item.net_unit_amount),
        net,
        gross - net if item.vat_amount is None else _e4(item.vat_amount),
        gross,
        vat,
        rate,
        _word(item.comment) if item.comment else "",
        str(product) if product is not None and product > 0 else "",
        often(item.entitlement) or None,
    )


@lru_cache(maxsize=500)
def _vat(word: str | None) -> tuple[str, int | None]:
    vat = _word(word)
    return vat, fields.percentage(vat)


@_remembered(_KNOWN)
def _contact(partner: bytes) -> RemoteContact:
    one = _PARTNER.decode(partner)
    if one.id is None or one.id <= 0:
        raise Odd  # the other partner of the document may be the one that counts
    address = one.address or _Address()
    return RemoteContact(
        str(one.id),
        _word(one.name),
        _word(one.taxcode),
        _word(address.country_code),
        _word(address.post_code),
        _word(address.city),
        _word(address.address),
        _word(one.emails[0]) if one.emails else "",
        _word(one.phone),
        _word(one.iban),
        _word(one.swift),
        _word(one.account_number),
    )


def _related(row: _Related) -> tuple[str, str]:
    if not 0 < row.id < _LARGEST:
        raise Odd
    return str(row.id), _word(row.invoice_number)


def _facts(one: _Document) -> Mapping[str, Any]:
    rounding = None if one.settings is None else one.settings.round
    found = _shared(
        bytes(one.organization),
        one.block_id,
        one.electronic,
        one.language,
        one.notification_status,
        one.online_szamla_status,
        rounding,
    )
    if not one.tags and one.discount in (None, "", []):
        return found
    more = {"tags": one.tags or None, "discount": one.discount}
    return {**found, **{name: mapping.kept(value) for name, value in more.items() if value not in (None, "", [])}}


@lru_cache(maxsize=200)
def _shared(
    organization: bytes,
    block_id: int | None,
    electronic: bool | None,
    language: str | None,
    notified: str | None,
    reported: str | None,
    rounding: str | None,
) -> Shared:
    """Return what is the same for nearly all documents of an account."""
    found = Shared(organization=_organisation(organization))
    if block_id is not None:
        found["block_id"] = block_id
    if electronic is not None:
        found["electronic"] = electronic
    for name, word in (("language", language), ("notification_status", notified), ("online_szamla_status", reported)):
        if word:
            found[name] = mapping.kept(word)
    if _word(rounding) not in ("", "none"):
        found["round"] = _word(rounding)
    return found


def _organisation(raw: bytes) -> dict[str, str]:
    one = _ORGANISATION.decode(raw)
    bank = one.bank_account or _Account()
    said = (one.name, one.tax_number, one.eu_tax_number, one.ev_number)
    names = (*mapping.ORGANISATION, "account_number", "iban", "swift")
    words = map(_word, (*said, bank.account_number, bank.account_number_iban, bank.swift))
    return dict(zip(names, words, strict=True))


def _word(value: str | None) -> str:
    if value is None or value == "" or value == "--":
        return ""
    if value.isprintable() and value[0] != " " and value[-1] != " ":
        return value
    return fields.text({"": value}, "")


often = lru_cache(maxsize=2000)(_word)
"""The same for words of which there are few."""


def _e4(value: Figure) -> int:
    kind = type(value)
    if kind is int and -_SMALL < value < _SMALL:
        return value * 10_000  # type: ignore[no-any-return]
    if kind is int or kind is Decimal:
        return fields.money_of(value)
    raise Odd


def _e6(value: Figure) -> int:
    kind = type(value)
    if kind is int and -_SMALL < value < _SMALL:
        return value * 1_000_000  # type: ignore[no-any-return]
    if kind is int or kind is Decimal:
        return fields.fine_of(value)
    raise Odd
