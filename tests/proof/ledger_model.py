"""The nine invariants of payments as a machine: random verbs on the real services, beside a model of a few lines."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from tests.connectors.fake import Booking, FakeGateway
from tests.proof.ledger_books import ZERO, Line, Model
from tests.support.records import make_connection, make_invoice
from webapp.connectors.ports import OpenItem
from webapp.extensions import clock
from webapp.queries import ledger_audit
from webapp.services import accounts, payments
from webapp.services.actors import Actor, person
from webapp.services.payments import LedgerError, PaymentData
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment, RemoteOpenItem
from webapp.store.runs import Run
from webapp.store.session import current, transaction

PRICES = ("100.00", "40.00", "-60.00", "80.00")
"""Net prices of the invoices: the last one is in another currency, and in no books."""

KINDS = ("payment_difference", "bank_costs", "exchange_difference", "payment_discount")
cents = st.one_of(st.integers(-200, 200), st.sampled_from([-726, -484, 484, 968, 1210, 1211])).map(
    lambda tenths: Decimal(tenths).scaleb(-1)
)
places = st.integers(0, 40)


class LedgerMachine(RuleBasedStateMachine):
    """Random verbs, right and wrong ones; after each, what is stored is what the model says."""

    operations = 0
    accepted = 0
    gateway: FakeGateway

    @initialize()
    def begin(self) -> None:
        """A new organisation with its invoices, three of which are booked."""
        number = current().scalar(select(func.max(Invoice.id))) or 0
        organisation = accounts.add_organisation(f"Organisatie {number}-{type(self).operations}")
        self.actor: Actor = person(organisation.id, "Vincent")
        self.connection = make_connection(organisation.id)
        self.model = Model()
        self.receipts: dict[str, int] = {}
        type(self).gateway = FakeGateway()
        for place, price in enumerate(PRICES):
            currency = "EUR" if place < 3 else "USD"
            invoice = make_invoice(organisation.id, f"{number}-{place}", price=price, currency=currency)
            total = Decimal(price) * Decimal("1.21")
            self.model.totals[invoice], self.model.currency[invoice] = total, currency
            if currency == "EUR":
                self._book(invoice, f"{number}-{place}", total)
        self.invoices = list(self.model.totals)
        self.booked = [one for one in self.invoices if self.model.currency[one] == "EUR"]

    def _book(self, invoice: int, number: str, total: Decimal) -> None:
        long_ago = clock.now() - timedelta(days=1)
        with transaction() as session:
            session.add(
                Delivery(
                    organisation_id=self.actor.organisation_id,
                    invoice_id=invoice,
                    connection_id=self.connection,
                    state="sent",
                    reference=number,
                    sent_at=long_ago,
                    created_at=long_ago,
                    updated_at=long_ago,
                )
            )
            session.get_one(Invoice, invoice).delivery = "sent"
        booking = Booking(number, total, total, "Bakkerij", "", date(2026, 2, 2), None, "ElectronicTransfer")
        type(self).gateway.ledger.append(booking)

    def _try(self, may: bool, verb: Callable[..., Any], *args: Any) -> Any:
        """Do a verb, and hold it to what the model says of it: done, or refused with nothing changed."""
        type(self).operations += 1
        refusal, result = "", None
        try:
            result = verb(self.actor, *args)
        except LedgerError as error:
            refusal = error.code
        assert may is not bool(refusal), f"{verb.__name__}{args}: {refusal or 'accepted'}"
        type(self).accepted += may
        return result

    @rule(key=st.integers(0, 12), amount=cents)
    def record(self, key: int, amount: Decimal) -> None:
        """A payment arrives; the same fact again is the same payment."""
        data = PaymentData("statement", str(key), amount, date(2026, 3, 2))
        found = self._try(amount != 0, payments.record_payment, data)
        if found is not None:
            assert found.fresh is (found.payment_id not in self.model.paid_in)
            self.model.paid_in.setdefault(found.payment_id, amount)

    @rule(payment=places, invoice=places, amount=cents, all_of_it=st.booleans())
    def allocate(self, payment: int, invoice: int, amount: Decimal, all_of_it: bool) -> None:
        """Set a part of a payment against an invoice."""
        if not self.model.paid_in:
            return
        one, other = _pick(list(self.model.paid_in), payment), _pick(self.invoices, invoice)
        left = self.model.left(one)
        amount = self._room(other, left) if all_of_it else amount
        may = (
            self.model.currency[other] == "EUR" and 0 < amount / left <= 1 and self.model.fits(other, amount)
            if amount and left
            else False
        )
        made = self._try(may, payments.allocate, one, [(other, amount)])
        if made:
            self.model.lines.append(Line(made[0], "payment", amount, payment=one, invoice=other))

    @rule(payment=places, amounts=st.tuples(cents, cents))
    def split(self, payment: int, amounts: tuple[Decimal, Decimal]) -> None:
        """Set a payment against two invoices at once: both or none."""
        if not self.model.paid_in:
            return
        one, pair = _pick(list(self.model.paid_in), payment), self.booked[:2]
        left, both = self.model.left(one), sum(amounts, ZERO)
        same_sign = len({amount > 0 for amount in (*amounts, self.model.paid_in[one])}) == 1
        fitting = all(self.model.fits(*part) for part in zip(pair, amounts, strict=True))
        may = all(amounts) and same_sign and abs(both) <= abs(left) and fitting
        made = self._try(bool(may), payments.allocate, one, list(zip(pair, amounts, strict=True)))
        for entry, invoice, amount in zip(made or (), pair, amounts, strict=False):
            self.model.lines.append(Line(entry, "payment", amount, payment=one, invoice=invoice))

    @rule(place=places)
    def undo(self, place: int) -> None:
        """Take an entry back, once."""
        if not self.model.lines:
            return
        line = _pick(self.model.lines, place)
        may = not line.undone and (
            line.kind != "payment" or line.invoice is None or self.model.fits(line.invoice, -line.amount)
        )
        if self._try(may, payments.reverse_allocation, line.entry_id):
            line.undone = True

    @rule(payment=places)
    def take_back(self, payment: int) -> None:
        """A payment bounces, with all that it settled."""
        if not self.model.paid_in:
            return
        one = _pick(list(self.model.paid_in), payment)
        standing = [line for line in self.model.lines if one in (line.payment, line.back) and not line.undone]
        may = one not in self.model.taken_back and one not in self.model.matched_there
        for line in standing if may else ():
            may = may and (line.invoice is None or self.model.fits(line.invoice, -line.amount))
            line.undone = True
        if self._try(may, payments.reverse_payment, one):
            self.model.taken_back.add(one)
        else:
            for line in standing:
                line.undone = False

    @rule(invoice=places, kind=st.sampled_from((*KINDS, "generosity")), amount=cents, rest=st.booleans())
    def give_up(self, invoice: int, kind: str, amount: Decimal, rest: bool) -> None:
        """Write a part of an invoice off, or its rest."""
        one = _pick(self.invoices, invoice)
        amount = self.model.totals[one] - self.model.own(one) if rest else amount
        may = kind in KINDS and amount * self.model.totals[one] > 0
        may = may and self.model.within(one, self.model.own(one) + amount)
        entry = self._try(may, payments.write_off, one, kind, amount)
        if entry:
            self.model.lines.append(Line(entry, "write_off", amount, invoice=one))

    @rule(payment=places, amount=cents)
    def give_up_rest(self, payment: int, amount: Decimal) -> None:
        """Write off what is left of a payment."""
        if not self.model.paid_in:
            return
        one = _pick(list(self.model.paid_in), payment)
        left = self.model.left(one)
        may = bool(amount and left) and 0 < amount / (left or 1) <= 1
        entry = self._try(may, payments.write_off_rest, one, "payment_difference", amount)
        if entry:
            self.model.lines.append(Line(entry, "write_off", amount, payment=one))

    @rule(payment=places, back=places, amount=cents, all_of_it=st.booleans())
    def pay_back(self, payment: int, back: int, amount: Decimal, all_of_it: bool) -> None:
        """Say of money that went out that it pays back a part of what came in, or all that fits."""
        if not self.model.paid_in:
            return
        # Mostly one that came in and one that went out, sometimes any two.
        came_in = [one for one, sum_ in self.model.paid_in.items() if sum_ > 0 or amount < -18]
        went_out = [one for one, sum_ in self.model.paid_in.items() if sum_ < 0 or amount < -18]
        if not came_in or not went_out:
            return
        one, other = _pick(came_in, payment), _pick(went_out, back)
        left, rest = self.model.left(one), -self.model.left(other)
        amount = min(left, rest) if all_of_it else amount
        may = self.model.paid_in[one] > 0 > self.model.paid_in[other] and 0 < amount <= min(left, rest)
        entry = self._try(may, payments.refund, one, other, amount)
        if entry:
            self.model.lines.append(Line(entry, "refund", amount, payment=one, back=other))

    @rule(note=st.sampled_from((0, 2, 2, 2)), invoice=places, amount=cents.map(abs))
    def credit(self, note: int, invoice: int, amount: Decimal) -> None:
        """Set a credit note against an invoice."""
        one, other = _pick(self.invoices, note), _pick(self.invoices, invoice)
        totals, own = self.model.totals, self.model.own
        may = totals[one] < 0 < totals[other] and self.model.currency[one] == self.model.currency[other]
        may = may and 0 < amount <= own(one) - totals[one] and self.model.within(other, own(other) + amount)
        entry = self._try(may, payments.credit_against, one, other, amount)
        if entry:
            self.model.lines.append(Line(entry, "credit", amount, invoice=other, note=one))

    @rule(invoice=places, said=cents, more=st.booleans())
    def books_tell(self, invoice: int, said: Decimal, more: bool) -> None:
        """The books hold another amount for settled; a run sees it, and what differs is listed to the cent."""
        type(self).operations += 1
        place = invoice % len(self.booked)
        one = self.booked[place]
        settled = self.model.said.get(one, ZERO) + said if more else said
        type(self).gateway.ledger[place].open_amount = self.model.totals[one] - settled
        self.model.said[one] = settled
        self._look()

    @rule(place=st.integers(0, 3), amount=cents.filter(bool), share=st.integers(0, 4))
    def receipt(self, place: int, amount: Decimal, share: int) -> None:
        """The books hold a bank line unmatched, match a part of it with something else, or let go of it again."""
        type(self).operations += 1
        held = type(self).gateway.receipts
        if place >= len(held):
            place = len(held)
            held.append(_bank_line(place, amount))
        one = held[place]
        held[place] = one._replace(open_amount=one.original_amount * share / 4)
        self._look()
        if share or one.remote_id in self.receipts:
            self._note_receipt(held[place])

    def _note_receipt(self, item: OpenItem) -> None:
        payment = self.receipts.get(item.remote_id)
        if payment is None:
            row = select(RemoteOpenItem.payment_id).where(
                RemoteOpenItem.connection_id == self.connection, RemoteOpenItem.remote_id == item.remote_id
            )
            payment = self.receipts[item.remote_id] = current().scalars(row).one() or 0
            self.model.paid_in[payment] = -item.original_amount
        self.model.matched_there[payment] = item.open_amount - item.original_amount

    @rule()
    def look_again(self) -> None:
        """The same answer a second time changes nothing."""
        type(self).operations += 1
        if self.model.said:
            before = self._counts()
            self._look()
            assert self._counts() == before

    def _room(self, invoice: int, amount: Decimal) -> Decimal:
        """As much of an amount as fits on an invoice, where it fits at all."""
        rest = self.model.totals[invoice] - self.model.own(invoice)
        return min(amount, rest, key=abs) if amount * rest > 0 else amount

    def _look(self) -> None:
        type(self).accepted += 1
        clock.advance(timedelta(minutes=1))
        (run_id,) = payments.ask(self.actor, self.connection)
        payments.process(run_id)
        current().expire_all()
        run = current().get_one(Run, run_id)
        assert run.status == "completed", (run.status, run.failure)
        for one in self.booked:  # what the books never showed as open was paid when it was first looked for
            self.model.said.setdefault(one, ZERO)
        details: dict[str, Any] = dict(run.details)
        books = type(self).gateway
        there = sum((one.open_amount for one in (*books.ledger, *books.receipts)), ZERO)
        here = sum((self.model.totals[one] - self._settled(one) for one in self.booked), ZERO)
        here -= self._waiting_receipts()
        listed = sum((Decimal(one["amount"]) for one in details["causes"]), ZERO)
        assert (Decimal(details["open_here"]), Decimal(details["open_there"])) == (here, there)
        assert there - here == listed
        assert {one["cause"] for one in details["causes"]} <= {"overpaid", "here_only", "total_differs"}

    def _waiting_receipts(self) -> Decimal:
        """What waits here of the receipts that are open there."""
        query = select(Payment.unapplied_amount).join(RemoteOpenItem, RemoteOpenItem.payment_id == Payment.id)
        mine = (RemoteOpenItem.connection_id == self.connection) & RemoteOpenItem.gone_at.is_(None)
        return sum(current().scalars(query.where(mine)), ZERO)

    def _settled(self, invoice: int) -> Decimal:
        return self.model.own(invoice) + self.model.books_share(invoice)

    def _counts(self) -> tuple[int, ...]:
        own = self.actor.organisation_id
        tables = (Payment, Allocation)
        return tuple(
            current().scalar(select(func.count()).select_from(table).where(table.organisation_id == own)) or 0
            for table in tables
        )

    @invariant()
    def stored_is_what_the_model_says(self) -> None:
        """Amounts and states of every invoice and payment."""
        if not hasattr(self, "model"):
            return
        current().rollback()
        own = self.actor.organisation_id
        for row in current().execute(
            select(Invoice.id, Invoice.outstanding_amount, Invoice.payment, Invoice.written_off_amount).where(
                Invoice.organisation_id == own
            )
        ):
            assert row.outstanding_amount == self.model.totals[row.id] - self._settled(row.id)
            assert row.written_off_amount == self.model.own(row.id, "write_off")
            assert row.payment == self.model.status(row.id)
        left = select(Payment.id, Payment.unapplied_amount).where(
            Payment.organisation_id == own, Payment.invoice_id.is_(None), Payment.reverses_id.is_(None)
        )
        for payment, amount in current().execute(left):
            assert amount == self.model.left(payment)

    def teardown(self) -> None:
        """At the end every state is rebuilt from the log."""
        if hasattr(self, "model"):
            assert ledger_audit.differences(self.actor.organisation_id) == ()
        current().rollback()


def _bank_line(place: int, amount: Decimal) -> OpenItem:
    return OpenItem(
        remote_id=f"receipt-{place}",
        reference="",
        issue_date=date(2026, 3, 1),
        due_date=None,
        description="Ontvangst",
        contact_name="",
        contact_code="",
        open_amount=amount,
        original_amount=amount,
        type_id="",
        document_id="",
        payment_method="",
    )


def _pick(options: Any, place: int) -> Any:
    return options[place % len(options)]
