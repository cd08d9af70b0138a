"""What is wrong in the archive is set aside with its reason, or read again: a run never stops, nothing is guessed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.archive.conftest import Desk
from webapp.connectors.yuki import source
from webapp.extensions import clock
from webapp.sandbox.yuki.opening import DOMAIN_KEY, NL_KEY
from webapp.services import fetching
from webapp.services.connection_rows import put_key
from webapp.services.fetching import working
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.notifications import Notification
from webapp.store.session import current, transaction
from webapp.store.users import User

WHOLE = {
    "ContactName": "De Linde",
    "ContactId": "b-1",
    "DocumentDate": "2026-02-01",
    "Amount": "121.00",
    "Reference": "L-1",
}


@pytest.mark.portable
@pytest.mark.parametrize(
    ("odd", "found"),
    [
        ({"Amount": "252,81"}, ("Amount", "not_an_amount")),
        ({"Amount": "1.000.000"}, ("Amount", "not_an_amount")),
        ({"DocumentDate": None}, ("DocumentDate", "missing")),
        ({"DocumentDate": "2026-02-30"}, ("DocumentDate", "not_a_date")),
        ({"VATAmount": "veel"}, ("VATAmount", "not_an_amount")),
        ({"Type": "77"}, ("Type", "unknown_type")),
        ({"Reference": "9" * 61}, ("Reference", "too_long")),
    ],
)
def test_a_document_that_cannot_be_read_is_set_aside_until_it_is_mended(
    desk: Desk, odd: dict[str, Any], found: tuple[str, str]
) -> None:
    spoilt = desk.odd(odd=WHOLE | odd)
    run = desk.fetch()
    assert (run.status, run.result, run.failed, run.succeeded) == ("partial", "partial", 1, 2)
    assert desk.set_aside() == {spoilt: found}
    assert desk.document(spoilt) is None
    clock.advance(timedelta(minutes=1))
    again = desk.fetch()
    assert (again.failed, again.skipped) == (0, 1)  # it is known, and told once
    desk.odd(spoilt, odd=WHOLE | {"Type": "2", "VATAmount": "21.00"})
    desk.fetch()
    assert desk.set_aside() == {}
    assert desk.of(spoilt).gross_total == 121


def test_an_empty_contact_is_nobody_and_labels_of_another_language_mean_the_same(desk: Desk) -> None:
    nobody = desk.odd(odd=WHOLE | {"ContactName": "", "ContactId": None, "TypeDescription": "Purchase invoice"})
    desk.fetch()
    found = desk.of(nobody)
    assert (found.kind, found.status, found.contact_name, found.contact_id) == ("purchase", "sent", "", None)


def test_statements_and_journals_in_the_folder_are_passed_over(desk: Desk) -> None:
    desk.odd(odd=WHOLE | {"Type": "21"})
    run = desk.fetch()
    assert (run.offered, run.failed) == (2, 0)


@pytest.mark.portable
@pytest.mark.parametrize("fault", ["truncated", "doctype", "html"])
def test_an_answer_cut_in_the_middle_is_asked_again_where_it_was(
    stocked: Desk, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    _small_pages(monkeypatch)
    stocked.fault(fault, after=2)
    broken = stocked.fetch()
    assert broken.status in ("partial", "queued")
    assert stocked.count(RemoteDocument) == 19
    again = stocked.run(broken.id)
    if again.status == "partial":
        again = stocked.fetch()
    else:
        stocked.later(minutes=1)
    assert stocked.run(again.id).status == "completed"
    stocked.agrees()


def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.connectors.yuki.archive.PAGE", 10)
    monkeypatch.setattr(source, "SMALLEST_PAGE", 10)


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_killed_at_any_page_it_goes_on_there(stocked: Desk, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    _small_pages(monkeypatch)
    real, written = working._store, []

    def dies(*args: Any) -> bool:
        if len(written) == page - 1 and "died" not in written:
            written.append("died")
            raise KeyboardInterrupt
        written.append("stored")
        return real(*args)

    monkeypatch.setattr(working, "_store", dies)
    run_id = fetching.ask(stocked.actor, stocked.connection_id)[0]
    with pytest.raises(KeyboardInterrupt):
        stocked.work()
    current().rollback()
    stocked.later(minutes=3)
    run = stocked.run(run_id)
    assert (run.status, run.offered - run.failed) == ("completed", 40)
    stocked.agrees()


def test_pages_that_shift_lose_nothing_and_store_nothing_twice(stocked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pages(monkeypatch)
    real, moved = working._store, []

    def meanwhile(*args: Any) -> bool:
        going_on = real(*args)
        if not moved:
            moved.append(1)
            read = [one for one in stocked.ledger()["documents"] if one["folder"] == 1][3:6]
            for one in read:
                stocked.odd(one["id"], move_to=7)
            stocked.odd(odd=WHOLE)
        return going_on

    monkeypatch.setattr(working, "_store", meanwhile)
    assert stocked.fetch().status == "completed"
    stocked.agrees()
    clock.advance(timedelta(minutes=5))
    stocked.fetch(full=True)
    stocked.agrees()


def test_an_archive_that_holds_several_administrations_is_not_read_and_no_more_tried(
    desk: Desk, admin: User, log_in: Callable[[User], FlaskClient]
) -> None:
    with transaction() as session:
        connection = session.get_one(Connection, desk.connection_id)
        put_key(connection, DOMAIN_KEY)
        connection.fetch_invoices = True
    run = desk.fetch()
    assert (run.status, run.failure, desk.count(RemoteDocument)) == ("failed", "mixed", 0)
    connection = current().get_one(Connection, desk.connection_id)
    assert (connection.state, connection.fetch_invoices) == ("active", False)  # sending goes on
    page = log_in(admin).get(f"/logs/{run.id}").text
    assert "sleutel van het type Administratie" in page
    assert current().scalars(select(Notification.closed_at)).all() == [None]
    with transaction() as session:
        put_key(session.get_one(Connection, desk.connection_id), NL_KEY)
    assert desk.fetch().status == "completed"
    assert None not in current().scalars(select(Notification.closed_at)).all()


@pytest.mark.portable
@pytest.mark.parametrize(
    "broken",
    [
        "<SalesInvoice><Reference>L-1",
        '<!DOCTYPE x [<!ENTITY a "b">]><Invoice>&a;</Invoice>',
        "<html><body>no invoice</body></html>",
        "<Invoice><DueDate>31-02-2026</DueDate></Invoice>",
        "<SalesInvoice><InvoiceLines><InvoiceLine><ProductQuantity>1,5</ProductQuantity></InvoiceLine></InvoiceLines>"
        "</SalesInvoice>",
    ],
)
def test_details_that_are_broken_leave_the_invoice_as_the_list_told_it(desk: Desk, broken: str) -> None:
    spoilt = desk.odd(odd=WHOLE | {"Type": "2", "VATAmount": "21.00"}, xml=broken)
    run = desk.fetch()
    document, invoice = desk.document(spoilt), desk.of(spoilt)
    assert document is not None
    assert (run.status, run.failed, document.details) == ("completed", 0, "none")
    assert (str(invoice.gross_total), str(invoice.vat_total), invoice.due_date) == ("121.00", "21.00", None)
    assert "invoice.filed_details" not in desk.history(invoice)
    desk.fetch()
    assert desk.of(spoilt).id == invoice.id
