"""What the frame around every page shows: unread notices and today's calls."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select

from webapp.domain.access import ROLES
from webapp.domain.budget import yuki_day
from webapp.extensions import clock
from webapp.store.connections import CallCount, Connection
from webapp.store.notifications import Notification, NotificationRead, is_for
from webapp.store.session import ask
from webapp.store.standstill import unless_written


@dataclass(frozen=True, slots=True)
class Quota:
    """Calls used today of the calls there are, over the Yuki domains of the organisation."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame's view model; `quota` is None without a Yuki connection."""

    unread_notices: int
    quota: Quota | None


def frame(organisation_id: int, *, user_id: int, role: str) -> Frame:
    """Return what the frame shows to one user."""
    key = "frame", organisation_id, user_id, role, yuki_day(clock.now())
    return unless_written(key, lambda: Frame(_unread(organisation_id, user_id, role), quota(organisation_id)))


def audiences(role: str) -> list[str]:
    """Return the audiences of notices that a role belongs to."""
    return list(ROLES[: ROLES.index(role) + 1])


def _unread(organisation_id: int, user_id: int, role: str) -> int:
    return ask(_unread_query(user_id, role), organisation_id=organisation_id).scalar() or 0


@lru_cache(maxsize=256)
def _unread_query(user_id: int, role: str) -> Select[Any]:
    seen = select(NotificationRead.notification_id).where(
        NotificationRead.user_id == user_id,
        NotificationRead.notification_id == Notification.id,
        NotificationRead.count >= Notification.count,
    )
    return select(func.count()).where(
        Notification.organisation_id == bindparam("organisation_id"),
        Notification.closed_at.is_(None),
        Notification.audience.in_(audiences(role)),
        is_for(user_id),
        ~seen.exists(),
    )


def quota(organisation_id: int) -> Quota | None:
    """Return today's calls of an organisation's Yuki domains; each domain counts once."""
    day = yuki_day(clock.now()).isoformat()
    rows = ask(_quota_query(), organisation_id=organisation_id, day=day).all()
    return Quota(sum(row.used or 0 for row in rows), sum(row.most for row in rows)) if rows else None


@cache
def _quota_query() -> Any:
    known = func.coalesce(func.nullif(Connection.domain_id, ""), Connection.uid)
    key = Connection.provider + ":" + known  # as Connection.budget_key has it
    return (
        select(
            func.max(Connection.daily_calls).label("most"),
            func.max(CallCount.manual + CallCount.automatic).label("used"),
        )
        .select_from(Connection)
        .outerjoin(CallCount, and_(CallCount.budget_key == key, CallCount.day == bindparam("day")))
        .where(Connection.organisation_id == bindparam("organisation_id"), Connection.provider == "yuki")
        .group_by(key)
    )
