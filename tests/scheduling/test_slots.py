"""The schedule: every slot starts one run, whoever looks, however often, and whatever was missed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.records import make_connection
from webapp.extensions import clock
from webapp.services import connections, payments, runs, scheduling
from webapp.services.actors import person
from webapp.store.connections import Connection
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current, release, transaction

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def local(text: str) -> datetime:
    """Return a moment of Amsterdam's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).astimezone(UTC)


def at(text: str) -> None:
    clock.freeze(local(text))


def end_runs() -> None:
    """Let every run be done, as the worker would."""
    with transaction() as session:
        for run in session.scalars(select(Run).where(Run.status.in_(runs.OPEN_STATES))):
            runs.finish_if_done(run.id)


def slots() -> list[str]:
    """Return the slots that were taken, by Amsterdam's clock."""
    release()
    found = current().scalars(select(ScheduleSlot.due_at).order_by(ScheduleSlot.due_at))
    return [f"{moment.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}" for moment in found]


def tick_every(minutes: int, until: str) -> None:
    """Let the scheduler look now and then until a moment, and every run end at once."""
    while clock.now() < local(until):
        clock.advance(timedelta(minutes=minutes))
        if scheduling.tick():
            end_runs()


@pytest.fixture
def connection_id(app: Flask, organisation: Organisation) -> int:
    """A connection made at noon on a Monday."""
    at("2026-03-02 12:00")
    return make_connection(organisation.id)


def test_seven_and_two_by_the_clock_of_amsterdam(connection_id: int) -> None:
    tick_every(7, "2026-03-04 12:00")
    assert slots() == ["2026-03-02 14:00", "2026-03-03 07:00", "2026-03-03 14:00", "2026-03-04 07:00"]


def test_nothing_is_started_before_its_time(connection_id: int) -> None:
    at("2026-03-02 13:59:59")
    assert scheduling.tick() == []
    at("2026-03-02 14:00:00")
    (run_id,) = scheduling.tick()
    run = current().get_one(Run, run_id)
    assert (run.category, run.trigger, run.actor_name, run.connection_id) == (
        "process_payments",
        "automatic",
        "",
        connection_id,
    )
    assert current().scalars(select(OutboxEntry.job)).all() == ["jobs.payments.process"]
    assert current().scalars(select(ScheduleSlot.run_id)).all() == [run_id]
    assert scheduling.tick() == []


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_days_on_which_the_clocks_change_have_their_two_slots(
    app: Flask, organisation: Organisation, day: str
) -> None:
    at(f"{day} 00:00")
    make_connection(organisation.id)

    tick_every(10, f"{day} 23:59")

    assert slots() == [f"{day} 07:00", f"{day} 14:00"]
    stored = current().scalars(select(ScheduleSlot.due_at).order_by(ScheduleSlot.due_at)).all()
    summer = day == "2026-03-29"
    assert [moment.hour for moment in stored] == ([5, 12] if summer else [6, 13])


@pytest.mark.once  # PostgreSQL has the days on which the clocks change, and three schedulers at once
def test_a_simulated_year_has_exactly_its_slots(app: Flask, organisation: Organisation) -> None:
    at("2026-01-01 00:00")
    make_connection(organisation.id)

    tick_every(300, "2027-01-01 00:00")

    found = slots()
    assert len(found) == len(set(found)) == 730
    assert Counter(text[-5:] for text in found) == {"07:00": 365, "14:00": 365}


@pytest.mark.portable
@pytest.mark.parametrize("times", [["06:30"], ["00:00", "08:15", "23:30"]])
def test_every_connection_keeps_its_own_times(app: Flask, organisation: Organisation, times: list[str]) -> None:
    at("2026-06-01 00:00")
    own = make_connection(organisation.id, payment_times=times)
    usual = make_connection(organisation.id)

    tick_every(5, "2026-06-03 00:00")

    by_connection = Counter(current().scalars(select(ScheduleSlot.connection_id)))
    assert by_connection == {own: 2 * len(times), usual: 4}


def test_what_was_missed_is_caught_up_once(connection_id: int) -> None:
    at("2026-03-02 14:00")
    assert len(scheduling.tick()) == 1
    end_runs()

    at("2026-03-09 09:00")  # nobody looked for a week

    assert len(scheduling.tick()) == 1
    end_runs()
    assert scheduling.tick() == []
    assert slots() == ["2026-03-02 14:00", "2026-03-09 07:00"]


def test_a_paused_connection_is_left_alone_and_catches_up_once_when_resumed(
    connection_id: int, organisation: Organisation
) -> None:
    somebody = person(organisation.id, "Vincent")
    connections.pause(somebody, connection_id)
    tick_every(60, "2026-03-05 10:00")
    assert slots() == []

    connections.resume(somebody, connection_id)
    assert len(scheduling.tick()) == 1
    end_runs()
    assert scheduling.tick() == []
    tick_every(60, "2026-03-05 15:00")

    assert slots() == ["2026-03-05 07:00", "2026-03-05 14:00"]


def test_a_connection_that_processes_no_payments_has_no_slots(connection_id: int) -> None:
    with transaction() as session:
        session.execute(update(Connection).values(process_payments=False))
    tick_every(60, "2026-03-04 00:00")
    assert slots() == []


def test_times_that_cannot_be_read_stop_nobody_else(connection_id: int, organisation: Organisation) -> None:
    broken = make_connection(organisation.id, payment_times=["late"])
    tick_every(60, "2026-03-02 15:00")
    assert current().scalars(select(ScheduleSlot.connection_id)).all() == [connection_id]
    assert broken != connection_id


def test_a_slot_that_comes_while_a_run_is_going_on_is_that_run(connection_id: int, organisation: Organisation) -> None:
    at("2026-03-02 13:59")
    (run_id,) = payments.ask(person(organisation.id, "Vincent"))

    at("2026-03-02 14:00")

    assert scheduling.tick() == [run_id]
    assert len(current().scalars(select(Run.id)).all()) == 1


def test_three_schedulers_start_one_run_for_each_connection(
    app: Flask, connection_id: int, organisation: Organisation
) -> None:
    others = [make_connection(organisation.id) for _ in range(3)]
    at("2026-03-02 14:00:01")
    release()
    together = Barrier(3)

    def look(_: int) -> list[int]:
        with app.app_context():
            together.wait(10)
            return scheduling.tick()

    with ThreadPoolExecutor(3) as schedulers:
        started = [run_id for found in schedulers.map(look, range(3)) for run_id in found]

    release()
    assert len(started) == len(set(started)) == 4
    assert sorted(current().scalars(select(Run.connection_id))) == sorted([connection_id, *others])
    assert len(current().scalars(select(OutboxEntry.id)).all()) == 4
    assert slots() == ["2026-03-02 14:00"] * 4
