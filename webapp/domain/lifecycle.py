"""Who may take an invoice from one status of its document to the next."""

from dataclasses import dataclass

from webapp.domain.invoices import DocumentStatus

AUTHORISERS = ("staff", "admin")


@dataclass(frozen=True, slots=True)
class Approval:
    """How an organisation approves: from which role on one authorises, and whether two people are needed."""

    authorise_role: str = "staff"
    four_eyes: bool = False


def move_ban(
    target: DocumentStatus, rules: Approval, *, role: str, user_id: int | None, approved_by: int | None
) -> str:
    """Return why somebody may not make a move: `viewer`, `admin_only`, `four_eyes`, or nothing.

    `role` is "" for the system and for other systems, which their own doors let in; `approved_by` is the user who
    approved the invoice, None where nobody knows.
    """
    if role == "viewer":
        return "viewer"
    if target is not DocumentStatus.AUTHORISED or not role:
        return ""
    if rules.authorise_role == "admin" and role != "admin":
        return "admin_only"
    return "four_eyes" if rules.four_eyes and user_id is not None and user_id == approved_by else ""
