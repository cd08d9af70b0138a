"""How often a connection reads the books, in words, and what is still to be read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from webapp.domain.budget import next_midnight
from webapp.domain.reading_plan import next_reading, pace
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState, RemoteDocument, SetAside
from webapp.store.readings import situation
from webapp.store.session import current


@dataclass(frozen=True, slots=True)
class ReadingView:
    """What the page of a connection says of its readings; `sentence` is how often, in words.

    `next_at` is None while one goes on. `documents` were found so far, `lacking` of them wait for their details.
    """

    by_itself: bool
    sentence: str
    next_at: datetime | None
    full_at: datetime | None
    documents: int
    lacking: int
    set_aside: int


def of_connection(connection: Connection, now: datetime) -> ReadingView:
    """Return what is to be said of the readings of a connection to a set of books."""
    session = current()
    found = situation(connection, now=now)
    mine = RemoteDocument.connection_id == connection.id
    aside = select(func.count()).where(SetAside.connection_id == connection.id, SetAside.solved_at.is_(None))
    state = session.get(FetchState, connection.id)
    by_itself = connection.fetch_invoices and connection.state == "active"
    plan = pace(found.budget, found.work, now=now, zone=current_app.extensions["koppel"].zone)
    due = next_reading(found.budget, found.work, now=now, last_at=found.last_at, sent_at=found.sent_at)
    return ReadingView(
        by_itself=by_itself,
        sentence=_sentence(plan.pause, plan.until, plan.later, now),
        next_at=due if by_itself and not found.open else None,
        full_at=state.full_at if state else None,
        documents=session.scalar(select(func.count()).where(mine)) or 0,
        lacking=session.scalar(select(func.count()).where(mine, RemoteDocument.details == "wanted")) or 0,
        set_aside=session.scalar(aside) or 0,
    )


def _sentence(pause: timedelta | None, until: datetime, later: timedelta | None, now: datetime) -> str:
    if pause is None:
        return str(_("Not before midnight: the calls for automatic work are used up."))
    if later is None or until >= next_midnight(now):
        return str(_("%(often)s until midnight", often=_often(pause)))
    at = until.astimezone(current_app.extensions["koppel"].zone)
    return str(
        _("%(often)s until %(time)s, then %(later)s", often=_often(pause), time=f"{at:%H:%M}", later=_often(later))
    )


def _often(pause: timedelta) -> str:
    minutes = round(pause / timedelta(minutes=1))
    if minutes <= 1:
        return str(_("every minute"))
    return str(ngettext("every %(num)d minute", "every %(num)d minutes", minutes))
