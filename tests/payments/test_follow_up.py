"""What follows a payment run is done once, also when the worker that began it dies."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.payments.conftest import JOBS, Desk
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION
from webapp.services import afterwards, outbox
from webapp.services.payments.promising import AGAIN, TRIES
from webapp.store.payments import Payment
from webapp.store.session import current

DAY = date(2026, 2, 27)


class Killed(BaseException):
    """What nothing catches: the worker is gone."""


def kill(*_: object) -> None:
    raise Killed


def booked_and_paid(desk: Desk) -> tuple[int, int]:
    """One invoice that the books paid, and one that an unmatched receipt names."""
    paid, named = desk.booked(), desk.booked("26-0002")
    desk.books.control("pay", {"reference": "26-0001", "amount": "26.40", "date": DAY.isoformat()})
    receipt = {"administration": NL_ADMINISTRATION, "amount": "121.00", "date": DAY.isoformat()}
    desk.books.control("receipt", receipt | {"description": "factuur 26-0002 Bakkerij De Korenbloem"})
    return paid, named


def undated() -> list[int]:
    current().rollback()
    return list(current().scalars(select(Payment.id).where(Payment.seen_on)))


@pytest.mark.parametrize("step", ["find_days", "match_automatically"])
def test_a_worker_that_dies_on_the_way_is_made_up_for(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    _, named = booked_and_paid(desk)
    run_id = desk.ask()
    with monkeypatch.context() as patch:
        patch.setattr(afterwards, step, kill)
        with pytest.raises(Killed):
            desk.work()
    assert bool(undated()) == (step == "find_days")
    assert desk.state(named)[0] == "open"

    desk.later(seconds=AGAIN + 1)

    assert undated() == []
    assert desk.state(named) == ("paid", "121.00", "0.00")
    assert desk.calls(desk.run(run_id)) == ["OutstandingDebtorItems", "GetTransactionDetails"]
    assert desk.waiting() == []


def test_a_job_that_is_lost_with_the_queue_comes_due_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    booked_and_paid(desk)
    with monkeypatch.context() as patch:
        patch.setitem(JOBS, outbox.PAYMENTS_AFTER, lambda _: None)
        desk.process()
    assert undated()

    desk.later(seconds=AGAIN + 1)

    assert undated() == []
    assert desk.waiting() == []


def test_what_ends_every_worker_is_not_begun_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    booked_and_paid(desk)
    begun: list[int] = []

    def die(run_id: int) -> None:
        begun.append(run_id)
        raise Killed

    monkeypatch.setattr(afterwards, "find_days", die)
    with pytest.raises(Killed):
        desk.process()
    for _ in range(TRIES - 1):
        with pytest.raises(Killed):
            desk.later(seconds=AGAIN + 1)

    desk.later(seconds=AGAIN + 1)

    assert (len(begun), desk.waiting()) == (TRIES, [])


def test_a_follow_up_that_comes_twice_asks_once(desk: Desk) -> None:
    booked_and_paid(desk)
    run = desk.process()
    afterwards.follow_up(run.id)
    assert desk.calls(run) == ["OutstandingDebtorItems", "GetTransactionDetails"]
    assert desk.waiting() == []
