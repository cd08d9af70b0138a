"""The accounting connection of a department: field by field its own, or the organisation's."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

FLAGS = ("send_invoices", "auto_send", "process_payments", "send_expenses")
TEXTS = ("administration_id", "expense_folder_id")
KEYS = ("key", "payment_key")
FIELDS = (*FLAGS, *TEXTS, *KEYS)
"""What a department may have of its own."""

ALONG = ("region", "draft", "payment_times", "daily_calls")
"""What a department always has from the organisation, as long as it has anything from it."""


class Source(StrEnum):
    """Where the value of a field comes from."""

    DEPARTMENT = "department"
    ORGANISATION = "organisation"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a department has of its own; None and "" are inherited.

    A key that is "" stays as it is, own or inherited; `give_up` names the keys that are inherited from now on.
    """

    send_invoices: bool | None = None
    auto_send: bool | None = None
    process_payments: bool | None = None
    send_expenses: bool | None = None
    administration_id: str = ""
    expense_folder_id: str = ""
    key: str = ""
    payment_key: str = ""
    give_up: frozenset[str] = frozenset()


def inherited(wanted: Overrides, before: Iterable[str] | None) -> list[str]:
    """Return the fields that a department inherits once `wanted` is kept; `before` those that it inherits now.

    None where it had nothing of its own. A department with its own key reads payments with that, not with the
    organisation's: a key opens the books of one administration.
    """
    known = set(FIELDS) if before is None else set(before)
    found = {name for name in FLAGS if getattr(wanted, name) is None}
    found |= {name for name in TEXTS if not getattr(wanted, name)}
    found |= {name for name in KEYS if not getattr(wanted, name) and (name in known or name in wanted.give_up)}
    return [name for name in FIELDS if name in found]


def is_all(inherits: Iterable[str]) -> bool:
    """Whether a department has nothing of its own: then its invoices go by the organisation's connection."""
    return set(inherits) >= set(FIELDS)


def payment_key_of(inherits: Iterable[str]) -> Source:
    """Return whose key for payments a department uses, where it has none of its own."""
    names = set(inherits)
    if "payment_key" not in names:
        return Source.DEPARTMENT
    return Source.ORGANISATION if "key" in names else Source.NOWHERE
