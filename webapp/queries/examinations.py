"""How far an examination of many invoices is, and which of them have something to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from webapp.store.examinations import Examination, ExaminationItem
from webapp.store.session import current

PAGE = 50


@dataclass(frozen=True, slots=True)
class ExaminationView:
    """An examination as its page shows it; `ready` are all that can go, `warned` of them with a warning."""

    id: int
    total: int
    examined: int
    skipped: int
    ready: int
    warned: int
    bad: int
    is_done: bool
    back_args: dict[str, Any]


def show(organisation_id: int, examination_id: int) -> ExaminationView | None:
    """Return an examination of an organisation."""
    found = current().scalar(
        select(Examination)
        .where(Examination.id == examination_id, Examination.organisation_id == organisation_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        return None
    return ExaminationView(
        id=found.id,
        total=found.total,
        examined=found.examined,
        skipped=found.skipped,
        ready=found.ready + found.warned,
        warned=found.warned,
        bad=found.bad,
        is_done=found.state == "done",
        back_args=dict(found.filters),
    )


def page(examination_id: int, verdicts: Sequence[str], *, after: int = 0) -> tuple[list[int], int | None]:
    """Return the invoices of a page with one of these verdicts, and the id to go on after, None on the last page."""
    query = select(ExaminationItem.invoice_id).where(
        ExaminationItem.examination_id == examination_id,
        ExaminationItem.verdict.in_(verdicts),
        ExaminationItem.invoice_id > after,
    )
    ids = list(current().scalars(query.order_by(ExaminationItem.invoice_id).limit(PAGE + 1)))
    return ids[:PAGE], ids[PAGE - 1] if len(ids) > PAGE else None


def ready_ids(examination_id: int) -> list[int]:
    """Return the invoices of which nothing was found that keeps them from the books."""
    return list(
        current().scalars(
            select(ExaminationItem.invoice_id).where(
                ExaminationItem.examination_id == examination_id, ExaminationItem.verdict.in_(("ready", "warned"))
            )
        )
    )
