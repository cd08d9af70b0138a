"""When the books are read next by themselves, and how many details may be asked for."""

from datetime import datetime

from flask import current_app

from webapp.domain.reading_plan import details_allowed, next_reading
from webapp.extensions import clock
from webapp.store.connections import Connection
from webapp.store.readings import situation
from webapp.store.session import current, release


def due_at(connection: Connection, *, now: datetime) -> datetime | None:
    """Return when the next reading may begin, `now` or later; None while one goes on."""
    found = situation(connection, now=now)
    if found.open:
        return None
    return next_reading(
        found.budget,
        found.work,
        now=now,
        last_at=found.last_at,
        sent_at=found.sent_at,
        zone=current_app.extensions["koppel"].zone,
    )


def allowed_details(connection_id: int, *, most: int) -> int:
    """Return how many documents a run by itself may ask for their details now."""
    found = situation(current().get_one(Connection, connection_id), now=clock.now())
    release()
    return details_allowed(found.budget, found.work, now=clock.now(), most=most)
