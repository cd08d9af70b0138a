"""The demo's past: the same services that people use, called with the clock set back, day by day until now."""

import urllib.error
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from flask import current_app

from webapp.commands.demo_invoices import SPAN, Story, neighbours, stories
from webapp.commands.demo_sandbox import sandbox_answers, sandbox_ask
from webapp.domain.connections import Options
from webapp.extensions import clock
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import connections, invoices, payments, sending
from webapp.services.actors import Actor, system
from webapp.services.sending.working import work

EVERY = 14
"""Days between two visits of the bookkeeper."""
UNTOUCHED = 32
"""Days at the end whose invoices are left for the person who looks at the demo."""
ROADS = {
    "draft": (),
    "approved": ("approved",),
    "authorised": ("approved", "authorised"),
    "sent": ("approved", "authorised", "sent"),
    "cancelled": ("approved", "cancelled"),
    "review": ("approved", "authorised", "sent", "review"),
}
REASON = "Btw-nummer van de klant ontbreekt"


def go_back() -> datetime:
    """Set the clock to before the first invoice; returns the present."""
    present = clock.now()
    clock.freeze(present - timedelta(days=SPAN + 1))
    return present


def live(admin: Actor, staff: Actor, present: datetime) -> None:
    """Go through the months up to now: invoices are made, sent to the sandbox where it answers, and paid."""
    today = present.date()
    past = _Past(admin, staff, present, reachable=sandbox_answers(_address()))
    told = list(stories(today))
    visit = today - timedelta(days=SPAN - EVERY)
    for story in told:
        while story.data.issue_date > visit:
            past.visit(visit, until=today - timedelta(days=UNTOUCHED))
            visit += timedelta(days=EVERY)
        past.make(story)
    past.visit(today, until=today - timedelta(days=UNTOUCHED))


def neighbour(actor: Actor, present: datetime) -> None:
    """Give the other company its few invoices."""
    for data in neighbours(present.date()):
        _at(present, data.issue_date, time(11))
        made = invoices.create(actor, data)
        _walk(actor, made.id, "sent")


def _at(present: datetime, day: date, moment: time) -> None:
    """Set the clock to a moment of a day, never to one that is still to come."""
    zone = current_app.extensions["koppel"].zone
    clock.freeze(min(datetime.combine(day, moment, zone).astimezone(UTC), present - timedelta(minutes=5)))


def _walk(actor: Actor, invoice_id: int, status: str) -> None:
    for step in ROADS[status]:
        invoices.move(actor, invoice_id, step, reason=REASON if step == "review" else "")


class _Past:
    """What was made so far, and what is still to be sent and paid."""

    def __init__(self, admin: Actor, staff: Actor, present: datetime, *, reachable: bool) -> None:
        self._staff = staff
        self._present = present
        self._reachable = reachable
        self._to_send: list[tuple[date, int]] = []
        self._to_pay: list[tuple[date, Story, Decimal]] = []
        self._connection = connections.add(
            admin,
            name="Yuki Voorbeeld",
            region="nl",
            key=NL_KEY,
            administration_id=NL_ADMINISTRATION,
            options=Options(),
        )
        if reachable:
            connections.test(admin, self._connection)

    def make(self, story: Story) -> None:
        """Make an invoice on its day, and bring its document as far as the story goes."""
        day = story.data.issue_date
        _at(self._present, day, time(9, 20))
        made = invoices.create(self._staff, story.data)
        _at(self._present, day, time(9, 50))
        _walk(self._staff, made.id, story.status)
        if story.status == "sent":
            self._to_send.append((day, made.id))
            if story.paid:
                amount = (made.gross_total * story.paid).quantize(Decimal("0.01"))
                self._to_pay.append((day + timedelta(days=story.paid_after), story, amount))

    def visit(self, day: date, *, until: date) -> None:
        """Send what was made up to `until`; then see which payments came in."""
        if not self._reachable:
            return
        ready = [identity for made_on, identity in self._to_send if made_on <= min(day, until)]
        if ready:
            _at(self._present, day, time(8, 40))
            for run_id in sending.ask(self._staff, ready):
                work(run_id)
            self._to_send = [(made_on, one) for made_on, one in self._to_send if one not in ready]
        came_in = [entry for entry in self._to_pay if entry[0] <= day and entry[1].data.issue_date <= until]
        for paid_on, story, amount in came_in:
            _pay(story.data.number, amount, paid_on)
        self._to_pay = [entry for entry in self._to_pay if entry not in came_in]
        _at(self._present, day, time(14))
        for run_id in payments.ask(system(self._staff.organisation_id), self._connection):
            payments.process(run_id)


def _address() -> str:
    return str(current_app.extensions["koppel"].yuki_nl_url)


def _pay(reference: str, amount: Decimal, day: date) -> None:
    try:
        sandbox_ask(_address(), "pay", {"reference": reference, "amount": str(amount), "date": day.isoformat()})
    except urllib.error.HTTPError:  # the invoice was refused, as one of the stories wants it
        return
