"""Projects and activities, and the GL accounts of organisation and departments: made and changed by administrators."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.domain.drafts import Fault
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.invoices.data import InvoiceFaults
from webapp.services.judging import text_faults
from webapp.store.dimensions import GL_ACCOUNT, KINDS, Dimension
from webapp.store.organisations import Department, Organisation
from webapp.store.session import current, transaction

_LENGTHS = {"code": 60, "name": 200, "gl_account_code": 20}


@dataclass(frozen=True, slots=True)
class DimensionData:
    """A project or activity as it was filled in."""

    code: str
    name: str
    gl_account_code: str = ""


def save(actor: Actor, kind: str, data: DimensionData, *, dimension_id: int | None = None) -> Dimension | None:
    """Store a project or activity, a new one without id; None when there is no such one. Raises InvoiceFaults."""
    if kind not in KINDS:
        return None
    try:
        with transaction() as session:
            now = clock.now()
            found: Dimension | None = Dimension(organisation_id=actor.organisation_id, kind=kind, created_at=now)
            if dimension_id is not None:
                own = Dimension.organisation_id == actor.organisation_id, Dimension.kind == kind
                query = select(Dimension).where(Dimension.id == dimension_id, *own).with_for_update()
                found = session.scalar(query)
            if found is None:
                return None
            faults = _faults(actor.organisation_id, kind, data, dimension_id)
            if faults:
                raise InvoiceFaults(faults)
            found.code, found.name, found.gl_account_code = data.code, data.name, data.gl_account_code
            found.updated_at = now
            session.add(found)
    except IntegrityError:  # somebody else was faster
        raise InvoiceFaults([_taken(data.code)]) from None
    return found


def set_organisation_account(actor: Actor, code: str) -> None:
    """Say on which GL account lines go that nothing more special says it of; "" leaves it to the books.

    Raises InvoiceFaults.
    """
    _check_account(code)
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id, with_for_update=True)
        organisation.settings = organisation.settings | {GL_ACCOUNT: code}


def set_department_account(actor: Actor, department_id: int, code: str) -> bool:
    """Say on which GL account the lines of a department go; False when there is no such one. Raises InvoiceFaults."""
    _check_account(code)
    with transaction() as session:
        found = session.scalar(
            select(Department).where(
                Department.id == department_id, Department.organisation_id == actor.organisation_id
            )
        )
        if found is not None:
            found.gl_account_code = code
    return found is not None


def _check_account(code: str) -> None:
    faults = list(text_faults(code, "gl_account_code", _LENGTHS["gl_account_code"]))
    if faults:
        raise InvoiceFaults(faults)


def _faults(organisation_id: int, kind: str, data: DimensionData, own_id: int | None) -> list[Fault]:
    faults = [Fault("required", name) for name in ("code", "name") if not getattr(data, name)]
    for name, most in _LENGTHS.items():
        faults += text_faults(getattr(data, name), name, most)
    if faults:
        return faults
    query = select(Dimension.id).where(
        Dimension.organisation_id == organisation_id, Dimension.kind == kind, Dimension.code == data.code
    )
    other = current().scalar(query.where(Dimension.id != own_id) if own_id else query)
    return [_taken(data.code)] if other is not None else []


def _taken(code: str) -> Fault:
    return Fault("code_taken", "code", {"code": code})
