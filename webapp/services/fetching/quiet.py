"""Readings that found nothing new: after a while the last one of them stands for all."""

from datetime import timedelta

from sqlalchemy import delete, exists

from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.store.connections import Connection
from webapp.store.runs import Run, RunItem
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current

KEPT = timedelta(hours=1)
"""How long each of them can be looked at; a reading every minute would fill the logs with nothing."""

SLOTS_KEPT = timedelta(days=2)


def clear(run: Run, connection: Connection) -> None:
    """Take away older readings that the schedule began and that found nothing, inside of a transaction."""
    if run.trigger != Trigger.AUTOMATIC or connection.provider != "yuki":
        return
    mine = (Run.connection_id == connection.id, Run.category == RunCategory.FETCH_INVOICES.value, Run.id < run.id)
    empty = (Run.trigger == Trigger.AUTOMATIC.value, Run.status == "completed", Run.failed == 0)
    nothing = ~exists().where(RunItem.run_id == Run.id)
    current().execute(
        delete(Run)
        .where(*mine, *empty, nothing, Run.created_at < clock.now() - KEPT)
        .execution_options(synchronize_session=False)
    )
    current().execute(
        delete(ScheduleSlot)
        .where(
            ScheduleSlot.connection_id == connection.id,
            ScheduleSlot.category == RunCategory.FETCH_INVOICES.value,
            ScheduleSlot.due_at < clock.now() - SLOTS_KEPT,
        )
        .execution_options(synchronize_session=False)
    )
