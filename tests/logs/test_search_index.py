"""The search in the logs finds over all entries what looking at each finds: gathered by index, or met on the way."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.invoices.test_shape import asked, plan
from tests.logs.conftest import Books
from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_run
from webapp.queries import log_search, logs
from webapp.services import indexing
from webapp.store.invoices import Invoice
from webapp.store.log_pieces import LOG_WAITING
from webapp.store.organisations import Organisation
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, dialect, release, transaction

WORDS = ("BTW-code is niet actief", "Factuur bestaat al", "Relatie É onbekend", "")
NAMES = ("Bakkerij De Korenbloem", "Bouw Ærø & Zn", "100% Groen B.V.")
PEOPLE = ("Noor Bakker", "Jan Ærts", "")


@pytest.fixture
def shelf(app: Flask, organisation: Organisation, other_organisation: Organisation) -> int:
    """Runs of two organisations, half of them in the index; returns the first organisation's id."""
    for whose in (organisation.id, other_organisation.id):
        connection = make_connection(whose)
        for number in range(12):
            if number == 8:
                indexing.take_up(enough=1)
            invoice = make_invoice(whose, f"26-{number:03}", contact=NAMES[number % 3])
            said = WORDS[number % 4]
            run = make_run(whose, connection, [(invoice, "failed" if said else "succeeded", "refused" if said else "")])
            with transaction() as session:
                session.execute(update(RunItem).where(RunItem.run_id == run).values(remote_text=said))
                session.execute(update(Run).where(Run.id == run).values(actor_name=PEOPLE[number % 3]))
    return organisation.id


def found(organisation_id: int, text: str) -> list[int]:
    return [row.id for row in logs.page(organisation_id, logs.Filters(q=text)).rows]


def by_eye(organisation_id: int, text: str) -> list[int]:
    """Look at each run."""
    wanted = text.casefold()
    query = select(Run.id, Run.actor_name, RunItem.remote_text, RunItem.invoice_id).join(RunItem)
    runs = current().execute(query.where(Run.organisation_id == organisation_id).order_by(Run.id.desc())).all()
    names = {row.id: row for row in current().execute(select(Invoice.id, Invoice.number, Invoice.contact_name))}
    return [
        row.id
        for row in runs
        if names[row.invoice_id].number.casefold().startswith(wanted)
        or wanted in row.actor_name.casefold()
        or (
            len(text) >= 3
            and (wanted in names[row.invoice_id].contact_name.casefold() or wanted in row.remote_text.casefold())
        )
    ]


TERMS = (
    "bakkerij",
    "noor b",
    "26-00",
    "26-003",
    "factuur best",
    "btw-code is",
    "100% g",
    "jan",
    "no",
    "zzq",
    "ærø",
    "%_",
)


@pytest.mark.parametrize("many", [20_000, 2])
def test_what_is_found_is_what_looking_at_each_run_finds(
    app: Flask, shelf: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_search, "MANY", many)
    with app.test_request_context():
        for term in TERMS:
            if term == "ærø" and dialect() == "sqlite":
                continue  # SQLite tells large and small letters apart outside of ASCII
            assert found(shelf, term) == by_eye(shelf, term), term


def test_words_that_change_are_found_as_they_are_now(app: Flask, shelf: int) -> None:
    indexing.take_up(enough=1)
    assert current().scalar(select(func.count()).select_from(LOG_WAITING)) == 0
    (run, *_rest) = found_in(app, shelf, "bestaat al")
    with transaction() as session:
        session.execute(update(RunItem).where(RunItem.run_id == run).values(remote_text="Periode is gesloten"))
    assert run not in found_in(app, shelf, "bestaat al")
    assert found_in(app, shelf, "periode is") == [run]
    assert indexing.take_up(enough=1) == 1
    assert found_in(app, shelf, "periode is") == [run]


def found_in(app: Flask, organisation_id: int, text: str) -> list[int]:
    release()
    with app.test_request_context():
        return found(organisation_id, text)


def test_a_very_frequent_text_is_not_counted_to_its_end(
    app: Flask, shelf: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "COUNTED", 3)
    with app.test_request_context():
        page = logs.page(shelf, logs.Filters(q="26-0"))
    assert (page.total, page.many, len(page.rows)) == (3, True, 12)


@pytest.mark.parametrize("many", [20_000, 0])
def test_every_search_in_the_logs_goes_by_an_index(
    app: Flask, books: Books, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for invoice in books.invoices[:2]:
        make_run(books.organisation_id, books.connection_id, [(invoice, "failed", "refused")])
    indexing.take_up(enough=1)
    monkeypatch.setattr(log_search, "MANY", many)
    with app.test_request_context():
        for term in ("26-0", "bakk", "noor", "zzq"):
            with asked() as said:
                logs.page(books.organisation_id, logs.Filters(q=term))
            for statement, values in said:
                way = plan(statement, values)
                whole = r"SCAN (runs|run_items|invoices)(?! USING)|Seq Scan on (runs|run_items|invoices)"
                assert not re.search(whole, way), f"{term}: {statement}\n{way}"
