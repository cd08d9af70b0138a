"""The people of a house: an organisation with a connection, invoices, and what they ask for."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select, update

from tests.chaos.house import House
from tests.support.records import make_connection, make_invoice
from webapp.domain.runs import RunCategory
from webapp.sandbox.yuki.opening import GROUP_DOMAIN, NL_ADMINISTRATION, NL_KEY
from webapp.services import accounts
from webapp.services.actors import Actor, person
from webapp.services.contacts import ContactData
from webapp.services.invoices import InvoiceError, drafting
from webapp.services.invoices.data import InvoiceData, LineData
from webapp.services.sending import SendError, ask, cancel, retry
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction

BATCH, SMALL = 60, 10
OFTEN_BAD = 25
"""One in so many invoices is one that Yuki refuses."""


@dataclass(frozen=True)
class Sent:
    """One invoice that somebody asked to send; `mark` is its subject, in the books too."""

    id: int
    mark: str
    amount: Decimal
    good: bool


@dataclass
class Office:
    """What the people of one house do; every method stands inside of the product by itself."""

    house: House
    organisation_id: int
    connection_id: int
    actor: Actor
    invoices: list[Sent] = field(default_factory=list)
    run_ids: list[int] = field(default_factory=list)
    begun: int = 0

    @classmethod
    def open(cls, house: House) -> "Office":
        """Found an organisation with a connection to the sandbox's books."""
        with house.inside():
            organisation = accounts.add_organisation("Voorbeeld Groep")
            connection_id = make_connection(
                organisation.id,
                key=NL_KEY,
                administration_id=NL_ADMINISTRATION,
                domain_id=GROUP_DOMAIN,
                daily_calls=1_000_000,
                process_payments=False,
                payment_times=[],
            )
            return cls(house, organisation.id, connection_id, person(organisation.id, "Vincent"))

    def begin(self, prefix: str, count: int, *, draft: bool, bad: bool = True) -> None:
        """Make new invoices, a few of them such as Yuki refuses, some paid by card, and forget those before."""
        self.invoices, self.run_ids = [], []
        self.begun += 1
        with self.house.inside():
            with transaction() as session:
                session.execute(update(Connection).values(draft=draft))
            for number in range(1, count + 1):
                good = not (bad and number % OFTEN_BAD == 0)
                mark, price = f"{prefix}{self.begun}-{number:05}", Decimal(100 + number)
                method = "iDeal" if number % 4 == 0 else "ElectronicTransfer"
                # A VAT type that does not go with its percentage is found out by Yuki alone.
                identity = make_invoice(
                    self.organisation_id,
                    mark,
                    subject=mark,
                    price=price,
                    payment_method=method,
                    vat_type=1 if good else 2,
                )
                self.invoices.append(Sent(identity, mark, (price * Decimal("1.21")).quantize(Decimal("0.01")), good))

    def ask_for_all(self, random_: random.Random) -> None:
        """Ask for everything: some one by one, some in small batches, the rest in large ones."""
        ids = [one.id for one in self.invoices]
        singles, small = len(ids) // 8, len(ids) // 6
        parts = [[one] for one in ids[:singles]]
        parts += [ids[start : min(start + SMALL, singles + small)] for start in range(singles, singles + small, SMALL)]
        parts += [ids[start : start + BATCH] for start in range(singles + small, len(ids), BATCH)]
        random_.shuffle(parts)
        for part in parts:
            self.ask(part)

    def ask(self, ids: Sequence[int]) -> None:
        """Ask for some; what is on its way or there already is left alone."""
        with self.house.inside():
            try:
                self.run_ids += ask(self.actor, ids)
            except SendError as error:
                if error.code not in {"in_progress", "already_sent"}:
                    raise

    def cancel_largest(self) -> None:
        """Stop the run with the most invoices."""
        with self.house.inside():
            query = select(Run.id).where(Run.id.in_(self.run_ids)).order_by(Run.offered.desc()).limit(1)
            run_id = current().scalar(query)
            assert run_id is not None
            cancel(self.actor, run_id)

    def edit(self, one: Sent, *, mend: bool = False) -> bool:
        """Change the price of an invoice; False when that is refused because it is on its way or booked."""
        price = one.amount / Decimal("1.21") + 1
        with self.house.inside():
            try:
                drafting.update(self.actor, one.id, _data(one.mark, price.quantize(Decimal("0.01"))))
            except InvoiceError:
                return False
        position = self.invoices.index(one)
        amount = (price * Decimal("1.21")).quantize(Decimal("0.01"))
        self.invoices[position] = replace(one, amount=amount, good=one.good or mend)
        return True

    def retry_all(self) -> None:
        """Send again what failed in any run."""
        for run_id in list(self.run_ids):
            with self.house.inside():
                try:
                    self.run_ids += retry(self.actor, run_id)
                except SendError:
                    continue

    def resume(self) -> None:
        """Let a paused connection work again, as its admin does."""
        from webapp.services import connections

        with self.house.inside():
            connections.resume(self.actor, self.connection_id)

    def rests(self) -> bool:
        """Whether the connection rests until midnight."""
        with self.house.inside():
            return (
                current().scalar(select(Connection.rest_until).where(Connection.id == self.connection_id)) is not None
            )

    def is_paused(self) -> bool:
        """Whether the connection waits for its admin."""
        with self.house.inside():
            return current().scalar(select(Connection.state).where(Connection.id == self.connection_id)) == "paused"

    def wait_until_final(self, most: float = 600) -> bool:
        """Wait until all is final; give up when nothing has moved for the house's patience, or after `most` seconds."""
        deadline, moved, before = time.monotonic() + most, time.monotonic(), self._traces()
        while not self.is_final():
            time.sleep(0.25)
            traces = self._traces()
            if traces != before:
                moved, before = time.monotonic(), traces
            if time.monotonic() > min(deadline, moved + self.house.pace.patience):
                return False
        return True

    def _traces(self) -> tuple[object, ...]:
        """What changes when anything is done: claims, and the states of deliveries and runs."""
        with self.house.inside():
            session = current()
            states = select(Delivery.state, func.count(), func.sum(Delivery.fence)).group_by(Delivery.state)
            runs = select(Run.status, func.count()).group_by(Run.status)
            found = (tuple(session.execute(states.order_by(Delivery.state))), tuple(session.execute(runs)))
            release()
            return (*found, len(self.house.events()))

    def is_final(self) -> bool:
        """Whether nothing is on its way any more: no delivery, no run, nothing in the outbox."""
        with self.house.inside():
            session = current()
            counts = (
                select(func.count()).select_from(Delivery).where(Delivery.state.in_(("queued", "sending"))),
                select(func.count())
                .select_from(Delivery)
                .where(Delivery.state == "unknown", Delivery.draft.is_(False)),
                select(func.count())
                .select_from(Run)
                .where(Run.status.in_(("queued", "running")), Run.category == RunCategory.SEND_INVOICES),
                select(func.count()).select_from(OutboxEntry),
            )
            waiting = any(session.scalar(count) for count in counts)
            release()
            return not waiting


def _data(mark: str, price: Decimal) -> InvoiceData:
    line = LineData("Brood, week 31", Decimal(1), price, Decimal(21), 1)
    contact = ContactData(name="Bakkerij De Korenbloem", city="Rotterdam")
    return InvoiceData(
        number=mark,
        issue_date=date(2026, 2, 2),
        currency="EUR",
        contact=contact,
        lines=(line,),
        due_date=date(2026, 3, 4),
        subject=mark,
    )
