"""What an invoice would do to the card that the books have of its contact: overwrite it, fill it in, or make one.

Source: the vendor's article on the fields of its sales invoice XML, "Contact: found with …". Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.domain.documents import CLEAR, KEEP, DocumentContact

ADDRESS = ("address_line_1", "address_line_2", "zipcode", "city", "country_code")
_LEFT_OUT = ("code", "bank_account", "bic", "contact_type")
"""A code says who it is, an account is added to those the card has, and the kind is told in other words there."""
_NAMES = tuple(name for name in DocumentContact.__dataclass_fields__ if name not in _LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of the contact's card that would change over there: what it says, and what it would say."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the books told it: `by` is `code`, `name`, `namesake`, or "" where there is none yet.

    `fields` are by our words with the name as `full_name`; what the books did not tell of a card is missing.
    """

    by: str
    code: str = ""
    fields: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the card: what is overwritten, what blank is filled in, and what of ours it does not take."""

    overwritten: tuple[Difference, ...] = ()
    filled: tuple[Difference, ...] = ()
    ignored: tuple[Difference, ...] = ()


def fate_of(card: Card, contact: DocumentContact) -> Fate:
    """Return what an invoice to this contact would do to a card that it finds; of what is not known, nothing."""
    known = card.fields or {}
    wished = {name: _wish(getattr(contact, name)) for name in _NAMES}
    changes = [
        Difference(name, known[name], after)
        for name, after in wished.items()
        if after is not None and name in known and not _same(known[name], after)
    ]
    if card.by == "code":
        return Fate(overwritten=tuple(changes))
    one_address = all(
        _same(known[name], wished[name] or "") for name in ADDRESS if known.get(name) and wished.get(name)
    )
    filled: list[Difference] = []
    ignored: list[Difference] = []
    for change in changes:
        takes = not change.before and bool(change.after) and (one_address or change.field not in ADDRESS)
        (filled if takes else ignored).append(change)
    return Fate(filled=tuple(filled), ignored=tuple(ignored))


def _wish(value: Any) -> str | None:
    """What the element would say, None where none is sent."""
    if value is None or value is KEEP:
        return None
    return "" if value is CLEAR else str(value)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()) == " ".join(other.split())
