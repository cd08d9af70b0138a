"""What a connection that sends by itself does when an invoice becomes sent to the customer."""

import pytest

from tests.sending.conftest import Office
from webapp.services.invoices import move
from webapp.store.session import transaction


@pytest.fixture
def automatic(office: Office) -> Office:
    with transaction():
        office.connection().auto_send = True
    return office


def test_an_invoice_goes_to_the_books_as_soon_as_it_is_sent(automatic: Office) -> None:
    invoice_id = automatic.invoice("26-0001", status="authorised")

    move(automatic.actor, invoice_id, "sent")
    automatic.work()

    assert automatic.references() == ["26-0001"]
    assert automatic.events(invoice_id) == ["invoice.sent", "yuki.queued", "yuki.invoice_processed"]


def test_it_waits_while_the_connection_is_paused(automatic: Office) -> None:
    with transaction():
        connection = automatic.connection()
        connection.state, connection.pause_reason = "paused", "auth"
    invoice_id = automatic.invoice("26-0001", status="authorised")

    move(automatic.actor, invoice_id, "sent")
    automatic.work()

    assert automatic.invoice_row(invoice_id).delivery == "queued"
    assert automatic.references() == []


def test_without_that_option_nothing_goes_by_itself(office: Office) -> None:
    invoice_id = office.invoice("26-0001", status="authorised")

    move(office.actor, invoice_id, "sent")
    office.work()

    assert office.references() == []
    assert office.invoice_row(invoice_id).delivery == "not_sent"
