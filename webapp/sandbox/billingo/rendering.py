"""Writes a document as the API gives it: every field of the OpenAPI document, with the values real answers show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from webapp.sandbox.billingo.modes import Mode
from webapp.sandbox.billingo.records import NOT_PAYABLE, Account, Block, Document, Item, Partner, Product
from webapp.sandbox.billingo.totals import Line, line_of, local, paid_of, percentage


@dataclass(frozen=True)
class Sight:
    """What a document is seen with: the account around it, the day (in Budapest) and the mode."""

    account: Account
    partners: Mapping[int, Partner]
    blocks: Mapping[int, Block]
    today: date
    mode: Mode
    find: Callable[[int], Document | None]


def number(hundredths: int) -> int | float:
    """A JSON number as PHP writes it: whole where it is whole, else with no more decimals than it needs."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def status_of(one: Document, today: date, mode: Mode) -> str:
    if one.cancelled or one.type in NOT_PAYABLE:
        return "none"
    paid, gross = paid_of(one), one.gross
    if paid and abs(paid) >= abs(gross):
        return "paid"
    late = one.due_date < today
    if paid:
        return mode.overdue_in_part if late else "partially_paid"
    return "expired" if late else "outstanding"


def name_of(one: Document, blocks: Mapping[int, Block]) -> str:
    """The invoice number in print: INV-2026-244, or 2026-5 on a pad without a prefix; nothing for a draft."""
    if not one.number:
        return ""
    prefix = blocks[one.block_id].prefix
    return f"{prefix}-{one.year}-{one.number}" if prefix else f"{one.year}-{one.number}"


def render(one: Document, sight: Sight) -> dict[str, Any]:
    """The whole document, lines included, as both the list and the single answer carry it."""
    mode = sight.mode
    status = status_of(one, sight.today, mode)
    sign = -1 if one.type == "cancellation" and mode.cancellation_sign == "positive" else 1
    lines = [line_of(item, one.discount) for item in one.items]
    gross = one.gross * sign
    body: dict[str, Any] = {
        "id": one.id,
        "invoice_number": name_of(one, sight.blocks),
        "type": one.type,
        "correction_type": one.correction,
        "cancelled": one.cancelled,
        "block_id": one.block_id,
        "payment_status": status,
        "payment_method": one.method,
        "gross_total": number(gross),
        "currency": one.currency,
        "conversion_rate": number(one.rate // 100),
        "invoice_date": one.invoice_date.isoformat(),
        "fulfillment_date": one.fulfillment_date.isoformat(),
        "due_date": one.due_date.isoformat(),
        "paid_date": paid_date(one, status, sight.today).isoformat(),
        "organization": organization(sight.account),
        "partner": partner_json(sight.partners[one.partner_id]),
        "document_partner": _document_partner(sight.partners[one.partner_id], one),
        "electronic": one.electronic,
        "comment": one.comment,
        "tags": [],
        "notification_status": "none" if one.draft else "opened" if one.electronic else "none",
        "language": one.language,
        "items": [_item(item, line, sign) for item, line in zip(one.items, lines, strict=True)],
        "summary": _summary(one, lines, gross, sign),
        "settings": _settings(one),
        "related_documents": _related(one, sight),
        "online_szamla_status": one.nav_status,
        "discount": {"type": "percent", "value": one.discount} if one.discount else None,
    }
    if one.draft and mode.draft_number != "empty":
        body["invoice_number"] = None
        if mode.draft_number == "absent":
            del body["invoice_number"]
    if not mode.deprecated_partner:
        del body["partner"]
    if one.quirk and mode.quirks:
        _QUIRKS[one.quirk](body)
    return body


def paid_date(one: Document, status: str, today: date) -> date:
    """The day of the last payment where the status says that there is one, otherwise the current date (sic)."""
    return max(pay.date for pay in one.payments) if status in ("paid", "partially_paid") and one.payments else today


def organization(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "tax_number": account.tax_number,
        "bank_account": {
            "id": 120_000 + len(account.blocks),
            "name": "Főszámla",
            "account_number": account.bank_account,
            "account_number_iban": f"HU00{account.bank_account.replace('-', '')}",
            "swift": "",
        },
        "address": {"country_code": "HU", "post_code": "1011", "city": account.city, "address": account.street},
        "small_taxpayer": False,
        "ev_number": "",
        "eu_tax_number": "",
        "cash_settled": False,
    }


def partner_json(partner: Partner) -> dict[str, Any]:
    """The customer as it is now."""
    settings = (
        "payment_method",
        "document_form",
        "due_days",
        "document_currency",
        "template_language_code",
        "discount",
    )
    return _party(partner, partner.name) | {
        "general_ledger_number": "",
        "custom_billing_settings": dict.fromkeys(settings),
        "group_member_tax_number": "",
    }


def _document_partner(partner: Partner, one: Document) -> dict[str, Any]:
    """The customer as it was when the document was made: some have been renamed since."""
    return _party(partner, partner.former_name if partner.former_name and one.id % 2 else partner.name)


def _party(partner: Partner, name: str) -> dict[str, Any]:
    return {
        "id": partner.id,
        "name": name,
        "address": {
            "country_code": partner.country,
            "post_code": partner.post_code,
            "city": partner.city,
            "address": partner.street,
        },
        "emails": [partner.email] if partner.email else [],
        "taxcode": partner.tax_code,
        "iban": "",
        "swift": "",
        "account_number": partner.account_number,
        "phone": "",
        "tax_type": partner.tax_type,
    }


def product_json(product: Product) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": product.id,
        "name": product.name,
        "comment": "",
        "currency": product.currency,
        "vat": product.vat,
        "net_unit_price": number(product.price),
        "unit": product.unit,
        "general_ledger_number": "",
        "general_ledger_taxcode": "",
    }
    return body | ({"entitlement": product.entitlement} if product.entitlement else {})


def _item(item: Item, line: Line, sign: int) -> dict[str, Any]:
    return {
        "product_id": item.product_id or None,
        "name": item.name,
        "net_unit_amount": number(item.price),
        "quantity": number(item.quantity * sign),
        "unit": item.unit,
        "net_amount": number(line.net * sign),
        "gross_amount": number(line.gross * sign),
        "vat": item.vat,
        "vat_amount": number(line.vat * sign),
        "entitlement": item.entitlement,
        "comment": item.comment,
    }


def _summary(one: Document, lines: list[Line], gross: int, sign: int) -> dict[str, Any]:
    rates: dict[str, list[int]] = {}
    for item, line in zip(one.items, lines, strict=True):
        sums = rates.setdefault(item.vat, [0, 0])
        sums[0] += line.net * sign
        sums[1] += line.vat * sign
    net, vat = (sum(sums[place] for sums in rates.values()) for place in (0, 1))
    return {
        "net_amount": number(net),
        "net_amount_local": number(local(net, one)),
        "gross_amount_local": number(local(gross, one)),
        "vat_amount": number(vat),
        "vat_amount_local": number(local(vat, one)),
        "vat_rate_summary": [
            {
                "vat_name": name,
                "vat_percentage": percentage(name) / 10_000,
                "vat_rate_net_amount": number(sums[0]),
                "vat_rate_vat_amount": number(sums[1]),
                "vat_rate_vat_amount_local": number(local(sums[1], one)),
                "vat_rate_gross_amount": number(sums[0] + sums[1]),
            }
            for name, sums in rates.items()
        ],
    }


def _settings(one: Document) -> dict[str, Any]:
    return {
        "mediated_service": False,
        "without_financial_fulfillment": False,
        "online_payment": "",
        "should_send_email": False,
        "round": one.rounding,
        "no_send_onlineszamla_by_user": False,
        "order_number": "",
        "place_id": None,
        "instant_payment": True,
        "selected_type": None,
        "dont_send_to_nav_reason": None,
        "instant_payment_request": None,
    }


def _related(one: Document, sight: Sight) -> list[dict[str, Any]]:
    found = (sight.find(key) for key in one.related)
    return [{"id": other.id, "invoice_number": name_of(other, sight.blocks)} for other in found if other is not None]


def _new_vat(body: dict[str, Any]) -> None:
    body["items"][0] |= {"vat": "25,5%", "sku": "SKU-1", "ean": ""}


def _unknown_everything(body: dict[str, Any]) -> None:
    body |= {"type": "gyujtoszamla", "correction_type": "gyujtoszamla", "payment_method": "holdkoves_fizetes"}
    body |= {"online_szamla_status": "elkuldve_a_holdra", "recurring_id": 77, "language": "nl"}


_QUIRKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "new_method": lambda body: body.update(payment_method="revolut"),
    "new_nav_status": lambda body: body.update(online_szamla_status="dont_send_oss"),
    "new_vat": _new_vat,
    "strange_currency": lambda body: body.update(currency="LEJ", conversion_rate=80.01),
    "unknown_everything": _unknown_everything,
    "nav_not_unique": lambda body: body.update(online_szamla_status="not unique"),
}
"""Values that came after the OpenAPI document 3.0.14, and some that never did."""
