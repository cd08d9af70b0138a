"""What keeps an invoice from being an electronic one, in words: the rule, what it means, and where to mend it."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

_SUMS = _l("The sums of the invoice do not add up as the standard wants it.")
_SELLER = _l("Fill in your own address and numbers, under Settings → On invoices.")
_VAT_NUMBER = _l("With this VAT type the customer's VAT number is needed.")

WORDS: dict[str, Any] = {
    "not_issued": _l("The invoice is not authorised yet: it has no number."),
    "BR-02": _l("The invoice has no number."),
    "BR-06": _SELLER,
    "BR-09": _SELLER,
    "BR-CO-26": _SELLER,
    "NL-R-002": _SELLER,
    "NL-R-003": _l("Fill in your Chamber of Commerce number (8 figures), under Settings → On invoices."),
    "PEPPOL-EN16931-R020": _SELLER,
    "BR-S-02": _l("Fill in your VAT number, under Settings → On invoices."),
    "BR-61": _l("Fill in your IBAN, under Settings → On invoices."),
    "BR-07": _l("The invoice names no customer."),
    "BR-11": _l("The customer has no country."),
    "NL-R-004": _l("Fill in street, zip code and city of the customer."),
    "NL-R-005": _l("The customer's Chamber of Commerce number has 8 figures."),
    "PEPPOL-EN16931-R010": _l(
        "The customer has no electronic address: fill in a Chamber of Commerce number or a VAT number."
    ),
    "PEPPOL-EN16931-R003": _l("Fill in the customer's order number, or give the customer a contact code."),
    "PEPPOL-EN16931-R061": _l("A direct debit needs the customer's mandate, which is not known here."),
    "NL-R-007": _l("The payment method has no code in the standard: choose a transfer, or a card."),
    "NL-R-001": _l("A credit note names the invoice that it credits; this one does not."),
    "BR-16": _l("The invoice has no lines yet."),
    "BR-25": _l("A line has no description."),
    "BR-CO-25": _l("Fill in a due date."),
    "BR-AE-02": _VAT_NUMBER,
    "BR-IC-02": _VAT_NUMBER,
    "BR-IC-11": _l("An Intra-Community supply needs the day of delivery, which is not known here."),
    "BR-CO-09": _l("A VAT number begins with the two letters of its country."),
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A rule that is broken, and what it means."""

    rule: str
    words: str


def explain_rules(rules: tuple[str, ...]) -> list[Obstacle]:
    """Return each broken rule with its words."""
    return [Obstacle(rule if rule != "not_issued" else "", str(WORDS.get(rule, _SUMS))) for rule in rules]
