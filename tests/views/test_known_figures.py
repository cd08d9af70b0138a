"""What every page asks anew is known as long as nobody writes, and never a moment longer, whoever it was that wrote."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import InternalError

from tests.support.asked import asked
from tests.support.records import make_invoices
from webapp.extensions import db
from webapp.queries import invoices
from webapp.queries.invoice_filters import Filters
from webapp.store.organisations import Department, Organisation
from webapp.store.session import current, dialect, direct, release, transaction
from webapp.store.standstill import unless_written
from webapp.store.straight import Fixed, writing
from webapp.store.users import User

MORE = update(Organisation).values(payment_days=Organisation.payment_days + 1)
DAYS = select(Organisation.payment_days)


def by_session() -> None:
    with transaction():
        direct(MORE)


def by_the_driver() -> None:
    with writing() as line:
        line.do(Fixed(MORE), {})


def by_somebody_else() -> None:
    release()
    with db.engine.connect() as other:
        other.execute(MORE)
        other.commit()


def in_vain() -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        _write_and_fail()


def _write_and_fail() -> None:
    direct(MORE)
    _read()
    raise ZeroDivisionError


def without_a_word() -> None:
    """Write outside of a transaction that says so, look, and undo it; PostgreSQL refuses it."""
    release()
    if dialect() == "sqlite":
        current().connection().execute(MORE)
        _read()
    else:
        with pytest.raises(InternalError, match="read-only"):
            current().connection().execute(MORE)
    current().rollback()


def nothing() -> None:
    """Nobody writes."""


WAYS = (by_session, by_the_driver, by_somebody_else, in_vain, without_a_word, nothing)


def _days() -> int | None:
    return current().connection().execute(DAYS).scalar()


def _read() -> None:
    assert unless_written("days", _days) == _days()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(WAYS), st.booleans()),
        max_size=12,
    )
)
def test_what_is_known_is_what_stands(
    app: Flask, organisation: Organisation, steps: list[tuple[Callable[[], None], bool]]
) -> None:
    for write, ends in steps:
        write()
        _read()
        if ends:
            release()
        _read()
    release()


def test_inside_of_a_transaction_that_writes_everything_is_read(app: Flask, organisation: Organisation) -> None:
    _read()
    with transaction():
        _read()
        direct(MORE)
        _read()
    _read()


def test_while_nobody_writes_a_list_asks_only_who_looks_and_for_its_rows(
    app: Flask, organisation: Organisation, log_in: Callable[[User], FlaskClient], staff: User
) -> None:
    make_invoices(organisation.id, 3)
    client = log_in(staff)
    numbers: list[int] = []
    # There are several connections; and other tests write to the same server of PostgreSQL all the time.
    while len(numbers) < 1000 and 2 not in numbers:
        with asked(known=True) as said:
            client.get("/invoices")
        numbers.append(len(said))
    assert min(numbers) == 2, numbers


def test_a_list_shows_what_was_just_written(app: Flask, organisation: Organisation) -> None:
    def shown() -> tuple[Any, ...]:
        release()
        with app.test_request_context():
            table = invoices.table(organisation.id, Filters())
        return table.counts.total, len(table.rows), [name for _, name in table.departments]

    found = [shown(), shown()]
    make_invoices(organisation.id, 2)
    found.append(shown())
    with transaction() as session:
        session.add(Department(organisation_id=organisation.id, name="Noord"))
    found.append(shown())

    assert found == [(0, 0, []), (0, 0, []), (2, 2, []), (2, 2, ["Noord"])]
