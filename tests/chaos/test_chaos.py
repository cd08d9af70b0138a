"""Sending with real processes that are killed, in a small size; `make chaos` plays all of it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from tests.chaos.crashes import crash_cell
from tests.chaos.disturbances import disturbances
from tests.chaos.faults import Cell, play
from tests.chaos.house import House, wait_until
from tests.chaos.judging import Result, judge
from tests.chaos.office import Office
from tests.chaos.tempo import IMPATIENT
from tests.chaos.watching import Watcher
from tests.support.databases import Databases
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction

pytestmark = pytest.mark.timeout(600)
COUNT = 18


@pytest.fixture(scope="module")
def office(databases: Databases) -> Iterator[Office]:
    """One office for all; each test begins with empty books."""
    with House(databases, IMPATIENT) as house:
        yield Office.open(house)


@pytest.mark.portable  # `python -m tests.chaos crashes --database postgresql` plays every mode and step there
@pytest.mark.parametrize(
    ("mode", "step"),
    [("books duplicates", "request_out"), ("drafts", "answer_read")],
)
def test_killed_workers_leave_nothing_lost_twice_or_untrue(office: Office, mode: str, step: str) -> None:
    result = crash_cell(office, mode, step, count=COUNT, seed=7)

    assert result.kills >= 3
    assert result.is_clean, "\n".join(result.notes)


@pytest.mark.portable
@pytest.mark.parametrize("name", ["Redis killed and started again", "booked late"])
def test_what_goes_wrong_on_the_way_does_not_show_in_the_books(office: Office, name: str) -> None:
    disturbance = next(one for one in disturbances() if one.name == name)

    result = play(office, Cell(disturbance, "books duplicates", "7"), count=COUNT)

    assert result.is_clean, "\n".join(result.notes)


@pytest.mark.once  # it is the judge that is judged
def test_the_judge_sees_what_is_lost_doubled_stuck_unknown_and_untrue(office: Office) -> None:
    """Tampered with after an honest run: each lie has to be found."""
    house = office.house
    house.plan()
    house.books.begin(duplicates="book")
    office.begin("J", 6, draft=False, bad=False)
    ids = [one.id for one in office.invoices]
    with Watcher(house.url, ids) as watcher:
        office.ask(ids)
        assert office.wait_until_final()
        assert judge(Result("honest"), office, watcher).is_clean
        _lie(house, ids[0], "rejected")
        _lie(house, ids[1], "queued")
        _lie(house, ids[2], "unknown")
        _lie(house, ids[3], "cancelled")
        office.ask([ids[3]])
        assert wait_until(lambda: _is_booked_twice(office, ids[3]), 60)
    tampered = judge(Result("tampered"), office, watcher)
    house.books.begin()
    emptied = judge(Result("emptied"), office, watcher)

    assert (tampered.duplicate, tampered.stuck, tampered.unknown, tampered.lost) == (1, 1, 1, 0)
    assert any(note.startswith(f"untrue: {office.invoices[0].mark}: rejected") for note in tampered.notes)
    # Three are shown as in the books and are not; one is called rejected without a reason.
    assert emptied.lost == 4
    for one in ids[1:3]:  # what is not final would be waited for by whoever comes after
        _lie(house, one, "sent")


def _lie(house: House, invoice_id: int, state: str) -> None:
    with house.inside(), transaction() as session:
        session.execute(update(Delivery).where(Delivery.invoice_id == invoice_id).values(state=state, run_id=None))
        session.execute(update(Invoice).where(Invoice.id == invoice_id).values(delivery=state))


def _is_booked_twice(office: Office, invoice_id: int) -> bool:
    with office.house.inside():
        told = current().scalar(select(Invoice.delivery).where(Invoice.id == invoice_id))
        run = current().scalar(select(Run.status).where(Run.id == office.run_ids[-1]))
        release()
    return (told, run) == ("sent", "completed") and len(office.house.books.bookings()[office.invoices[3].mark]) == 2
