"""Expense claims: what may be done with one when, and by whom."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from webapp.domain.lifecycle import Approval


class ClaimStatus(StrEnum):
    """Where the claim itself stands; whether it is in the books is another axis."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    DECLINED = "declined"


EDITABLE = frozenset({ClaimStatus.DRAFT.value, ClaimStatus.DECLINED.value})
UNSENT = frozenset({"not_sent", "rejected"})
MOVES = {
    ClaimStatus.SUBMITTED: EDITABLE,
    ClaimStatus.APPROVED: frozenset({ClaimStatus.SUBMITTED.value}),
    ClaimStatus.DECLINED: frozenset({ClaimStatus.SUBMITTED.value}),
    ClaimStatus.DRAFT: frozenset({ClaimStatus.SUBMITTED.value, ClaimStatus.APPROVED.value}),
}
"""From which statuses a claim comes to another."""

_FOLDER = range(1_000_000)


def move_obstacle(status: str, delivery: str, target: ClaimStatus, *, filed: bool) -> str:
    """Return why a claim cannot come to `target`: `status`, `in_yuki`, or nothing.

    `filed`: something of it is in the archive already, or may be.
    """
    if status not in MOVES[target]:
        return "status"
    return "in_yuki" if filed or delivery not in UNSENT else ""


def edit_obstacle(status: str) -> str:
    """Return why what a claim says cannot be changed: `locked`, or nothing."""
    return "" if status in EDITABLE else "locked"


def decide_ban(rules: Approval, *, role: str, user_id: int | None, submitted_by: int | None) -> str:
    """Return why somebody may not decide about a claim: `viewer`, `admin_only`, `four_eyes`, or nothing.

    The rules are the organisation's for authorising invoices: what leaves for the books is decided by the same people.
    """
    if role == "viewer":
        return "viewer"
    if rules.authorise_role == "admin" and role and role != "admin":
        return "admin_only"
    return "four_eyes" if rules.four_eyes and user_id is not None and user_id == submitted_by else ""


def send_obstacle(status: str, delivery: str) -> str:
    """Return why a claim cannot be sent to the archive: `not_approved`, `under_way`, `in_yuki`, or nothing."""
    if status != ClaimStatus.APPROVED:
        return "not_approved"
    if delivery == "sent":
        return "in_yuki"
    return "" if delivery in UNSENT else "under_way"


def delivery_of(states: list[str]) -> str:
    """Return what a claim shows of its delivery, from the states of its receipts' uploads."""
    found = set(states)
    for state in ("unknown", "sending", "queued", "rejected"):
        if state in found:
            return state
    return "sent" if found == {"sent"} else "not_sent"


def vat_within(amount: Decimal, rate: Decimal) -> Decimal:
    """Return the VAT in an amount that includes it, for a percentage, to the cent."""
    return (amount * rate / (100 + rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def folder_number(text: str) -> int | None:
    """Return a folder of Yuki's archive as the number it is there; None for what is none."""
    digits = text.strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 6
    return int(digits) if is_number and int(digits) in _FOLDER else None


def claim_number(number: int) -> str:
    """Write the number of a claim: D-0007."""
    return f"D-{number:04d}"
