"""Notices as their readers see them: title, explanation, and where the rows are that they count."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask_babel
from sqlalchemy import and_, exists, func, select

from webapp.domain.failures import Failure
from webapp.queries.failures import Explanation, explain
from webapp.queries.labels import num
from webapp.queries.shell import audiences
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.notifications import Notification, NotificationRead, is_for
from webapp.store.session import current

_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

MOST = 200
CLOSED_SHOWN = 20
INVOICES = "invoices:"
CLAIMS = "claims:"
DELIVERY: dict[str, str] = {
    Failure.DUPLICATE: "conflict",
    Failure.UNKNOWN_OUTCOME: "unknown",
    Failure.DRAFT_UNKNOWN: "unknown",
}
"""The delivery state of the invoices that a notice counts; rejected where it is not named here."""

READY = "export_ready"
"""No failure: the file that somebody waits for is there."""

CALM = frozenset({Failure.QUOTA, Failure.BUSY, Failure.NETWORK, Failure.REMOTE, Failure.UNKNOWN_OUTCOME})
"""What goes away by itself."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `about_invoices` and `about_claims` say what `count` counts, by connection and failure."""

    id: int
    failure: str
    category: str
    about_invoices: bool
    about_claims: bool
    count: int
    connection_id: int | None
    connection_name: str
    run_id: int | None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    seen: bool
    words: Explanation

    @property
    def tone(self) -> str:
        """How urgent it looks."""
        if self.closed_at is not None:
            return "neutral"
        if self.failure == READY:
            return "good"
        return "warn" if self.failure in CALM or self.delivery == "unknown" else "bad"

    @property
    def delivery(self) -> str:
        """The delivery state of the invoices it counts; empty when it counts none."""
        return DELIVERY.get(self.failure, "rejected") if self.about_invoices else ""

    @property
    def title(self) -> str:
        """What it says in one line: "12 invoices rejected: VAT code not active"."""
        count, label = num(self.count), self.words.label
        if self.about_claims:
            return ngettext(
                "%(count)s expense claim rejected: %(label)s",
                "%(count)s expense claims rejected: %(label)s",
                self.count,
                count=count,
                label=label,
            )
        if not self.about_invoices:
            return f"{self.connection_name}: {self.words.label}" if self.connection_name else self.words.title
        if self.delivery == "unknown":
            return ngettext(
                "%(count)s invoice: %(label)s", "%(count)s invoices: %(label)s", self.count, count=count, label=label
            )
        return ngettext(
            "%(count)s invoice rejected: %(label)s",
            "%(count)s invoices rejected: %(label)s",
            self.count,
            count=count,
            label=label,
        )

    @property
    def retryable(self) -> bool:
        """Whether its invoices can be sent again by a person."""
        return self.delivery == "rejected" and self.closed_at is None


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """What is open, and what was closed lately."""

    open: tuple[Notice, ...]
    closed: tuple[Notice, ...]

    @property
    def unseen(self) -> int:
        """How many of the open ones this reader has not seen as they stand."""
        return sum(not notice.seen for notice in self.open)


@dataclass(frozen=True, slots=True)
class Bell:
    """What the bell shows: how many are unseen, and the newest of them with the moment it came or grew."""

    unread: int
    newest: Notice | None


def page(organisation_id: int, *, user_id: int, role: str) -> NoticesPage:
    """Return the notices a user may see."""
    mine = (
        Notification.organisation_id == organisation_id,
        Notification.audience.in_(audiences(role)),
        is_for(user_id),
    )
    newest = Notification.updated_at.desc(), Notification.id.desc()
    query = _select(user_id).where(*mine)
    open_ones = current().execute(query.where(Notification.closed_at.is_(None)).order_by(*newest).limit(MOST))
    closed = current().execute(
        query.where(Notification.closed_at.is_not(None))
        .order_by(Notification.closed_at.desc(), Notification.id.desc())
        .limit(CLOSED_SHOWN)
    )
    return NoticesPage(tuple(map(_notice, open_ones)), tuple(map(_notice, closed)))


def bell(organisation_id: int, *, user_id: int, role: str) -> Bell:
    """Return what the bell shows to one user."""
    seen = _seen(user_id)
    query = _select(user_id).where(
        Notification.organisation_id == organisation_id,
        Notification.audience.in_(audiences(role)),
        is_for(user_id),
        Notification.closed_at.is_(None),
        ~seen,
    )
    rows = current().execute(query.order_by(Notification.updated_at.desc(), Notification.id.desc()).limit(MOST)).all()
    return Bell(len(rows), _notice(rows[0]) if rows else None)


def find(organisation_id: int, notice_id: int, *, user_id: int, role: str) -> Notice | None:
    """Return one notice, None when the organisation has no such notice or the role may not see it."""
    query = _select(user_id).where(
        Notification.id == notice_id,
        Notification.organisation_id == organisation_id,
        Notification.audience.in_(audiences(role)),
        is_for(user_id),
    )
    row = current().execute(query).one_or_none()
    return _notice(row) if row is not None else None


def invoice_ids(organisation_id: int, notice: Notice) -> list[int]:
    """Return the invoices that a notice counts now: those whose latest delivery failed for its reason."""
    if not notice.about_invoices or notice.connection_id is None:
        return []
    last = (
        select(Delivery.invoice_id, func.max(Delivery.generation).label("generation"))
        .where(Delivery.organisation_id == organisation_id, Delivery.connection_id == notice.connection_id)
        .group_by(Delivery.invoice_id)
        .subquery()
    )
    query = (
        select(Delivery.invoice_id)
        .join(last, and_(last.c.invoice_id == Delivery.invoice_id, last.c.generation == Delivery.generation))
        .where(
            Delivery.organisation_id == organisation_id,
            Delivery.connection_id == notice.connection_id,
            Delivery.state == notice.delivery,
            Delivery.failure.in_((notice.failure, "") if notice.failure == Failure.REFUSED else (notice.failure,)),
        )
    )
    return list(current().scalars(query))


def _seen(user_id: int) -> Any:
    return exists().where(
        NotificationRead.user_id == user_id,
        NotificationRead.notification_id == Notification.id,
        NotificationRead.count >= Notification.count,
    )


def _select(user_id: int) -> Any:
    return (
        select(Notification, Connection.name, Connection.provider, _seen(user_id).label("seen"))
        .outerjoin(Connection, Connection.id == Notification.connection_id)
        .execution_options(populate_existing=True)
    )


def _notice(row: Any) -> Notice:
    notice: Notification = row.Notification
    about_invoices = notice.cause.startswith(INVOICES)
    facts = {"provider": row.provider or "yuki", "category": notice.category}
    if about_invoices:
        facts["outcome"] = "unknown" if DELIVERY.get(notice.failure) == "unknown" else "failed"
    return Notice(
        id=notice.id,
        failure=notice.failure,
        category=notice.category,
        about_invoices=about_invoices,
        about_claims=notice.cause.startswith(CLAIMS),
        count=notice.count,
        connection_id=notice.connection_id,
        connection_name=row.name or "",
        run_id=notice.run_id,
        opened_at=notice.opened_at,
        updated_at=notice.updated_at,
        closed_at=notice.closed_at,
        seen=bool(row.seen) or notice.closed_at is not None,
        words=explain(notice.failure, facts),
    )
