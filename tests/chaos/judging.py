"""The judge: what the people asked for, what the screen says, and what the sandbox's own ledger has of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from tests.chaos.books import Booking
from tests.chaos.office import Office, Sent
from tests.chaos.watching import ENDED, Watcher
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, release

FIGURES = ("lost", "duplicate", "stuck", "unknown", "untrue")


@dataclass
class Result:
    """The figures of one experiment; the first five must be 0."""

    name: str
    sends: int = 0
    kills: int = 0
    lost: int = 0
    duplicate: int = 0
    stuck: int = 0
    unknown: int = 0
    untrue: int = 0
    shown: int = 0
    """Drafts whose outcome cannot be known: they stand under "needs attention", and are in the books once at most."""
    moving: float = 0.0
    """Seconds from a kill until the work it held moved again, the longest."""
    final: float = 0.0
    """Seconds from the last disturbance until all was final."""
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not any(getattr(self, name) for name in FIGURES)

    def note(self, figure: str, text: str) -> None:
        """Count something that is wrong, and say what it was."""
        setattr(self, figure, getattr(self, figure) + 1)
        self.notes.append(f"{figure}: {text}")


def judge(result: Result, office: Office, watcher: Watcher) -> Result:
    """Fill in the figures of an experiment that has ended, or whose time is over."""
    bookings = office.house.books.bookings()
    with office.house.inside():
        session = current()
        session.expire_all()
        deliveries: dict[int, Delivery] = {
            row.invoice_id: row for row in session.scalars(select(Delivery).order_by(Delivery.id))
        }
        states = {row.id: row.delivery for row in session.execute(select(Invoice.id, Invoice.delivery))}
        good = Counter(
            session.scalars(
                select(InvoiceEvent.invoice_id).where(
                    InvoiceEvent.event.in_(("yuki.invoice_processed", "yuki.draft_ready", "yuki.found"))
                )
            )
        )
        for one in office.invoices:
            found = bookings.pop(one.mark, [])
            _judge_one(result, one, deliveries.get(one.id), found)
            if deliveries.get(one.id) is not None and states[one.id] != _shown_for(deliveries[one.id].state):
                result.note("untrue", f"{one.mark}: invoice {states[one.id]}, delivery {deliveries[one.id].state}")
            if good[one.id] > 1:
                result.note("untrue", f"{one.mark}: told {good[one.id]} times that it is booked")
            for shown in watcher.untrue_moments(one.id, min((each.at for each in found), default=None)):
                result.note("untrue", f"{one.mark}: shown {shown.words} for {max(0.0, shown.last - shown.first):.1f} s")
        _judge_runs(result, office)
        release()
    for mark, found in bookings.items():
        result.note("duplicate", f"{mark}: {len(found)} bookings that nobody asked for")
    result.sends = len(office.invoices)
    return result


def _shown_for(state: str) -> str:
    return "not_sent" if state == "cancelled" else state


def _judge_one(result: Result, one: Sent, delivery: Delivery | None, found: list[Booking]) -> None:
    if len(found) > 1:
        result.note("duplicate", f"{one.mark}: booked {len(found)} times, {delivery and delivery.state}")
    if delivery is None:
        result.note("lost", f"{one.mark}: no delivery")
    elif delivery.state in ("queued", "sending"):
        result.note("stuck", f"{one.mark}: {delivery.state}, {delivery.failure}, booked {len(found)}")
    elif delivery.state == "sent":
        _judge_sent(result, one, found)
    elif delivery.state != "unknown":
        _judge_ended(result, one, delivery, found)
    elif delivery.draft:
        result.shown += 1
    else:
        result.note("unknown", f"{one.mark}: {delivery.failure}, due {delivery.look_up_after}")


def _judge_sent(result: Result, one: Sent, found: list[Booking]) -> None:
    if not found:
        result.note("lost", f"{one.mark}: sent, and not in the books")
    elif found[0].total != one.amount:
        result.note("untrue", f"{one.mark}: {one.amount} here, {found[0].total} in the books")


def _judge_ended(result: Result, one: Sent, delivery: Delivery, found: list[Booking]) -> None:
    """Rejected, in conflict or cancelled: it must not be in the books, and there must be a reason."""
    if found:
        result.note("untrue", f"{one.mark}: {delivery.state} ({delivery.failure}), and in the books")
    elif one.good and delivery.state != "cancelled":
        result.note(
            "lost", f"{one.mark}: {delivery.state} without a reason ({delivery.failure} {delivery.remote_text})"
        )


def _judge_runs(result: Result, office: Office) -> None:
    """Runs must have ended, and their counters must be those of their items."""
    session = current()
    for run in session.scalars(select(Run).where(Run.id.in_(office.run_ids))):
        if run.status not in ENDED:
            result.note("stuck", f"run {run.id} is {run.status} ({run.failure})")
            continue
        counted = dict(
            session.execute(
                select(RunItem.outcome, func.count()).where(RunItem.run_id == run.id).group_by(RunItem.outcome)
            ).all()
        )
        told: dict[Any, int] = {name: getattr(run, name) for name in ("succeeded", "failed", "skipped", "unknown")}
        if {name: count for name, count in told.items() if count} != counted or sum(told.values()) != run.offered:
            result.note("untrue", f"run {run.id} tells {told} of {run.offered}, its items {counted}")


def measure(result: Result, office: Office, watcher: Watcher, *, since: int = 0) -> Result:
    """Fill in how many kills there were since that event, and how long what they held took to move again."""
    events = office.house.events()[since:]
    kills = [one for one in events if one["event"] == "killed"]
    result.kills = len(kills)
    for kill in (kill for kill in kills if kill["job"]):
        after = [one["at"] for one in events if _goes_on(kill, one)]
        run_ended = (
            [at for at, status in watcher.ended.get(kill["id"], []) if at > kill["at"] and status in ENDED]
            if kill["job"].endswith("send")
            else []
        )
        first = min(after + run_ended, default=None)
        if first is not None:
            result.moving = max(result.moving, first - kill["at"])
    return result


def _goes_on(kill: dict[str, Any], one: dict[str, Any]) -> bool:
    """Whether an event shows that what was killed is being worked on again, by somebody else."""
    if one["event"] != "reached" or one["at"] <= kill["at"] or one["pid"] == kill["pid"]:
        return False
    return bool((one["job"], one["id"]) == (kill["job"], kill["id"]) or one["job"].endswith("resolve"))
