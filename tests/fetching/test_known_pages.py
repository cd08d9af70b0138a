"""Pages known to the byte: a reading that passes them over ends as one that looks at every document."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, exists, func, select

from tests.bench.book import record
from tests.fetching.conftest import Desk, adds_up
from webapp.connectors.billingo import paging
from webapp.connectors.ports import NotUnderstood
from webapp.connectors.sources import Asked, InvoicePage, Known, Shelf
from webapp.domain.remote_invoices import RemotePayment
from webapp.extensions import clock
from webapp.services import accounts, sources
from webapp.services.actors import person
from webapp.services.fetching import batching, sheets, working
from webapp.services.gateways import OpenSource
from webapp.store.fetching import FetchState, PageMark, RemoteDocument, SeenPage, SetAside
from webapp.store.invoices import Invoice
from webapp.store.runs import Run
from webapp.store.session import current, transaction

PER_PAGE, PAGES = 3, 5
UNKNOWN = dict.fromkeys(("page", "notes"), lambda *_facts: None)
"""A reading that looks at each document, and asks for each whether it is here as it is told."""
FROM = 111_000_000
NUMBERS = count(1)
ALWAYS = ("id", "connection_id", "organisation_id", "invoice_id", "seen_at", "created_at", "updated_at", "vanished_at")


@dataclass
class Account:
    """Documents over there, the newest first, read three to a page; `stop` is the page that makes no sense."""

    documents: dict[int, dict[str, Any]] = field(default_factory=dict)
    stop: int = 0
    between: Callable[[], None] | None = None

    def body(self, number: int) -> bytes:
        ids = sorted(self.documents, reverse=True)
        data = [self.documents[key] for key in ids[(number - 1) * PER_PAGE : number * PER_PAGE]]
        last = max(1, -(-len(ids) // PER_PAGE))
        return json.dumps({"data": data, "total": len(ids), "current_page": number, "last_page": last}).encode()

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        if number == self.stop:
            raise NotUnderstood("this page")
        if number == 3 and self.between is not None:
            self.between()
        return paging.read_page(self.body(number), number, known)

    def pages(
        self, asked: Asked, number: int, *, known: Known | None = None, shelf: Shelf | None = None
    ) -> Iterator[InvoicePage | None]:
        while True:
            page = self.page(asked, number, known=known)
            yield page
            if page.last <= number:
                return
            number += 1

    def document(self, remote_id: str) -> InvoicePage:
        found = [one for key, one in self.documents.items() if str(key) == remote_id]
        body = json.dumps({"data": found, "total": len(found), "current_page": 1, "last_page": 1}).encode()
        return paging.read_page(body, 1)

    def payments(self, remote_id: str) -> tuple[RemotePayment, ...]:
        return ()


@contextmanager
def read_from(account: Account) -> Iterator[None]:
    opened: Any = OpenSource(account, None)  # type: ignore[arg-type]
    with patch.object(working, "open_source", lambda *_args, **_facts: opened):
        yield


def stands(desk: Desk, run: Run) -> dict[str, Any]:
    """Return what a reading left behind, but for ids and moments."""
    current().expire_all()
    columns = [column for column in RemoteDocument.__table__.c if column.name not in ALWAYS]
    query = (
        select(
            *columns, RemoteDocument.vanished_at.is_(None), Invoice.status, Invoice.outstanding_amount, Invoice.remarks
        )
        .join(Invoice, Invoice.id == RemoteDocument.invoice_id)
        .where(RemoteDocument.connection_id == desk.connection_id)
    )
    waits = select(SetAside.name, SetAside.reason, SetAside.attempts, SetAside.solved_at.is_(None)).where(
        SetAside.connection_id == desk.connection_id
    )
    state = current().get_one(FetchState, desk.connection_id)
    details = {name: one for name, one in run.details.items() if name not in ("wanted", "begun")}
    progress = {name: one for name, one in state.progress.items() if name != "started_at"}
    counted = (run.status, run.failure, run.offered, run.succeeded, run.skipped, run.failed)
    return {
        "documents": sorted(map(repr, map(tuple, current().execute(query)))),
        "set aside": sorted(map(repr, map(tuple, current().execute(waits)))),
        "run": (counted, details, progress, state.full_at == state.watermark),
        "seen": current().scalar(exists().where(SeenPage.connection_id == desk.connection_id).select())
        and not progress,
    }


def play(account: Account, what: str, which: int) -> None:
    """Let something happen over there."""
    ids = sorted(account.documents)
    one = account.documents[ids[which]]
    account.stop = 1 + which % PAGES if what == "stops" else 0
    account.between = None
    if what == "says":
        one["comment"] = "levél" if not one["comment"] else ""
    elif what == "bytes":
        one["vendor_extra"] = which
    elif what == "bad":
        one["invoice_date"] = "nonsense" if one["invoice_date"] != "nonsense" else "2024-05-05"
    elif what == "paid":
        one["payment_status"] = ("outstanding", "partially_paid", "paid")[which % 3]
    else:
        come_and_go(account, what, which, ids)


def come_and_go(account: Account, what: str, which: int, ids: list[int]) -> None:
    """Let a document come or go, at once or between two pages."""
    if what == "new":
        account.documents[ids[-1] + 1] = record(ids[-1] + 1 - FROM)
    elif what == "gone" and len(ids) > 5:
        del account.documents[ids[which]]
    elif what == "back":
        account.documents.setdefault(ids[0] + which, record(ids[0] + which - FROM))
    elif what in ("pushed", "pulled"):

        def moves() -> None:
            account.between = None
            come_and_go(account, {"pushed": "new", "pulled": "gone"}[what], len(ids) - 1, ids)

        account.between = moves


KINDS = ("says", "bytes", "new", "gone", "back", "bad", "paid", "stops", "pushed", "pulled", "nothing", "nothing")
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.booleans()), min_size=4, max_size=7)
"""What happens, to which document, and whether everything is read then; few documents, so that one has a history."""


@pytest.fixture
def twins(app: Flask, desk: Desk) -> tuple[Desk, Desk]:
    """Two organisations with an account of the same documents each."""
    other = accounts.add_organisation("Tweede B.V.", features=("yuki", "billingo_sync"))
    made = sources.add(person(other.id, "Vincent"), name="Billingo", key="another-key-entirely")
    return desk, Desk(other, desk.url, made)


def empty(*desks: Desk) -> None:
    with transaction() as session:
        for desk in desks:
            for table in (SetAside, PageMark, SeenPage, FetchState, RemoteDocument):
                session.execute(delete(table).where(table.connection_id == desk.connection_id))
            session.execute(delete(Run).where(Run.connection_id == desk.connection_id))


@settings(
    max_examples=5, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
@example(steps=[("says", 5, False), ("says", 5, True)])
@example(steps=[("paid", 4, True), ("paid", 4, False), ("paid", 3, True)])
@example(steps=[("gone", 4, True), ("back", 4, False), ("nothing", 0, True)])
def test_a_reading_that_passes_over_pages_ends_as_one_that_looks_at_each_document(
    twins: tuple[Desk, Desk], steps: list[tuple[str, int, bool]]
) -> None:
    empty(*twins)
    first = 1000 * next(NUMBERS)  # what was paid stays in the ledger, under the numbers of before
    ids = range(first, first + PER_PAGE * PAGES)
    accounts_of = [Account({FROM + n: record(n) for n in ids}) for _ in twins]
    with patch.object(batching, "MOST_ROWS", 12):
        for what, which, full in [("nothing", 0, True), *steps]:
            clock.advance(timedelta(minutes=7))
            found = []
            for desk, account, known in zip(twins, accounts_of, (True, False), strict=True):
                play(account, what, which)
                with read_from(account), nullcontext() if known else patch.multiple(sheets.Sheets, **UNKNOWN):
                    run = desk.fetch(full=full)
                assert adds_up(run)
                found.append(stands(desk, run))
            assert found[0] == found[1], (what, which)


def test_a_page_is_known_until_a_document_of_it_changes_and_only_that_page_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account({FROM + n: record(n) for n in range(1, PER_PAGE * PAGES + 1)})
    read: list[int] = []

    def noting(way: Callable[..., InvoicePage | None]) -> Callable[..., InvoicePage | None]:
        def reads(body: bytes, number: int, *more: Any) -> InvoicePage | None:
            read.append(number)
            return way(body, number, *more)

        return reads

    for way in (paging._read_new, paging._read_page):
        monkeypatch.setattr(paging, way.__name__, noting(way))

    def numbers() -> list[int]:
        read.clear()
        with read_from(account):
            assert desk.fetch(full=True).status == "completed"
        return read

    assert numbers() == [1, 2, 3, 4, 5]
    assert numbers() == [5], "the last page of a list ends it, and is read"
    account.documents[FROM + 8]["comment"] = "levél"
    assert numbers() == [3, 5]
    assert desk.invoice(FROM + 8).remarks == "levél"
    assert numbers() == [5]
    account.documents[FROM + 11]["payment_status"] = "partially_paid"
    assert numbers() == [2, 5]
    assert numbers() == [2, 5], "what is paid in part is asked for each time"


def test_a_page_that_is_passed_over_writes_no_document(desk: Desk) -> None:
    account = Account({FROM + n: record(n) for n in range(1, PER_PAGE * PAGES + 1)})
    with read_from(account):
        desk.fetch(full=True)
        moments = select(func.max(RemoteDocument.updated_at), func.max(RemoteDocument.seen_at))
        before = current().execute(moments).one()
        clock.advance(timedelta(minutes=7))
        run = desk.fetch(full=True)
    assert current().execute(moments).one() == before
    assert (run.details["unchanged"], run.details["items"], run.details["created"]) == (15, 30, 0)
    assert desk.state().full_at == clock.now()
