"""Enter expense claims: their head, and their lines with receipts."""

import hashlib
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePath

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import delete as delete_rows

from webapp.domain.expenses import edit_obstacle
from webapp.domain.receipts import EXTENSIONS, LIMIT, kind_of
from webapp.extensions import clock
from webapp.services import notices
from webapp.services.actors import Actor
from webapp.services.expenses.data import ClaimData, ExpenseError, LineData, locked, record
from webapp.store.expenses import ExpenseClaim, ExpenseLine, ExpenseReceipt, ExpenseUpload
from webapp.store.organisations import Department, Organisation
from webapp.store.session import current, transaction

MOST_TEXT = 200
MOST_CODE = 20
MOST_NAME = 120
MOST_LINES = 100
LARGEST = Decimal(10_000_000)
_CODE = re.compile(r"[0-9A-Za-z.\-]*")


def create(actor: Actor, data: ClaimData) -> int:
    """Store a new claim as a draft, numbered within its organisation; returns its id. Raises ExpenseError."""
    _check_head(data)
    now = clock.now()
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id, with_for_update=True)
        _check_department(actor, data.department_id)
        last = session.scalar(
            select(func.max(ExpenseClaim.number)).where(ExpenseClaim.organisation_id == organisation.id)
        )
        claim = ExpenseClaim(
            organisation_id=organisation.id,
            number=(last or 0) + 1,
            currency=organisation.currency,
            created_at=now,
            updated_at=now,
        )
        _fill(claim, data)
        session.add(claim)
        session.flush()
        record(claim.id, "claim.created", actor=actor)
        return claim.id


def change(actor: Actor, claim_id: int, data: ClaimData) -> None:
    """Change the head of a claim that is not decided about; raises ExpenseError."""
    _check_head(data)
    with transaction():
        claim = _editable(actor, claim_id)
        _check_department(actor, data.department_id)
        _fill(claim, data)
        record(claim.id, "claim.edited", actor=actor)


def add_line(actor: Actor, claim_id: int, data: LineData) -> int:
    """Add an expense with its receipt; returns its id. Raises ExpenseError."""
    _check_line(data)
    media_type, digest = _check_receipt(data.content)
    with transaction() as session:
        claim = _editable(actor, claim_id)
        found = session.execute(
            select(ExpenseLine.position, ExpenseLine.sha256).where(ExpenseLine.claim_id == claim.id)
        ).all()
        if len(found) >= MOST_LINES:
            raise ExpenseError("too_many_lines", field="receipt", most=MOST_LINES)
        if any(row.sha256 == digest for row in found):
            raise ExpenseError("same_receipt", field="receipt")
        line = ExpenseLine(
            organisation_id=claim.organisation_id,
            claim_id=claim.id,
            position=max((row.position for row in found), default=0) + 1,
        )
        _write(line, data)
        _take_in(line, data, media_type, digest)
        session.add(line)
        session.flush()
        session.add(ExpenseReceipt(line_id=line.id, content=data.content))
        _count(claim)
        amount = str(data.amount)
        record(claim.id, "claim.line_added", actor=actor, amount=amount, currency=claim.currency)
        return line.id


def change_line(actor: Actor, claim_id: int, line_id: int, data: LineData) -> None:
    """Change an expense; without `content` its receipt stays. Raises ExpenseError."""
    _check_line(data)
    receipt = _check_receipt(data.content) if data.content else None
    with transaction() as session:
        claim = _editable(actor, claim_id)
        line = _line_of(claim, line_id)
        _write(line, data)
        if receipt is not None:
            others = select(ExpenseLine.sha256).where(ExpenseLine.claim_id == claim.id, ExpenseLine.id != line.id)
            if receipt[1] in session.scalars(others).all():
                raise ExpenseError("same_receipt", field="receipt")
            _take_in(line, data, *receipt)
            session.get_one(ExpenseReceipt, line.id).content = data.content
        session.flush()
        _count(claim)
        record(claim.id, "claim.line_changed", actor=actor, amount=str(line.amount), currency=claim.currency)


def remove_line(actor: Actor, claim_id: int, line_id: int) -> None:
    """Take an expense with its receipt out of a claim; raises ExpenseError."""
    with transaction() as session:
        claim = _editable(actor, claim_id)
        line = _line_of(claim, line_id)
        amount, refused_by = str(line.amount), _refused_by(ExpenseUpload.line_id == line.id)
        session.execute(delete_rows(ExpenseLine).where(ExpenseLine.id == line.id))
        session.expunge(line)
        _count(claim)
        record(claim.id, "claim.line_removed", actor=actor, amount=amount, currency=claim.currency)
        _count_refused(refused_by)


def delete(actor: Actor, claim_id: int) -> None:
    """Delete a claim that is not decided about, with its receipts and history; raises ExpenseError."""
    with transaction() as session:
        claim = _editable(actor, claim_id)
        refused_by = _refused_by(ExpenseUpload.claim_id == claim.id)
        session.execute(delete_rows(ExpenseClaim).where(ExpenseClaim.id == claim.id))
        session.expunge(claim)
        _count_refused(refused_by)


def _line_of(claim: ExpenseClaim, line_id: int) -> ExpenseLine:
    line = current().get(ExpenseLine, line_id)
    if line is None or line.claim_id != claim.id:
        raise ExpenseError("not_found")
    return line


def _write(line: ExpenseLine, data: LineData) -> None:
    for name in ("spent_on", "description", "cost_category", "amount", "vat_rate", "vat_amount"):
        setattr(line, name, getattr(data, name))


def _take_in(line: ExpenseLine, data: LineData, media_type: str, digest: str) -> None:
    line.file_name = _fit_name(data.file_name, EXTENSIONS[media_type])
    line.media_type, line.size, line.sha256 = media_type, len(data.content), digest


def _refused_by(condition: ColumnElement[bool]) -> list[int]:
    """Return the connections that refused receipts: a notice counts them, and is counted anew when they are gone."""
    query = select(ExpenseUpload.connection_id).where(condition, ExpenseUpload.state == "rejected").distinct()
    return sorted(current().scalars(query))


def _count_refused(connection_ids: list[int]) -> None:
    current().flush()
    for connection_id in connection_ids:
        notices.recount(connection_id, notices.CLAIMS)


def _editable(actor: Actor, claim_id: int) -> ExpenseClaim:
    claim = locked(actor, claim_id)
    obstacle = edit_obstacle(claim.status)
    if obstacle:
        raise ExpenseError(obstacle)
    return claim


def _fill(claim: ExpenseClaim, data: ClaimData) -> None:
    claim.subject, claim.employee, claim.claimed_on = data.subject, data.employee, data.claimed_on
    claim.department_id, claim.updated_at = data.department_id, clock.now()


def _count(claim: ExpenseClaim) -> None:
    """Add the lines up; the total is stored so that a list need not read them."""
    amounts = current().scalars(select(ExpenseLine.amount).where(ExpenseLine.claim_id == claim.id))
    claim.total, claim.updated_at = sum(amounts, Decimal(0)), clock.now()


def _check_department(actor: Actor, department_id: int | None) -> None:
    if department_id is None:
        return
    department = current().get(Department, department_id)
    if department is None or department.organisation_id != actor.organisation_id:
        raise ExpenseError("department", field="department_id")


def _check_head(data: ClaimData) -> None:
    for name, text in (("subject", data.subject), ("employee", data.employee)):
        _check_text(name, text)
    _check_day("claimed_on", data.claimed_on.year)


def _check_line(data: LineData) -> None:
    """Raise ExpenseError with the first thing that is wrong with an expense, its receipt apart."""
    _check_text("description", data.description)
    _check_day("spent_on", data.spent_on.year)
    if data.spent_on > clock.now().date() + timedelta(days=1):
        raise ExpenseError("in_future", field="spent_on")
    if not 0 < data.amount < LARGEST or data.amount != round(data.amount, 2):
        raise ExpenseError("amount", field="amount")
    vat = data.vat_amount
    if vat is not None and (not 0 <= vat < data.amount or vat != round(vat, 2)):
        raise ExpenseError("vat_amount", field="vat_amount")
    if len(data.cost_category) > MOST_CODE or not _CODE.fullmatch(data.cost_category):
        raise ExpenseError("cost_category", field="cost_category", most=MOST_CODE)


def _check_receipt(content: bytes) -> tuple[str, str]:
    """Return what a receipt is and its digest; raises ExpenseError for what is none."""
    if not content:
        raise ExpenseError("no_receipt", field="receipt")
    if len(content) > LIMIT:
        raise ExpenseError("receipt_too_large", field="receipt", most=f"{LIMIT / 1_000_000:g}")
    found = kind_of(content)
    if found is None:
        raise ExpenseError("not_a_receipt", field="receipt")
    return found, hashlib.sha256(content).hexdigest()


def _check_text(name: str, text: str) -> None:
    if not text.strip():
        raise ExpenseError("required", field=name)
    if len(text) > MOST_TEXT or not text.isprintable():
        raise ExpenseError("text", field=name, most=MOST_TEXT)


def _check_day(name: str, year: int) -> None:
    if not 2000 <= year <= 2100:
        raise ExpenseError("day", field=name)


def _fit_name(name: str, extension: str) -> str:
    """Return what a receipt is called here: a file name that ends in what the file really is."""
    stem = re.sub(r'[\\/:*?"<>|]', "-", PurePath(name.replace("\\", "/")).stem)
    stem = "".join(sign for sign in stem if sign.isprintable()).strip(" .") or "receipt"
    return f"{stem[: MOST_NAME - 5]}.{extension}"
