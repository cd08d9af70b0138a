"""Workers and sweepers that change many of the same rows at the same moment wait for each other, and never for ever."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace

from flask import Flask

from tests.sending.conftest import Office
from webapp.services.sending import sweeping
from webapp.services.sending.cancelling import _show
from webapp.services.sending.claiming import Claim, claim_batch
from webapp.services.sending.recording import Mark, write
from webapp.store.runs import Run
from webapp.store.session import release, transaction

BACK = Mark(state="queued", outcome="pending")
HELD = Mark(state="sending", outcome="pending")


def together(app: Flask, *deeds: Callable[[random.Random], None]) -> list[BaseException]:
    """Do all deeds at the same time, each in a thread; returns what went wrong."""
    start, failed = threading.Barrier(len(deeds)), []

    def run(place: int) -> None:
        chance = random.Random(place)
        with app.app_context():
            try:
                start.wait(10)
                deeds[place](chance)
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return failed


def test_two_workers_and_a_sweeper_on_one_run_never_deadlock(app: Flask, office: Office) -> None:
    app.extensions["koppel"] = replace(app.extensions["koppel"], lease_seconds=0.001)
    run_id = office.ask(*office.invoices(40))
    release()

    def work(chance: random.Random) -> None:
        for _ in range(12):
            claims = claim_batch(run_id)
            chance.shuffle(claims)
            with transaction():
                write(claims, BACK)

    def sweep(_: random.Random) -> None:
        for _ in range(24):
            sweeping._expired_leases()

    assert together(app, work, work, sweep) == []

    app.extensions["koppel"] = replace(app.extensions["koppel"], lease_seconds=60)
    office.later(seconds=120)
    assert sorted(office.references()) == [f"26-{n:04}" for n in range(1, 41)]


def test_the_same_invoices_in_any_order_never_deadlock(app: Flask, office: Office) -> None:
    ids = office.invoices(40)
    run_id = office.ask(*ids)
    release()

    def show(chance: random.Random) -> None:
        for _ in range(15):
            order = ids[:]
            chance.shuffle(order)
            with transaction() as session:
                run = session.get_one(Run, run_id)
                _show(run, order, delivery="queued", event="yuki.queued")

    assert together(app, show, show, show) == []


def test_what_is_of_the_same_runs_is_written_run_by_run_and_never_deadlocks(app: Flask, office: Office) -> None:
    ids = office.invoices(40)
    claims = [claim for part in (ids[:20], ids[20:]) for claim in claim_batch(office.ask(*part))]
    release()

    def writing(own: list[Claim]) -> Callable[[random.Random], None]:
        def write_them(chance: random.Random) -> None:
            for _ in range(15):
                chance.shuffle(own)
                with transaction():
                    write(own, HELD)

        return write_them

    assert len(claims) == 40
    assert together(app, writing(claims[::2]), writing(claims[1::2])) == []


def test_a_sweeper_leaves_what_somebody_holds_and_takes_the_rest_run_by_run(app: Flask, office: Office) -> None:
    app.extensions["koppel"] = replace(app.extensions["koppel"], lease_seconds=0.001)
    ids = office.invoices(40)
    runs = [office.ask(*ids[start : start + 10]) for start in range(0, 40, 10)]
    release()

    def work(chance: random.Random) -> None:
        for _ in range(6):
            claims = [claim for run_id in chance.sample(runs, 4) for claim in claim_batch(run_id)]
            with transaction():
                write(claims, BACK)

    def sweep(_: random.Random) -> None:
        for _ in range(20):
            sweeping._expired_leases()

    assert together(app, work, work, sweep, sweep) == []
