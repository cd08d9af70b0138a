"""Transactions of many threads: one after the other, a failed one lets the next in, and a child begins afresh."""

import os
import threading

import pytest
from flask import Flask

from webapp.extensions import db
from webapp.store.organisations import Organisation
from webapp.store.session import _turns as turns
from webapp.store.session import current, once_committed, release, transaction


def _add_a_day(app: Flask, organisation_id: int, times: int) -> None:
    with app.app_context():
        for _ in range(times):
            with transaction() as session:
                organisation = session.get_one(Organisation, organisation_id, with_for_update=True)
                organisation.payment_days += 1
        db.session.remove()


def test_what_many_threads_write_at_once_is_all_kept(app: Flask, organisation: Organisation) -> None:
    before, organisation_id = organisation.payment_days, organisation.id
    release()
    threads = [threading.Thread(target=_add_a_day, args=(app, organisation_id, 10)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    current().expire_all()
    assert current().get_one(Organisation, organisation_id).payment_days == before + 60


def test_a_transaction_that_fails_lets_the_next_thread_in(app: Flask, organisation: Organisation) -> None:
    before, organisation_id = organisation.payment_days, organisation.id
    with pytest.raises(ZeroDivisionError), transaction():
        raise ZeroDivisionError
    other = threading.Thread(target=_add_a_day, args=(app, organisation_id, 1))
    other.start()
    other.join(20)
    assert not other.is_alive()
    current().expire_all()
    assert current().get_one(Organisation, organisation_id).payment_days == before + 1


def test_what_is_told_after_the_commit_may_write_itself(organisation: Organisation) -> None:
    def write_again() -> None:
        with transaction() as session:
            session.get_one(Organisation, organisation.id).language = "hu"

    with transaction():
        once_committed("again", write_again)
    current().expire_all()
    assert current().get_one(Organisation, organisation.id).language == "hu"


def test_a_child_process_does_not_wait_for_a_thread_that_it_does_not_have(app: Flask) -> None:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with app.app_context():
            with transaction():
                holding.set()
                done.wait(30)
            db.session.remove()

    holder = threading.Thread(target=hold)
    holder.start()
    assert holding.wait(20)
    child = os.fork()
    if child == 0:  # nothing but the lock is looked at: the database's connections are the parent's
        os._exit(0 if turns.lock.acquire(timeout=5) else 1)
    _, status = os.waitpid(child, 0)
    done.set()
    holder.join(20)
    assert os.waitstatus_to_exitcode(status) == 0
