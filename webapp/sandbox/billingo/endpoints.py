"""What each documented GET answers; the names are the operation ids of the OpenAPI document."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from webapp.sandbox.billingo import words
from webapp.sandbox.billingo.answers import Answer, Refused, error, invalid, write
from webapp.sandbox.billingo.books import Books, Shop
from webapp.sandbox.billingo.drawing import ZONE
from webapp.sandbox.billingo.filters import Query, tests_of
from webapp.sandbox.billingo.opening import RATES
from webapp.sandbox.billingo.records import HUF, Document, Payment
from webapp.sandbox.billingo.rendering import name_of, number, organization, partner_json, product_json, render
from webapp.sandbox.pdf import make_pdf

Record = TypeVar("Record")
_RENDERED = 20_000
"""How many documents are kept as JSON; some 60 MB of them, when the books are that large."""


@dataclass(frozen=True)
class Call:
    """What an operation works with; the lock of the books is held while it does."""

    books: Books
    shop: Shop
    given: Mapping[str, str]
    path: str
    address: str
    id: int = 0


def list_documents(call: Call) -> Answer:
    books, query = call.books, Query(call.given)
    tests = tests_of(query, books, call.shop.account.id)
    page, size = query.page()
    _check(query)
    found = _found(call, lambda one: all(test(one) for test in tests)) if tests else call.shop.documents
    total, start = len(found), (page - 1) * size
    # The newest come first, and the books stand oldest first.
    shown = [found[total - 1 - place] for place in range(start, min(start + size, total))]
    before = found[total - start] if 0 < start <= total else None
    return Answer(
        records=[_written(books, one) for one in shown],
        rest=_envelope(call, total, page, size),
        before=_written(books, before) if before else None,
    )


def get_document(call: Call) -> Answer:
    return Answer(records=[_written(call.books, _own(call))])


def get_payments(call: Call) -> Answer:
    one = _own(call)
    rate = None if one.currency == HUF else number(one.rate // 100)
    return Answer(body=write([_payment(pay, rate) for pay in one.payments]))


def download(call: Call) -> Answer:
    """202 "not yet" as often as the mode says, the PDF from then on."""
    one, asked = _own(call), call.books.pdf_asked
    asked[one.id] += 1
    if asked[one.id] <= call.books.mode.pdf_delay:
        message = "Document PDF has not generated yet. You should try to download again later."
        return Answer(202, write({"message": message}))
    return pdf_of(call.books, one)


def get_public_url(call: Call) -> Answer:
    return Answer(body=write({"public_url": f"{call.address}document-access/{token_of(_own(call).id)}"}))


def get_nav_status(call: Call) -> Answer:
    one = _own(call)
    if one.nav_status in ("not_checked", "no_online_szamla_settings"):
        raise Refused(error(404, "NavOnlineSzamla is not found."))
    body = {"transaction_id": f"KITALALT{one.id}", "status": one.nav_status, "messages": []}
    return Answer(body=write(body))


def list_partners(call: Call) -> Answer:
    return _list(call, [*call.shop.partners.values()], partner_json, lambda one: one.name)


def get_partner(call: Call) -> Answer:
    return _single(call, lambda shop: shop.partners, partner_json, "Partner")


def list_products(call: Call) -> Answer:
    return _list(call, [*call.shop.products.values()], product_json, lambda one: one.name)


def get_product(call: Call) -> Answer:
    return _single(call, lambda shop: shop.products, product_json, "Product")


def list_bank_accounts(call: Call) -> Answer:
    return _list(call, [_bank_account(call.shop)], lambda one: one, lambda one: str(one["name"]))


def get_bank_account(call: Call) -> Answer:
    return _single(call, lambda shop: {int(_bank_account(shop)["id"]): _bank_account(shop)}, lambda one: one, "Account")


def list_blocks(call: Call) -> Answer:
    kind = Query(call.given).choice("type", words.BLOCK_TYPES)
    blocks = [one for one in call.shop.blocks.values() if kind in ("", one.type)]
    texts = {"custom_field1": "", "custom_field2": ""}
    return _list(
        call,
        blocks,
        lambda one: {"id": one.id, "name": one.name, "prefix": one.prefix, **texts, "type": one.type},
        lambda one: one.name,
        choices=(("type", words.BLOCK_TYPES),),
    )


def get_organization(call: Call) -> Answer:
    until = call.books.today().replace(month=12, day=31)
    features = ["subscription_pro", "api_limit_pro"]
    body = {
        "tax_code": call.shop.account.tax_number,
        "subscription": {"expiration_date": until.isoformat(), "features": features},
        "has_nav_connection": True,
    }
    return Answer(body=write(body))


def get_rate(call: Call) -> Answer:
    query = Query(call.given)
    sides = [query.choice(side, words.CURRENCIES) for side in ("from", "to")]
    day = query.day("date") or call.books.today()
    for name, side in zip(("from", "to"), sides, strict=True):
        if not side and not query.wrong:
            query.refuse(name, f"The {name} field is required.")
    _check(query)
    rate = RATES.get(sides[0], RATES["EUR"]) / RATES.get(sides[1], RATES["EUR"])
    names = {"from_currency": sides[0], "to_currency": sides[1]}
    return Answer(body=write({**names, "conversation_rate": round(rate, 6), "date": day.isoformat()}))


def get_time(call: Call) -> Answer:
    now = call.books.now().astimezone(ZONE).replace(microsecond=0)
    body = {"epoch": int(now.timestamp()), "formatted": f"{now:%Y-%m-%d %H:%M:%S}", "w3c": now.isoformat()}
    return Answer(body=write({**body, "timezone": ZONE.key}))


def pdf_of(books: Books, one: Document) -> Answer:
    shop = books.shop_of(one)
    lines = [shop.account.name, name_of(one, shop.blocks) or "piszkozat", shop.partners[one.partner_id].name]
    gross = render(one, books.sight(one.account))["gross_total"]
    return Answer(body=make_pdf([*lines, f"{gross} {one.currency}"]), content_type="application/pdf")


def token_of(key: int) -> str:
    """The unguessable part of a document's public address."""
    return hashlib.sha256(f"public {key}".encode()).hexdigest()[:32]


OPERATIONS: dict[str, tuple[str, Callable[[Call], Answer]]] = {
    "ListDocument": ("/documents", list_documents),
    "GetDocument": ("/documents/<int:key>", get_document),
    "GetPayment": ("/documents/<int:key>/payments", get_payments),
    "DownloadDocument": ("/documents/<int:key>/download", download),
    "GetPublicUrl": ("/documents/<int:key>/public-url", get_public_url),
    "GetOnlineSzamlaStatus": ("/documents/<int:key>/online-szamla", get_nav_status),
    "ListPartner": ("/partners", list_partners),
    "GetPartner": ("/partners/<int:key>", get_partner),
    "ListProduct": ("/products", list_products),
    "GetProduct": ("/products/<int:key>", get_product),
    "ListBankAccount": ("/bank-accounts", list_bank_accounts),
    "GetBankAccount": ("/bank-accounts/<int:key>", get_bank_account),
    "ListDocumentBlock": ("/document-blocks", list_blocks),
    "GetOrganizationData": ("/organization", get_organization),
    "GetConversionRate": ("/currencies", get_rate),
    "GetServerTime": ("/utils/time", get_time),
}


def _check(query: Query) -> None:
    if query.wrong:
        raise Refused(invalid(query.wrong))


def _own(call: Call) -> Document:
    """The document of that id; one of another account is forbidden, as ids kept from an older key are."""
    one = call.books.documents.get(call.id)
    if one is None:
        raise Refused(error(404, "Document is not found."))
    if one.account != call.shop.account.id:
        raise Refused(error(403))
    return one


def _found(call: Call, test: Callable[[Document], bool]) -> list[Document]:
    """The documents that pass, remembered until the account's books change or the day is over."""
    asked = {name: value for name, value in call.given.items() if name not in ("page", "per_page")}
    key = (call.shop.account.id, tuple(sorted(asked.items())))
    state = (call.shop.generation, call.books.today())
    kept = call.books.found.get(key)
    if kept is None or kept[0] != state:
        call.books.found.pop(key, None)
        if len(call.books.found) >= 8:
            del call.books.found[next(iter(call.books.found))]
        kept = call.books.found[key] = (state, [one for one in call.shop.documents if test(one)])
    return kept[1]


def _written(books: Books, one: Document) -> bytes:
    """The document as JSON, remembered for the day."""
    today = books.today()
    kept = books.rendered.get(one.id)
    if kept is None or kept[0] != today:
        if len(books.rendered) >= _RENDERED:
            del books.rendered[next(iter(books.rendered))]
        kept = books.rendered[one.id] = (today, write(render(one, books.sight(one.account))))
    return kept[1]


def _envelope(call: Call, total: int, page: int, size: int) -> dict[str, Any]:
    last = max(1, -(-total // size))
    rest: dict[str, Any] = {"total": total, "per_page": size, "current_page": page, "last_page": last}
    for name, other in (("prev_page_url", page - 1), ("next_page_url", page + 1)):
        if 1 <= other <= last:
            rest[name] = f"{call.address.rstrip('/')}{call.path}?{urlencode({**call.given, 'page': other})}"
        elif call.books.mode.page_urls == "null":
            rest[name] = None
    return rest


def _payment(pay: Payment, rate: int | float | None) -> dict[str, Any]:
    body = {"date": pay.date.isoformat(), "price": number(pay.price), "payment_method": pay.method}
    return {**body, "voucher_number": pay.voucher, "conversion_rate": rate}


def _list(
    call: Call,
    records: Sequence[Record],
    write_one: Callable[[Record], dict[str, Any]],
    name: Callable[[Record], str],
    *,
    choices: Sequence[tuple[str, frozenset[str]]] = (),
) -> Answer:
    """A page of a small list, the most recent record first; `query` looks into the names."""
    query = Query(call.given)
    page, size = query.page()
    for parameter, known in choices:
        query.choice(parameter, known)
    _check(query)
    text = call.given.get("query", "").casefold()
    found = [one for one in reversed(records) if text in name(one).casefold()]
    shown = found[(page - 1) * size : page * size]
    return Answer(records=[write(write_one(one)) for one in shown], rest=_envelope(call, len(found), page, size))


def _single(
    call: Call,
    records: Callable[[Shop], Mapping[int, Record]],
    write_one: Callable[[Record], dict[str, Any]],
    what: str,
) -> Answer:
    own = records(call.shop).get(call.id)
    if own is not None:
        return Answer(body=write(write_one(own)))
    others = (records(shop) for shop in call.books.shops.values())
    raise Refused(error(403) if any(call.id in one for one in others) else error(404, f"{what} is not found."))


def _bank_account(shop: Shop) -> dict[str, Any]:
    return {**organization(shop.account)["bank_account"], "currency": HUF, "need_qr": False}
