"""What may be done with an invoice before it is in the books, and what can be wrong with one."""

import re
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from webapp.domain.invoices import FETCHED_SOURCES, LIVE_DELIVERIES, DeliveryState, DocumentStatus, can_move

_WITHDRAWN = (DocumentStatus.CANCELLED, DocumentStatus.REVIEW)
_DELETABLE = (DocumentStatus.PROPOSED, DocumentStatus.DRAFT)
_VAT_COUNTRIES = ("nl", "be")
# What XML 1.0 cannot carry; a document with one of these could never leave.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its `code`, the field (`lines.2.quantity`), and what the words for it need.

    `place` says where in a file: `line` and `column` of a table, or `invoice` and `item` counted from 1.
    """

    code: str
    field: str = ""
    params: dict[str, Any] = made(default_factory=dict)
    place: dict[str, Any] = made(default_factory=dict)


def unfit_sign(text: str) -> str:
    """Return the first sign of a text that neither a document nor the database can hold, "" when all are fit."""
    found = _UNFIT.search(text)
    return found[0] if found else ""


def vat_country(country: str) -> str:
    """Return whose VAT table counts for an organisation's country: `be` for Belgium, else `nl`."""
    return country.lower() if country.lower() in _VAT_COUNTRIES else "nl"


def edit_obstacle(status: str, delivery: str, source: str = "") -> str:
    """Return why an invoice cannot be changed, or nothing.

    One of `fetched`, `filed` (from the books' archive), `in_books`, `in_progress`, `emailing`, `cancelled`.
    """
    if source in FETCHED_SOURCES:
        return "filed" if source == "yuki" else "fetched"
    if delivery == DeliveryState.SENT:
        return "in_books"
    if delivery in LIVE_DELIVERIES:
        return "in_progress"
    if status == DocumentStatus.EMAILING:
        return "emailing"
    return "cancelled" if status == DocumentStatus.CANCELLED else ""


def move_obstacle(status: str, delivery: str, target: str) -> str:
    """Return why a move cannot be made: `no_move`, `in_books`, `in_progress`, or nothing.

    What is in the books, or on its way there, is not withdrawn here: the books would say otherwise.
    """
    if not can_move(DocumentStatus(status), DocumentStatus(target)):
        return "no_move"
    if target in _WITHDRAWN and delivery in LIVE_DELIVERIES:
        return "in_books" if delivery == DeliveryState.SENT else "in_progress"
    return ""


def delete_obstacle(status: str, delivery: str, *, numbered: bool = False) -> str:
    """Return why an invoice cannot be deleted: `not_draft`, `in_books`, `was_sent`, `numbered`, or nothing.

    `numbered`: its number was given by the series, which has no gaps.
    """
    if delivery == DeliveryState.SENT:
        return "in_books"
    if delivery != DeliveryState.NOT_SENT:
        return "was_sent"
    if status not in _DELETABLE:
        return "not_draft"
    return "numbered" if numbered else ""
