"""What was read ahead is not read again while nobody writes; and what was said is kept, whatever becomes of it."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.payments.conftest import Desk
from webapp.extensions import db
from webapp.services import payments
from webapp.services.payments import writing
from webapp.services.payments.beforehand import Reader
from webapp.store.organisations import Organisation
from webapp.store.runs import HttpExchange
from webapp.store.session import current, dialect, is_writing, release, transaction
from webapp.store.standstill import STATE, Standstill
from webapp.store.straight import Fixed, asking, here

Wait = Callable[[], None]
RENAME = update(Organisation).values(name=Organisation.name + "!")


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each run took what it had read ahead for what stands."""
    noted: list[bool] = []
    trust = Reader.trust

    def note(reader: Reader, *, holds: bool) -> None:
        noted.append(holds)
        trust(reader, holds=holds)

    monkeypatch.setattr(Reader, "trust", note)
    return noted


def test_nothing_is_read_twice_while_nobody_writes(memory_desk: Desk, read_ahead: Wait, trusted: list[bool]) -> None:
    invoice_id = memory_desk.booked()
    memory_desk.process()
    trusted.clear()
    memory_desk.books.meanwhile = read_ahead
    unchanged = memory_desk.process()
    memory_desk.books.pay("26-0001", Decimal("21.00"))
    paid = memory_desk.process()

    # On PostgreSQL it counts as well what other tests write into other databases of the server.
    assert trusted == [True, True] or dialect() == "postgresql"
    assert memory_desk.causes(paid) == {}
    assert (unchanged.details["open_here"], paid.details["open_here"]) == ("121.00", "100.00")
    assert memory_desk.state(invoice_id) == ("partially_paid", "21.00", "100.00")


def test_all_is_read_again_when_anybody_wrote_anything(
    memory_desk: Desk, read_ahead: Wait, trusted: list[bool]
) -> None:
    memory_desk.booked()
    memory_desk.process()
    trusted.clear()

    def written() -> None:
        read_ahead()
        with transaction() as session:
            session.execute(RENAME)

    memory_desk.books.meanwhile = written
    memory_desk.process()

    assert trusted == [False]


def test_only_what_others_have_committed_counts_as_written(app: Flask, organisation: object) -> None:
    release()
    told = []
    for _ in range(1 if dialect() == "sqlite" else 300):  # there other tests write to the same server meanwhile
        told.append(_told_of_a_write())
        if told[-1] == [True, True, False, False, True]:
            break

    assert told[-1] == [True, True, False, False, True]
    assert {tuple(one[2:4]) for one in told} == {(False, False)}


def _told_of_a_write() -> list[bool]:
    with asking() as line, db.engine.connect() as other:
        before = Standstill(line)
        other.execute(RENAME)
        during = Standstill(line)
        held = [_holds(before), _holds(during)]
        other.commit()
        held += [_holds(before), _holds(during)]
        after = Standstill(line)
        with transaction() as session:
            session.execute(RENAME)  # our own, on another line
            held.append(_holds(after))
    return held


def test_statements_that_go_together_fail_together(app: Flask, organisation: object) -> None:
    asked = [Fixed(text(words)) for words in ("SELECT 1", "UPDATE runs SET calls = 1 WHERE id = -1", "SELECT 2")]
    wrong = Fixed(text("INSERT INTO outbox (id) VALUES (1)"))
    assert _in_transaction(*asked) == [[(1,)], [], [(2,)]]
    with pytest.raises(IntegrityError):
        _in_transaction(asked[0], wrong, asked[2])
    assert list(current().scalars(select(Organisation.name).where(Organisation.name.like("%!!")))) == []


def _in_transaction(*asked: Fixed) -> list[list[tuple[object, ...]]]:
    with transaction() as session:
        session.execute(RENAME)
        return here().at_once([(one, {}) for one in asked])


def _holds(standstill: Standstill) -> bool:
    """Ask as who writes does, on a line of its own."""
    line = here()
    held = standstill.holds(line.one(STATE[line.kind], {}))
    if not is_writing(current()):
        release()
    return held


@pytest.mark.parametrize("problem", [ValueError("a mistake"), OperationalError("UPDATE", {}, Exception("gone"))])
def test_what_was_said_is_kept_when_it_cannot_be_written_what_it_tells(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    invoice_id = desk.booked()
    desk.books.pay("26-0001", "21.00")
    run_id = desk.ask()

    def fail(*_: object, **__: object) -> None:
        raise problem

    with monkeypatch.context() as patched:
        patched.setattr(writing, "record", fail)
        with pytest.raises(type(problem)):
            payments.process(run_id)
    current().rollback()

    run = desk.run(run_id)
    assert (run.status, run.calls) == ("failed" if isinstance(problem, ValueError) else "running", 1)
    said = current().scalars(select(HttpExchange.response).where(HttpExchange.run_id == run_id)).all()
    assert ["26-0001" in one for one in said] == [True]
    assert desk.payments() == []
    payments.process(run_id)  # goes on where it has not ended
    ended = isinstance(problem, ValueError)
    assert desk.calls(desk.run(run_id)) == ["OutstandingDebtorItems"] * (1 if ended else 2)
    assert desk.state(invoice_id)[0] == ("open" if ended else "partially_paid")
