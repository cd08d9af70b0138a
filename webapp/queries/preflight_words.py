"""What would happen to an invoice in the books, in words: the reason, the consequence, and how to mend it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.preflight import Finding, Severity
from webapp.queries import card_words
from webapp.queries.labels import amount_text, num
from webapp.queries.numbers import plain_number
from webapp.queries.preflight_fields import field_word, form_id


@dataclass(frozen=True, slots=True)
class Saying:
    """A finding as a person reads it; `target` is the id of the field in the form, "" where there is none.

    `differences` are rows of a field and its two texts, under `heads`.
    """

    tone: str
    field: str
    reason: str
    consequence: str
    remedy: str
    target: str
    differences: tuple[tuple[str, str, str], ...] = ()
    heads: tuple[str, str] = ("", "")


class Examined(Protocol):
    """An invoice that was examined, as the service gives it."""

    @property
    def invoice_id(self) -> int:
        """Its id."""

    @property
    def number(self) -> str:
        """Its number."""

    @property
    def contact_name(self) -> str:
        """Who it is for."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""

    @property
    def connection_id(self) -> int | None:
        """The connection it would go by, where that can be asked."""

    @property
    def read_at(self) -> datetime | None:
        """When the books told their lists today."""

    @property
    def contact_id(self) -> int | None:
        """Its contact, where there is more of him than a name."""

    @property
    def card(self) -> str:
        """What the books told of the contact today: `told`, `denied`, `failed`, "" where they were not asked."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What would happen to one invoice: problems first, then what deserves a look, then what goes as always."""

    invoice_id: int
    number: str
    contact_name: str
    errors: tuple[Saying, ...]
    warnings: tuple[Saying, ...]
    notes: tuple[Saying, ...]
    can_ask: bool
    can_ask_card: bool
    card: str
    read_at: datetime | None


def show(examined: Examined) -> Preflight:
    """Return an examination in the language of the person."""
    sayings: dict[Severity, list[Saying]] = {severity: [] for severity in Severity}
    for finding in examined.findings:
        sayings[finding.severity].append(say(finding))
    return Preflight(
        invoice_id=examined.invoice_id,
        number=examined.number,
        contact_name=examined.contact_name,
        errors=tuple(sayings[Severity.ERROR]),
        warnings=tuple(sayings[Severity.WARNING]),
        notes=tuple(sayings[Severity.NOTE]),
        can_ask=examined.connection_id is not None and examined.read_at is None,
        can_ask_card=examined.connection_id is not None and examined.contact_id is not None and examined.card != "told",
        card=examined.card,
        read_at=examined.read_at,
    )


_NO_MAIL = _l("Yuki sends nothing: it leaves the invoice in “To be sent”.")
_BOOK_IT = _l("Let the invoice be booked at once, or send it from Yuki.")
_REFUSED = _l("Yuki would refuse the invoice; Koppel does not send it.")
_CORRECT = _l("Correct this field.")
_ASIDE = _l("Nothing, if that is what you want.")

WORDS: dict[str, tuple[Any, Any, Any]] = card_words.WORDS | {
    "incomplete": (_l("Something that is needed is missing. %(text)s"), _REFUSED, _l("Fill it in.")),
    "unfit": (_l("There is a sign or a number in it that no document can carry."), _REFUSED, _CORRECT),
    "schema": (_l("This does not fit Yuki's schema: %(text)s"), _l("Yuki would cancel the whole call."), _CORRECT),
    "number_missing": (
        _l("The invoice is to be booked at once and has no number."),
        _REFUSED,
        _l("Fill in the number, or let Yuki number it as a draft."),
    ),
    "number_not_sent": (
        _l("The invoice goes as a draft, and its number %(number)s does not go with it."),
        _l("Yuki gives it a number of its own; it cannot be found back there by %(number)s."),
        _l("Let the invoice be booked at once to keep its number."),
    ),
    "number_taken": (
        _l("Another invoice was sent with number %(number)s."),
        _l("Yuki would refuse this one: the number exists already."),
        _l("Give the invoice a number of its own."),
    ),
    "email_without_process": (_l("Yuki is asked to e-mail a draft."), _NO_MAIL, _BOOK_IT),
    "peppol_without_process": (_l("A draft cannot have gone by Peppol."), _l("Yuki takes no notice of it."), _BOOK_IT),
    "pdf_without_process": (_l("The PDF goes only with an invoice that is booked."), _l("It stays here."), _BOOK_IT),
    "email_without_address": (
        _l("Yuki is asked to e-mail the invoice, and no address goes with it."),
        _l("Yuki uses the address on its own card, or sends nothing."),
        _l("Fill in the e-mail address."),
    ),
    "due_missing": (
        _l("There is no due date."),
        _l("Yuki may refuse it: what is booked needs one."),
        _l("Fill in the due date."),
    ),
    "due_before_issue": (_l("The due date lies before the invoice date."), _REFUSED, _CORRECT),
    "direct_debit": (
        _l("The invoice is collected by direct debit."),
        _l("Yuki takes it only where direct debit is active in the invoice settings."),
        _ASIDE,
    ),
    "never_outstanding": (
        _l("Invoices with this payment method go to an interim account."),
        _l("It never shows as an open item in Yuki, so its payment cannot be read there."),
        _ASIDE,
    ),
    "price_list": (
        _l("The price list “%(list)s” must exist in Yuki, in euro."),
        _l("Otherwise Yuki refuses the invoice."),
        _ASIDE,
    ),
    "currency_of_list": (
        _l("The price list “%(list)s” must be in %(currency)s."),
        _l("Otherwise Yuki says: %(words)s"),
        _l("Choose a price list in the invoice's currency."),
    ),
    "currency_without_list": (
        _l("The invoice is in %(currency)s and names no price list, so Yuki looks at its default one."),
        _l("If that is in euro, Yuki says: %(words)s"),
        _l("Name a price list in %(currency)s."),
    ),
    "project_twice": (
        _l("Both a project ID and the project code %(code)s are filled in."),
        _l("Yuki looks at the ID only."),
        _l("Leave one of the two empty."),
    ),
    "project_bundle": (
        _l("The invoice names a project."),
        _l("Yuki takes it only with the bundle Medium, Large or Unlimited, and a project that exists."),
        _ASIDE,
    ),
    "vat_number": (
        _l("“%(value)s” cannot be a VAT number: its check figures are wrong."),
        _l("Yuki keeps it as it is; your VAT return may be refused."),
        _CORRECT,
    ),
    "bank_account": (
        _l("“%(value)s” is not an IBAN: its check figures are wrong."),
        _l("Yuki adds it to the contact, and uses it for this invoice."),
        _CORRECT,
    ),
    "contact_code_missing": (
        _l("%(name)s has no contact code."),
        _l("Your organisation sends no invoice without one."),
        _l("Fill in the contact code."),
    ),
    "description_cut": (
        _l("The name of a product has at most %(most)s characters."),
        _l("In Yuki the product is called “%(name)s”; the line keeps its whole description."),
        _l("Give the product a shorter name of its own."),
    ),
    "reference_cut": (
        _l("The code of a product has at most %(most)s characters."),
        _l("Yuki would cut it to “%(name)s”."),
        _l("Shorten the code."),
    ),
    "category": (_l("Yuki knows the category 13 (sales items) only, or none."), _REFUSED, _CORRECT),
    "account_missing": (
        _l("The line names no GL account."),
        _l("Yuki books it on the account of the product, and a new product on %(usual)s."),
        _ASIDE,
    ),
    "account_unknown": (
        _l("GL account %(account)s is not in use in this administration."),
        _l("Yuki books a new product on %(usual)s, and a known one on its own account."),
        _l("Choose an account that is in use in Yuki."),
    ),
    "item_twice": (
        _l("Two lines have a product “%(name)s” with different codes; a name belongs to one product in Yuki."),
        _l("Yuki may take both for the same product."),
        _l("Give each product a name of its own."),
    ),
    "price_from_list": (
        _l("Price, VAT type and percentage do not go with this line, so Yuki takes them from its price list %(list)s."),
        _l("The product must be in that list, or Yuki refuses the invoice; its amount may differ from ours."),
        _l("Fill in price and VAT to have them decide."),
    ),
    "price_zero": (
        _l("The price is 0."),
        _l("For a product that it knows, Yuki charges the price of its price list."),
        _l("Leave the line out, or write it as a discount."),
    ),
    "price_too_fine": (_l("The price has more than %(most)s decimals."), _REFUSED, _l("Round the price.")),
    "vat_pair": (
        _l("VAT type %(type)s with %(rate)s %% is not an active VAT code in %(country)s on the invoice date."),
        _l("Yuki would cancel the invoice."),
        _l("Choose another VAT on the line."),
    ),
    "vat_unsure": (
        _l("Whether VAT type %(type)s with %(rate)s %% is active in Yuki depends on the customer's country."),
        _l("If it is not, Yuki would cancel the invoice."),
        _l("Ask Yuki for its VAT codes on the invoice's page, and look again."),
    ),
    "line_amount": (
        _l("The amount of the line is given."),
        _l("Yuki does not compute it from quantity and price: it books what is given. Yuki advises against it."),
        _l("Clear it to have Yuki compute the line."),
    ),
    "line_vat_amount": (
        _l("The VAT of the line is given."),
        _l("Yuki does not compute it from the amount and the rate. Yuki advises against it."),
        _l("Clear it to have Yuki compute the VAT."),
    ),
    "accrual_incomplete": (
        _l("An accrual needs a start date, a number of periods and an interval in months, each at least 1."),
        _REFUSED,
        _CORRECT,
    ),
    "accrual": (
        _l("The revenue is accrued over %(periods)s periods of %(interval)s months."),
        _l("Yuki spreads it over those periods."),
        _ASIDE,
    ),
    "too_large": (_l("The total is larger than an invoice can hold."), _REFUSED, _CORRECT),
    "totals_differ": (
        _l("Computed line by line, as Yuki does, the total is %(theirs)s; here it is %(ours)s."),
        _l("The books would show another amount than the invoice."),
        _l("Open the invoice and save it again."),
    ),
    "rounding": (
        _l(
            "VAT is rounded per line, as Yuki does: the total is %(theirs)s. Rounded per rate it would be %(per_rate)s."
        ),
        _l("Yuki books %(theirs)s. If your PDF says %(per_rate)s, they differ."),
        _ASIDE,
    ),
}
TONES = {"error": "bad", "warning": "warn", "note": "info"}


def say(finding: Finding) -> Saying:
    """Return a finding in the language of the person; one that nobody foresaw keeps its code as the reason."""
    reason, consequence, remedy = WORDS.get(finding.code, (finding.code, "", ""))
    values = _values(finding)
    return Saying(
        tone=TONES[finding.severity.value],
        field=field_word(finding.field),
        reason=(str(reason) % values).replace(" .", "."),  # a name that is not there leaves its space
        consequence=str(consequence) % values,
        remedy=str(remedy) % values,
        target=form_id(finding.field),
        differences=tuple(
            (field_word(f"contact.{one.field}"), one.before or "–", one.after or _("(cleared)"))
            for one in finding.params.get("differences", ())
        ),
        heads=_heads(finding.code),
    )


def _heads(code: str) -> tuple[str, str]:
    before, after = card_words.HEADS.get(code, ("", ""))
    return str(before), str(after)


def _values(finding: Finding) -> dict[str, Any]:
    currency = finding.params.get("currency", "EUR")
    return {name: _written(name, value, currency) for name, value in finding.params.items()}


def _written(name: str, value: Any, currency: str) -> str:
    if isinstance(value, Decimal):
        return plain_number(value) if name == "rate" else amount_text(value, currency)
    if isinstance(value, int) and not isinstance(value, bool):
        return num(value)
    return "" if value is None else str(value)
