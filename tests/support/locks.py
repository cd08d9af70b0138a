"""Two who write the same rows: whether one of them locks them the other way round."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from flask import Flask
from sqlalchemy import Select, update

from webapp.extensions import clock
from webapp.store.runs import Run
from webapp.store.session import transaction

MOMENT = 0.3
"""Seconds that the other one has to come to the row that he waits for."""


def work_beside(app: Flask, held: Select[tuple[int]], run_id: int, work: Callable[[int], object]) -> None:
    """Let somebody else begin to work on a run while we hold `held`; then change the run, as who holds that does.

    Who has the run by then, and waits for us, waits for ever: PostgreSQL ends one of the two, and that is raised here.
    """

    def begin() -> None:
        with app.app_context():
            work(run_id)

    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            session.execute(held.with_for_update())
            begun = other.submit(begin)
            wait([begun], timeout=MOMENT)
            session.execute(update(Run).where(Run.id == run_id).values(heartbeat_at=clock.now()))
        begun.result()
