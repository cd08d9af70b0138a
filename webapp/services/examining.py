"""Examine any number of invoices in the background, a few hundred at a time, and keep what was found of each."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic

from sqlalchemy import delete, insert, select, update

from webapp.extensions import clock
from webapp.services import outbox, preflight
from webapp.services.actors import Actor
from webapp.store.examinations import Examination, ExaminationItem
from webapp.store.session import current, release, transaction

CHUNK = 200
"""Invoices that are in memory at a time."""
TURN = 60
"""Seconds that one job works before it lets others have a turn."""
FORGOTTEN = timedelta(minutes=2)
KEPT = timedelta(days=2)
AT_ONCE = 20


def ask(actor: Actor, invoice_ids: Sequence[int], *, skipped: int, filters: Mapping[str, str]) -> int:
    """Have invoices examined that could go to the books; `skipped` others cannot. Returns the examination's id."""
    now = clock.now()
    with transaction() as session:
        made = Examination(
            organisation_id=actor.organisation_id, asked_by=actor.name[:200], filters=dict(filters),
            total=len(invoice_ids), skipped=skipped, created_at=now, beat_at=now,
        )  # fmt: skip
        session.add(made)
        session.flush()
        if invoice_ids:
            rows = [{"examination_id": made.id, "invoice_id": one, "verdict": "waiting"} for one in invoice_ids]
            session.execute(insert(ExaminationItem), rows)
        outbox.enqueue(outbox.EXAMINE, made.id)
    return made.id


def work(examination_id: int, *, turn: float = TURN) -> None:
    """Go on with an examination, and hand it over again when there is more than one turn's work.

    Two workers at once do some of it twice and count nothing twice.
    """
    until = monotonic() + turn
    while (ids := _next(examination_id)) and monotonic() < until:
        organisation_id = current().get_one(Examination, examination_id).organisation_id
        verdicts = {one.invoice_id: _verdict(one) for one in preflight.examine_all(organisation_id, ids)}
        release()
        current().expunge_all()
        _write(examination_id, {identity: verdicts.get(identity, "") for identity in ids})
    with transaction() as session:
        if ids:
            outbox.enqueue(outbox.EXAMINE, examination_id)
            return
        session.execute(
            update(Examination)
            .where(Examination.id == examination_id, Examination.state != "done")
            .values(state="done", finished_at=clock.now(), beat_at=clock.now())
        )


def sweep() -> int:
    """Take up examinations that nobody works on any more, and let go of old ones; returns how many were taken up."""
    now = clock.now()
    stale = (Examination.state != "done", Examination.beat_at < now - FORGOTTEN)
    ids = list(current().scalars(select(Examination.id).where(*stale).limit(AT_ONCE)))
    old = list(current().scalars(select(Examination.id).where(Examination.created_at < now - KEPT).limit(AT_ONCE)))
    release()
    taken = 0
    for identity in ids:
        with transaction() as session:
            asked = update(Examination).where(Examination.id == identity, *stale).values(beat_at=now)
            if session.execute(asked.execution_options(synchronize_session=False)).rowcount:  # type: ignore[attr-defined]
                outbox.enqueue(outbox.EXAMINE, identity)
                taken += 1
    if old:
        with transaction() as session:
            session.execute(
                delete(Examination).where(Examination.id.in_(old)).execution_options(synchronize_session=False)
            )
    return taken


def _verdict(found: preflight.Examination) -> str:
    if found.errors:
        return "bad"
    return "warned" if found.warnings else "ready"


def _next(examination_id: int) -> list[int]:
    query = (
        select(ExaminationItem.invoice_id)
        .where(ExaminationItem.examination_id == examination_id, ExaminationItem.verdict == "waiting")
        .order_by(ExaminationItem.invoice_id)
        .limit(CHUNK)
    )
    return list(current().scalars(query))


def _write(examination_id: int, verdicts: Mapping[int, str]) -> None:
    """Keep what was found and count it, of each invoice once; one that is gone ("") is counted as skipped."""
    mine = (
        ExaminationItem.examination_id == examination_id,
        ExaminationItem.verdict == "waiting",
        ExaminationItem.invoice_id.in_(verdicts),
    )
    with transaction() as session:
        # Whoever writes waits here for the other: what he finds waiting after that is his to count.
        examination = session.get(Examination, examination_id, with_for_update=True, populate_existing=True)
        if examination is None:
            return
        waiting = set(session.scalars(select(ExaminationItem.invoice_id).where(*mine)))
        counts = {word: sum(verdicts[one] == word for one in waiting) for word in ("ready", "warned", "bad", "")}
        gone = [one for one in waiting if not verdicts[one]]
        if gone:
            session.execute(delete(ExaminationItem).where(*mine, ExaminationItem.invoice_id.in_(gone)))
        for word in ("ready", "warned", "bad"):
            ids = [one for one in waiting if verdicts[one] == word]
            if ids:
                changed = update(ExaminationItem).where(*mine, ExaminationItem.invoice_id.in_(ids))
                session.execute(changed.values(verdict=word).execution_options(synchronize_session=False))
        examination.state, examination.beat_at = "running", clock.now()
        examination.examined += len(waiting)
        examination.ready += counts["ready"]
        examination.warned += counts["warned"]
        examination.bad += counts["bad"]
        examination.skipped += counts[""]
