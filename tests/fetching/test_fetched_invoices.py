"""The invoice page of what was fetched, its PDF on demand, the filter on sources, and what was set aside."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.fetching.conftest import Desk
from tests.support.records import make_invoice
from webapp.services import connections
from webapp.store.invoices import InvoiceDocument
from webapp.store.organisations import Organisation
from webapp.store.payments import Allocation
from webapp.store.session import current, release
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


@pytest.fixture
def few(desk: Desk) -> Desk:
    """A desk over an account of eight documents, all of them fetched."""
    desk.control("reset", {"documents": 8})
    desk.control("mode", {"rate_limit": 0, "pdf_delay": 0})
    desk.fetch()
    return desk


def one_of(desk: Desk) -> tuple[int, int]:
    """Return a document's id over there and its invoice's id here."""
    remote_id = next(one["id"] for one in desk.ledger() if one["type"] == "invoice")
    found = remote_id, desk.invoice(remote_id).id
    release()
    return found


def test_the_pdf_comes_on_demand_once_and_again_after_a_change(few: Desk, viewer: User, log_in: LogIn) -> None:
    remote_id, invoice_id = one_of(few)
    client = log_in(viewer)
    asked = client.post(f"/invoices/{invoice_id}/pdf")
    assert (asked.status_code, asked.location) == (303, f"/invoices/{invoice_id}/document")
    answer = client.get(asked.location)
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    few.fault("500", operation="DownloadDocument", times=9)
    assert client.post(f"/invoices/{invoice_id}/pdf").location == asked.location, "it is here: nobody is asked"
    release()
    few.control("modify", {"id": remote_id, "comment": "másként"})
    few.fetch()
    assert few.count(InvoiceDocument) == 0


def test_a_pdf_that_cannot_be_had_is_said_to_be_so(few: Desk, staff: User, log_in: LogIn) -> None:
    _, invoice_id = one_of(few)
    few.control("mode", {"rate_limit": 0, "pdf_delay": 1})
    client = log_in(staff)
    for fault, words in (("401", "API-sleutel"), ("403", "API-sleutel"), ("402", "abonnement"), ("", "nog niet klaar")):
        if fault:
            few.fault(fault, operation="DownloadDocument", times=1)
        answer = client.post(f"/invoices/{invoice_id}/pdf", follow_redirects=True)
        assert answer.status_code == 200
        assert words in answer.text, fault
        assert few.count(InvoiceDocument) == 0
        release()
        connections.resume(few.actor, few.connection_id)
        release()


def test_while_the_connection_is_paused_nobody_is_asked(few: Desk, staff: User, log_in: LogIn) -> None:
    _, invoice_id = one_of(few)
    connections.pause(few.actor, few.connection_id)
    release()
    answer = log_in(staff).post(f"/invoices/{invoice_id}/pdf", follow_redirects=True)
    assert "gepauzeerd" in answer.text


def test_the_source_is_a_filter_of_the_list(few: Desk, organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    number = few.invoice(next(one["id"] for one in few.ledger() if one["type"] == "invoice")).number
    make_invoice(organisation.id, "26-0001")
    release()
    client = log_in(viewer)
    both, own, theirs = (client.get(f"/invoices{query}").text for query in ("", "?source=own", "?source=billingo"))
    assert "26-0001" in both
    assert number in both
    assert "26-0001" in own
    assert f'data-number="{number}"' not in own
    assert "26-0001" not in theirs
    assert f'data-number="{number}"' in theirs
    assert "26-0001" in client.get("/invoices?source=nowhere").text, "what is not understood is left out"


def test_what_was_set_aside_is_listed_with_reason_and_payload_until_it_can_be_read(
    desk: Desk, staff: User, log_in: LogIn
) -> None:
    desk.control("reset", {"documents": 8})
    desk.control("mode", {"rate_limit": 0})
    desk.fault("bad_date", count=1)
    desk.fetch()
    waiting = desk.set_aside()[0]
    record, listed = f"/connections/set-aside/{waiting.id}", f"/connections/{desk.connection_id}/set-aside"
    release()
    client = log_in(staff)
    assert listed in client.get(f"/connections/{desk.connection_id}").text
    page = client.get(listed).text
    assert record in page
    assert "geen datum" in page
    shown = client.get(record).text
    assert waiting.remote_id in shown
    assert "gross_total" in shown
    assert client.post(f"/connections/{desk.connection_id}/fetch").status_code == 303
    desk.work()
    assert "Niets opzijgelegd" in client.get(listed).text
    assert "kon sindsdien gelezen worden" in client.get(record).text
    assert current().get_one(type(waiting), waiting.id).solved_at is not None


@pytest.mark.parametrize("fetched_before", [True, False])
def test_a_storno_is_set_off_against_the_invoice_it_cancels(few: Desk, fetched_before: bool) -> None:
    def is_open(remote_id: int) -> bool:
        return few.invoice(remote_id).paid_amount == 0 and few.invoice(remote_id).gross_total > 0

    target = next(one for one in few.ledger() if one["type"] == "invoice" and is_open(one["id"]))
    if not fetched_before:
        target = few.control("insert", {"type": "invoice"})
    few.control("cancel", {"id": target["id"]})
    before = {one["id"] for one in few.ledger()}
    few.fetch()
    storno_id = next(one["id"] for one in few.ledger() if one["type"] == "cancellation" and _about(few, one, target))
    assert storno_id in before
    invoice, storno = few.invoice(target["id"]), few.invoice(storno_id)
    assert (invoice.status, invoice.outstanding_amount) == ("cancelled", 0)
    assert (storno.gross_total, storno.outstanding_amount) == (-invoice.gross_total, 0)
    assert invoice.credited_amount == invoice.gross_total
    entries = current().scalars(select(Allocation).where(Allocation.credit_note_id == storno.id)).all()
    assert [(one.kind, one.invoice_id, one.amount) for one in entries] == [("credit", invoice.id, invoice.gross_total)]
    few.fetch(full=True)
    assert few.count(Allocation) == len(current().scalars(select(Allocation)).all())
    assert few.invoice(storno_id).outstanding_amount == 0


def _about(desk: Desk, one: dict[str, Any], target: dict[str, Any]) -> bool:
    document = desk.document(one["id"])
    return document is not None and str(target["id"]) in [pair[0] for pair in document.facts["related"]]


def test_a_storno_without_a_minus_claims_nothing(few: Desk) -> None:
    few.control("mode", {"cancellation_sign": "positive"})
    target = few.control("insert", {"type": "invoice"})
    few.control("cancel", {"id": target["id"]})
    few.fetch()
    storno_id = next(one["id"] for one in few.ledger() if one["type"] == "cancellation" and _about(few, one, target))
    assert {few.invoice(target["id"]).status, few.invoice(storno_id).status} == {"cancelled"}
