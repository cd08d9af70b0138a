"""Why a match is proposed, in words."""

from typing import Any

from flask_babel import lazy_gettext as _l

REASONS: dict[str, Any] = {
    "structured": _l("The structured communication is this invoice's, and its check digits are right"),
    "reference": _l("The invoice number stands in the text"),
    "loose_reference": _l("A part of the invoice number stands in the text"),
    "amount": _l("The amount is exactly what is outstanding"),
    "sum": _l("Together they are exactly the amount"),
    "tolerance": _l("The amount differs by no more than a payment difference"),
    "discount": _l("The difference fits a payment discount within its time"),
    "part": _l("The amount is a part of what is outstanding"),
    "too_much": _l("The amount is more than what is outstanding"),
    "all_open": _l("It is everything that this contact has outstanding"),
    "iban": _l("The account is this contact's"),
    "name": _l("The name is this contact's"),
    "like_name": _l("The name is much like this contact's"),
    "only_amount": _l("Only the amount speaks for it"),
    "other_contact": _l("The payer is somebody else than the contact"),
    "other_number": _l("The text names another invoice number too"),
    "issued_later": _l("The invoice is of a later date than the payment"),
    "rival": _l("Another reading fits as well"),
    "refund": _l("A refund of another payment"),
    "paid_back": _l("The same account had paid exactly this much too much"),
    "written_off": _l("Written off by hand"),
    "by_hand": _l("Chosen by hand"),
}

DIFFERENCES: dict[str, Any] = {
    "payment_difference": _l("Payment difference"),
    "payment_discount": _l("Payment discount"),
    "part": _l("Stays outstanding"),
    "too_much": _l("Stays unapplied"),
}
