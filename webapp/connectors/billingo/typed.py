"""Documents as nearly all of them come: read at one go into typed records; whatever differs is left to `mapping`.

What this reads is what `mapping` reads, to the field, at a tenth of the price; what it does not take is not wrong yet.
A page of them is read column by column: what a field needs is then looked at once, and most words of one are alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import NoneType, SimpleNamespace
from typing import Any

from msgspec.structs import astuple

from webapp.connectors.billingo import fields, mapping, shapes
from webapp.connectors.billingo.memory import Remembered
from webapp.connectors.billingo.shapes import Document, Figure
from webapp.domain.remote_columns import RemoteColumns, alike, once
from webapp.domain.remote_invoices import RemoteContact, RemoteInvoice, RemoteLine, Shared

_KNOWN = 5000
"""Partners, lines, and lines of a document together, that are remembered by their bytes."""

_LARGEST = 2**63
_SMALL = 10**12
"""Whole figures below it are kept as they are, whatever they are figures of."""

_WHOLE = {int}
_FIGURES = {int, Decimal, NoneType}


class Odd(ValueError):
    """A document that is read the long way."""


def read(documents: Sequence[Document]) -> list[RemoteInvoice]:
    """Return documents; raises Odd, or what msgspec or Decimal raise, where `mapping` has to judge one."""
    return read_columns(documents).invoices() if documents else []


def read_columns(documents: Sequence[Document]) -> RemoteColumns:
    """Return the same as columns; there must be one document at least."""
    said = SimpleNamespace(
        **dict(zip(Document.__struct_fields__, zip(*map(astuple, documents), strict=True), strict=True))
    )
    numbers, statuses = _words(said.invoice_number), [*once(often, said.payment_status)]
    if not min(said.id) > 0 or max(said.id) >= _LARGEST or max(map(len, numbers)) > mapping.MOST_NUMBER:
        raise Odd
    if not all(map(_is_currency, set(said.currency))):
        raise Odd
    lines = _LINES.each([*map(bytes, said.items)])
    nets = [None if one is None else one.net_amount for one in said.summary]
    vats = [None if one is None else one.vat_amount for one in said.summary]
    return RemoteColumns(
        remote_id=[*map(str, said.id)],
        number=numbers,
        document_type=[*once(often, said.type)],
        correction_type=[*once(often, said.correction_type)],
        cancelled=[*map(bool, said.cancelled)],
        payment_status=statuses,
        payment_method=[*once(often, said.payment_method)],
        issue_date=said.invoice_date,
        fulfillment_date=said.fulfillment_date,
        due_date=said.due_date,
        paid_date=_where_paid(said.paid_date, statuses),
        currency=said.currency,
        conversion_e6=_rates(said.conversion_rate),
        net_e4=_amounts(nets, (sum([line.net_e4 for line in one]) for one in lines)),
        vat_e4=_amounts(vats, (sum([line.vat_e4 for line in one]) for one in lines)),
        gross_e4=_amounts(said.gross_total),
        contact=_CONTACTS.each([*map(bytes, said.document_partner)]),
        lines=lines,
        related=[tuple(map(_related, rows)) if rows else () for rows in said.related_documents],
        comment=[*once(_word, said.comment)],
        facts=_facts(said),
    )


def _where_paid(days: Sequence[Any], statuses: Sequence[str]) -> Sequence[Any]:
    if mapping.PAID.isdisjoint(statuses):
        return [None] * len(days)
    return [day if status in mapping.PAID else None for day, status in zip(days, statuses, strict=True)]


def _rates(column: Sequence[Figure]) -> list[int | None]:
    if not _FIGURES.issuperset(map(type, column)):
        raise Odd
    return [*once(lambda one: None if one is None else _e6(one), column)]


def _amounts(column: Sequence[Figure], otherwise: Iterable[int] | None = None) -> list[int]:
    """Return amounts in ten-thousandths; `otherwise` are those that stand in where there is none."""
    if set(map(type, column)) == _WHOLE and min(column) > -_SMALL and max(column) < _SMALL:
        return [one * 10_000 for one in column]
    if otherwise is None:
        return [*map(_e4, column)]
    return [other if one is None else _e4(one) for one, other in zip(column, otherwise, strict=True)]


@lru_cache(maxsize=50)
def _is_currency(word: str) -> bool:
    return mapping.CURRENCY.fullmatch(word) is not None


def _read_lines(items: bytes) -> tuple[RemoteLine, ...]:
    return tuple(_LINE.each([*map(bytes, shapes.ITEMS.decode(items))]))


def _read_line(raw: bytes) -> RemoteLine:
    item = shapes.ITEM.decode(raw)
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


def _read_contact(partner: bytes) -> RemoteContact:
    one = shapes.PARTNER.decode(partner)
    if one.id is None or one.id <= 0:
        raise Odd  # the other partner of the document may be the one that counts
    address = one.address or shapes.Address()
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


_LINES = Remembered(_read_lines, most=_KNOWN)
_LINE = Remembered(_read_line, most=_KNOWN)
_CONTACTS = Remembered(_read_contact, most=_KNOWN)


def _related(row: shapes.Related) -> tuple[str, str]:
    if not 0 < row.id < _LARGEST:
        raise Odd
    return str(row.id), _word(row.invoice_number)


def _facts(said: Any) -> Sequence[Mapping[str, Any]]:
    rounding = [None if one is None else one.round for one in said.settings]
    told: tuple[Sequence[Any], ...] = (
        said.organization,
        said.block_id,
        said.electronic,
        said.language,
        said.notification_status,
        said.online_szamla_status,
        rounding,
    )
    if all(map(alike, told)):  # as a rule, for all documents of a page are of one issuer
        issuer, *rest = [column[0] for column in told]
        found = [_shared((bytes(issuer), *rest))] * len(rounding)
    else:
        found = [*once(_shared, [*zip(map(bytes, told[0]), *told[1:], strict=True)])]
    if not any(said.tags) and said.discount.count(None) == len(found):
        return found
    return [
        {**one, **more} if (more := _more(*rest)) else one
        for one, *rest in zip(found, said.tags, said.discount, strict=True)
    ]


def _more(tags: Sequence[str] | None, discount: Any) -> dict[str, Any]:
    said = {"tags": tags or None, "discount": discount}
    return {name: mapping.kept(value) for name, value in said.items() if value not in (None, "", [])}


@lru_cache(maxsize=200)
def _shared(told: tuple[bytes, int | None, bool | None, str | None, str | None, str | None, str | None]) -> Shared:
    """Return what is the same for nearly all documents of an account."""
    organization, block_id, electronic, language, notified, reported, rounding = told
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
    one = shapes.ORGANISATION.decode(raw)
    bank = one.bank_account or shapes.Account()
    said = (one.name, one.tax_number, one.eu_tax_number, one.ev_number)
    names = (*mapping.ORGANISATION, "account_number", "iban", "swift")
    words = map(_word, (*said, bank.account_number, bank.account_number_iban, bank.swift))
    return dict(zip(names, words, strict=True))


def _words(column: Sequence[str | None]) -> Sequence[str]:
    """Return texts that all differ; looked at as one, for hardly any holds what would have to be changed."""
    try:
        together = "".join(column)  # type: ignore[arg-type]  # an empty one is found here
    except TypeError:
        return [*map(_word, column)]
    plain = together.isprintable() and " " not in together and "--" not in column
    return column if plain else [*map(_word, column)]  # type: ignore[return-value]  # there is no None among them


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
