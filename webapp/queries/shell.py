"""What the frame around every page shows: unread notices and today's calls."""

from dataclasses import dataclass

from sqlalchemy import func, select

from webapp.domain.access import ROLES
from webapp.domain.budget import yuki_day
from webapp.extensions import clock
from webapp.store.connections import CallCount, Connection
from webapp.store.notifications import Notification, NotificationRead, is_for
from webapp.store.session import current


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
    return Frame(_unread(organisation_id, user_id, role), quota(organisation_id))


def audiences(role: str) -> list[str]:
    """Return the audiences of notices that a role belongs to."""
    return list(ROLES[: ROLES.index(role) + 1])


def _unread(organisation_id: int, user_id: int, role: str) -> int:
    seen = select(NotificationRead.notification_id).where(
        NotificationRead.user_id == user_id,
        NotificationRead.notification_id == Notification.id,
        NotificationRead.count >= Notification.count,
    )
    query = select(func.count()).where(
        Notification.organisation_id == organisation_id,
        Notification.closed_at.is_(None),
        Notification.audience.in_(audiences(role)),
        is_for(user_id),
        ~seen.exists(),
    )
    return current().scalar(query) or 0


def quota(organisation_id: int) -> Quota | None:
    """Return today's calls of an organisation's Yuki domains; each domain counts once."""
    rows = current().execute(
        select(Connection).where(Connection.organisation_id == organisation_id, Connection.provider == "yuki")
    )
    limits: dict[str, int] = {}
    for connection in rows.scalars():
        limits[connection.budget_key] = max(limits.get(connection.budget_key, 0), connection.daily_calls)
    if not limits:
        return None
    used = current().scalar(
        select(func.coalesce(func.sum(CallCount.manual + CallCount.automatic), 0)).where(
            CallCount.budget_key.in_(limits), CallCount.day == yuki_day(clock.now()).isoformat()
        )
    )
    return Quota(used or 0, sum(limits.values()))
