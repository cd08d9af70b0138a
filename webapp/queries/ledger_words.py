"""The ledger in words: the kinds of write-off, the sources of payments, and why an entry was not made."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.queries.labels import amount_text

WRITE_OFF_KINDS: dict[str, Any] = {
    "payment_difference": _l("Payment difference"),
    "bank_costs": _l("Bank costs"),
    "exchange_difference": _l("Exchange difference"),
    "payment_discount": _l("Payment discount"),
}

SOURCES: dict[str, Any] = {
    "yuki": "Yuki",
    "yuki_paid": _l("Yuki, to suppliers"),
    "yuki_before": _l("Yuki, before the first look"),
    "billingo": "Billingo",
    "statement": _l("Bank statement"),
    "manual": _l("By hand"),
}

_REFUSALS: dict[str, Any] = {
    "not_found": _l("The payment or the invoice is not there any more; nothing was changed."),
    "nothing": _l("There is nothing to set against it: one of the two is settled already."),
    "amount": _l("Write an amount other than zero, with at most four decimals."),
    "source": _l("Payments come from a bank statement, from Billingo or by hand."),
    "key": _l("The payment has no key by which it could be known again."),
    "currency": _l("Both sides have to be in the same currency; nothing was changed."),
    "administration": _l("Invoice %(number)s is in the books of another administration than the payment."),
    "not_sales": _l("Invoice %(number)s is a purchase invoice; only sales invoices are settled here."),
    "not_issued": _l("Invoice %(number)s was not sent to the customer yet: send it first."),
    "not_credit": _l("Choose a credit note and an invoice: the one sets off the other."),
    "over_payment": _l("Of this payment %(left)s is left; choose an amount that fits."),
    "over_invoice": _l("On invoice %(number)s at most %(room)s fits; choose a smaller amount."),
    "more_back": _l("On invoice %(number)s payments of %(paid)s stand; no more than that can be taken back."),
    "over_credit": _l("Of credit note %(number)s %(left)s is left; choose an amount that fits."),
    "from_books": _l("This is what Yuki says of the invoice: change it in Yuki, and it follows here."),
    "already_reversed": _l("This was reversed before; nothing was changed."),
    "is_reversal": _l("A reversal cannot be reversed: enter the payment anew."),
    "not_refund": _l("Money that went out pays back money that came in: choose one of each."),
    "currency_of_refund": _l("The refund is in another currency than the payment; nothing was changed."),
    "other_books": _l("The refund is in the books of another administration than the payment."),
    "over_refund": _l("Of the money that went out %(left)s is left; choose an amount that fits."),
    "kind": _l("Choose what the difference is written off to."),
}


def refusal_text(code: str, params: dict[str, Any] | None = None) -> str:
    """Put into words why an entry was not made: the `code` and `params` of a LedgerError."""
    values = dict(params or {})
    for name in ("left", "room", "paid"):
        if name in values:
            values[name] = amount_text(values[name], values.get("currency", "EUR"))
    return str(_REFUSALS.get(code, _REFUSALS["not_found"])) % ({"number": ""} | values)
