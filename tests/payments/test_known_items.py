"""Open items that are known by their bytes are not read again, and that makes no difference to what a run writes."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.connectors.fake import Listed
from tests.payments.conftest import Desk, MemoryBooks
from tests.support.records import make_connection, make_invoice
from webapp.connectors.ports import OpenItem
from webapp.extensions import clock
from webapp.services import accounts, gateways
from webapp.services.payments.looking import look
from webapp.store.connections import Connection
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment, RemoteOpenItem
from webapp.store.runs import Run
from webapp.store.session import current, transaction

Wait = Callable[[], None]
LONG = "een omschrijving die langer is dan wat er van bewaard wordt, " * 6


def listed(monkeypatch: pytest.MonkeyPatch, books: MemoryBooks) -> list[Listed]:
    """Return the answers that these books will give."""
    given_answers: list[Listed] = []
    ask = books.open_items

    def noted() -> Any:
        given_answers.append(ask())  # type: ignore[arg-type]
        return given_answers[-1]

    monkeypatch.setattr(books, "open_items", noted)
    return given_answers


def test_only_what_changed_is_read_again(memory_desk: Desk, read_ahead: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = memory_desk.booked("26-0001"), memory_desk.booked("26-0002")
    memory_desk.books.meanwhile = read_ahead
    told = listed(monkeypatch, memory_desk.books)
    memory_desk.process()
    memory_desk.process()
    memory_desk.books.pay("26-0002", Decimal("21.00"))
    run = memory_desk.process()

    assert [answer.read for answer in told] == [["item-26-0001", "item-26-0002"], [], ["item-26-0002"]]
    assert (run.details["items"], run.offered) == (2, 2)
    assert memory_desk.state(one) == ("open", "0.00", "121.00")
    assert memory_desk.state(other) == ("partially_paid", "21.00", "100.00")


def test_what_comes_back_as_it_was_is_read_and_counts_again(
    memory_desk: Desk, read_ahead: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice_id = memory_desk.booked()
    memory_desk.books.meanwhile = read_ahead
    told = listed(monkeypatch, memory_desk.books)
    memory_desk.process()
    memory_desk.books.pay("26-0001", Decimal("121.00"))
    memory_desk.process()
    memory_desk.books.pay("26-0001", Decimal("-121.00"))
    memory_desk.process()

    assert [answer.read for answer in told] == [["item-26-0001"], [], ["item-26-0001"]]
    assert memory_desk.payments() == ["121.00", "-121.00"]
    assert memory_desk.state(invoice_id) == ("open", "0.00", "121.00")


def test_a_receipt_that_a_fetch_saw_first_becomes_a_payment_all_the_same(memory_desk: Desk, read_ahead: Wait) -> None:
    receipt = OpenItem(
        "r-1", "", date(2026, 2, 5), None, "Ontvangst", "Bakkerij", "", Decimal(-30), Decimal(-30), "", "", ""
    )
    memory_desk.books.receipts.append(receipt)
    run_id = memory_desk.ask()
    with transaction() as session:
        connection = session.get_one(Connection, memory_desk.connection_id)
        items = list(memory_desk.books.open_items().since({}))
        look(session.get_one(Run, run_id), connection, items, kind="sales", asked_at=clock.now())
    memory_desk.books.meanwhile = read_ahead
    memory_desk.work()

    assert memory_desk.payments() == ["30.00"]


IDS = {"i-1": "26-0001", "i-2": "26-0002", "i-3": "X-1", "i-4": "", "i-5": "26-0001", "i-6": "R" * 120}
"""An item stays the same invoice's as long as it is there; two of them may be of one number."""

ITEMS = st.builds(
    OpenItem,
    remote_id=st.sampled_from(sorted(IDS)),
    reference=st.just(""),
    issue_date=st.none(),
    due_date=st.none(),
    description=st.sampled_from(["", "Factuur", LONG]),
    contact_name=st.sampled_from(["", "Bakkerij"]),
    contact_code=st.sampled_from(["", "D1"]),
    open_amount=st.sampled_from([Decimal("121.00"), Decimal("21.0"), Decimal("-5.1234"), Decimal(0)]),
    original_amount=st.sampled_from([Decimal("121.00"), Decimal(100)]),
    type_id=st.sampled_from(["6", "6", "6", ""]),
    document_id=st.sampled_from(["", "D-1"]),
    payment_method=st.sampled_from(["", "iDEAL"]),
    payment_reference=st.just(""),
    mark=st.none(),
).map(lambda item: item._replace(reference=IDS[item.remote_id]))


@st.composite
def histories(draw: Any) -> list[list[OpenItem]]:
    """Some answers; most items of one are those of the one before. The same item may stand in an answer twice."""
    items, told = {item.remote_id: item for item in draw(st.lists(ITEMS, min_size=1, max_size=4))}, []
    for _ in range(draw(st.integers(2, 4))):
        items.pop(draw(st.sampled_from(sorted(IDS))), None)
        items |= {item.remote_id: item for item in draw(st.lists(ITEMS, max_size=2))}
        listed = list(items.values())
        told.append(draw(st.permutations(listed + listed[: draw(st.integers(0, 1))])))
    return told


class Side:
    """An organisation of its own with two booked invoices, whose books give the answers they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.books = MemoryBooks()
        self.use(monkeypatch)
        number = current().scalar(select(func.count()).select_from(Organisation))
        organisation = accounts.add_organisation(f"{name} {number}")
        self.desk = Desk(organisation, make_connection(organisation.id), self.books)
        self.ids = [make_invoice(organisation.id, f"26-{number:04}") for number in (1, 2)]
        self.desk.send(*self.ids)

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gateways, "make_gateway", lambda *_, **__: self.books)

    def look(self, monkeypatch: pytest.MonkeyPatch, answer: Any) -> tuple[Any, ...]:
        """Return all that a run over this answer says and leaves behind."""
        self.use(monkeypatch)
        monkeypatch.setattr(self.books, "open_items", answer)
        run = self.desk.process()
        invoices = [self.desk.state(one) for one in self.ids]
        kept = [getattr(RemoteOpenItem, name) for name in ("remote_id", "reference", "contact_name", "description")]
        kept += [RemoteOpenItem.open_amount, RemoteOpenItem.original_amount, RemoteOpenItem.document_id]
        kept += [RemoteOpenItem.invoice_id - self.ids[0], RemoteOpenItem.gone_at.is_(None)]
        mine = RemoteOpenItem.organisation_id == self.desk.organisation.id
        items = current().execute(select(*kept).where(mine).order_by(RemoteOpenItem.remote_id, RemoteOpenItem.id)).all()
        query = select(Payment.amount).where(Payment.organisation_id == self.desk.organisation.id).order_by(Payment.id)
        found = {name: value for name, value in run.details.items() if name != "tries"}
        return run.status, run.offered, run.skipped, found, invoices, items, current().scalars(query).all()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_a_run_writes_the_same_whether_items_are_known_or_read(
    history: list[list[OpenItem]], shared_app: Flask, read_ahead: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowing, reading = Side(monkeypatch, "weet"), Side(monkeypatch, "leest")
    clock.advance(timedelta(minutes=11))

    for items in history:

        def known(items: list[OpenItem] = items) -> Listed:
            read_ahead()
            return Listed(items)

        assert knowing.look(monkeypatch, known) == reading.look(monkeypatch, lambda items=items: iter(items))
