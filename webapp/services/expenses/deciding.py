"""Hand expense claims in, approve and decline them, and take them back."""

from sqlalchemy import func, select

from webapp.domain.expenses import ClaimStatus, decide_ban, move_obstacle
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.expenses.data import ExpenseError, locked, record
from webapp.services.invoicing import invoicing_of
from webapp.store.expenses import ExpenseClaim, ExpenseLine, ExpenseUpload
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction
from webapp.store.users import User

EVENTS = {
    ClaimStatus.DRAFT: "claim.reopened",
    ClaimStatus.SUBMITTED: "claim.submitted",
    ClaimStatus.APPROVED: "claim.approved",
    ClaimStatus.DECLINED: "claim.declined",
}
DECISIONS = (ClaimStatus.APPROVED, ClaimStatus.DECLINED)
MOST_REASON = 500


def move(actor: Actor, claim_id: int, target: str, *, reason: str = "") -> None:
    """Move a claim to another status; declining needs a reason.

    Raises ExpenseError: `not_found`, `no_such_status`, `reason_needed`, `no_lines`, or what `move_obstacle` and
    `decide_ban` say.
    """
    words = " ".join(reason.split())[:MOST_REASON]
    with transaction():
        claim = locked(actor, claim_id)
        if target not in set(ClaimStatus):
            raise ExpenseError("no_such_status")
        status = ClaimStatus(target)
        if status is ClaimStatus.DECLINED and not words:
            raise ExpenseError("reason_needed", field="reason")
        obstacle = move_obstacle(claim.status, claim.delivery, status, filed=_is_filed(claim))
        if not obstacle and status is ClaimStatus.SUBMITTED and not _has_lines(claim):
            obstacle = "no_lines"
        if not obstacle and (status in DECISIONS or claim.status == ClaimStatus.APPROVED):
            obstacle = _ban(actor, claim)
        if obstacle:
            raise ExpenseError(obstacle)
        claim.status, claim.updated_at = status.value, clock.now()
        if status is ClaimStatus.SUBMITTED:
            claim.submitted_by_id = actor.user_id
        record(claim.id, EVENTS[status], actor=actor, reason=words)


def ban_of(actor: Actor, claim_id: int) -> str:
    """Return why the actor may not decide about a claim of the organisation: see `decide_ban`, or nothing."""
    claim = current().get(ExpenseClaim, claim_id)
    if claim is None or claim.organisation_id != actor.organisation_id:
        return "not_found"
    return _ban(actor, claim)


def _ban(actor: Actor, claim: ExpenseClaim) -> str:
    user = current().get(User, actor.user_id) if actor.kind == "user" and actor.user_id else None
    rules = invoicing_of(current().get_one(Organisation, claim.organisation_id)).approval
    return decide_ban(
        rules, role=user.role if user else "", user_id=user.id if user else None, submitted_by=claim.submitted_by_id
    )


def _has_lines(claim: ExpenseClaim) -> bool:
    query = select(func.count()).select_from(ExpenseLine).where(ExpenseLine.claim_id == claim.id)
    return bool(current().scalar(query))


def _is_filed(claim: ExpenseClaim) -> bool:
    query = select(ExpenseUpload.line_id).where(
        ExpenseUpload.claim_id == claim.id, ExpenseUpload.state.in_(("sent", "unknown", "queued", "sending"))
    )
    return current().scalar(query.limit(1)) is not None
