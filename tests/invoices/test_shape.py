"""The shape of what the lists ask the database: as many queries for thirty rows as for three, each by its index."""

import re
import sqlite3
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.bench import ledger
from tests.conftest import PASSWORD
from tests.support.asked import asked
from tests.support.records import make_connection
from webapp.extensions import clock, db
from webapp.services import accounts, indexing
from webapp.store.organisations import Organisation
from webapp.store.session import dialect, release
from webapp.store.users import User

QUERIES = {
    "/": 16,
    "/invoices": 7,
    "/invoices?kind=purchase": 7,
    "/invoices?status=sent": 7,
    "/payments": 13,
    "/logs": 7,
    "/notifications": 5,
    "/contacts": 7,
    "/products": 5,
    "/connections": 6,
    "/expenses": 7,
    "/reminders": 6,
    "/settings": 8,
}
"""How many queries each page takes, with its session and its frame, however many rows, where nothing is known yet."""

LISTS = (
    "sort=-issue_date", "sort=due_date", "sort=-total", "sort=open", "sort=number", "sort=-contact", "status=draft",
    "status=sent&sort=due_date", "delivery=rejected", "payment=overdue", "payment=partially_paid&sort=-total",
    "age=31-60", "failure=refused", "source=billingo", "from=2026-01-01&to=2026-03-31", "q=26-00", "q=bakkerij",
    "q=zzq", "q=99,95",
)  # fmt: skip


def test_a_page_takes_as_many_queries_for_many_rows_as_for_few(
    app: Flask,
    organisation: Organisation,
    other_organisation: Organisation,
    log_in: Callable[[User], FlaskClient],
    staff: User,
) -> None:
    colleague = accounts.add_user("b@b.example", organisation_id=other_organisation.id, role="staff", password=PASSWORD)
    numbers: list[dict[str, int]] = []
    for user, rows in ((staff, 3), (colleague, 30)):
        place = ledger.Place(user.organisation_id, make_connection(user.organisation_id))
        client = log_in(user)
        ledger.fill(place, rows, seed=1, until=clock.now().date())
        indexing.take_up(enough=1)
        numbers.append({})
        for page in QUERIES:
            assert client.get(page).status_code == 200
            with asked() as said:
                client.get(page)
            numbers[-1][page] = len(said)
    assert numbers == [QUERIES, QUERIES]


def plan(statement: str, values: Any) -> str:
    """Return how the database goes about a statement."""
    release()
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        ask = "EXPLAIN QUERY PLAN " if dialect() == "sqlite" else "EXPLAIN "
        if dialect() == "postgresql":  # a table of a few thousand rows is sooner read whole
            driver.execute("SET LOCAL enable_seqscan = off")
        cursor = psycopg.RawCursor(driver) if "$1" in statement else driver.cursor()
        rows = cursor.execute(ask + statement, values).fetchall()
        connection.rollback()
    return "\n".join(str(row[-1]) for row in rows)


def test_every_list_and_search_goes_by_an_index(
    app: Flask, organisation: Organisation, log_in: Callable[[User], FlaskClient], staff: User
) -> None:
    place = ledger.Place(organisation.id, make_connection(organisation.id))
    ledger.fill(place, 3_000, seed=1, until=date(2026, 3, 31))
    indexing.take_up(enough=1)
    ledger.settle()
    client = log_in(staff)
    for wanted in LISTS:
        with asked() as said:
            assert client.get(f"/invoices?{wanted}").status_code == 200
        for statement, values in said:
            if "invoices" not in statement:
                continue
            way = plan(statement, values)
            assert not re.search(r"SCAN invoices(?! USING)|Seq Scan on invoices", way), f"{wanted}: {statement}\n{way}"
            if dialect() == "sqlite" and wanted == "delivery=rejected" and statement.startswith("WITH"):
                assert "COVERING INDEX ix_invoices_axes" in way, way
    with asked() as said:
        assert client.get("/payments?direction=reversed").status_code == 200
        assert client.get("/").status_code == 200
    ways = [plan(*one) for one in said if "FROM payments" in one[0]]
    assert not [way for way in ways if re.search(r"SCAN payments(?! USING)|Seq Scan on payments", way)]
    assert any("ix_payments_taken" in way for way in ways)


def test_a_statement_that_comes_again_is_not_prepared_again(
    app: Flask, organisation: Organisation, log_in: Callable[[User], FlaskClient], staff: User
) -> None:
    if dialect() != "sqlite":
        pytest.skip("PostgreSQL plans a page's statements anew by itself")
    place = ledger.Place(organisation.id, make_connection(organisation.id))
    ledger.fill(place, 300, seed=1, until=date(2026, 3, 31))
    indexing.take_up(enough=1)
    client = log_in(staff)
    pages = [*(f"/invoices?{wanted}" for wanted in LISTS), *QUERIES]
    again = [statement for page in pages for statement in prepared_again(client, page)]
    assert not again, "\n".join(dict.fromkeys(again))


def prepared_again(client: FlaskClient, page: str) -> list[str]:
    """Return the statements of a page that SQLite prepares each time: it asks for leave to read every column then."""
    with asked() as said:
        client.get(page)
    found: list[str] = []
    named: list[Any] = []
    release()
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_authorizer(lambda *what: named.append(what) or sqlite3.SQLITE_OK)
        try:
            for statement, values in said:
                driver.execute(statement, values).fetchall()
                named.clear()
                driver.execute(statement, values).fetchall()
                found += [statement] if named else []
        finally:
            driver.set_authorizer(None)
    return found
