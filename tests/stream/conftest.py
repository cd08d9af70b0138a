"""The stream's tests: invoices of an organisation, and its events as they stand in the table."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.support.records import make_invoice
from webapp.services.announcing import announce
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction
from webapp.store.stream import StreamEvent

Tell = Callable[..., int]


@pytest.fixture
def tell(organisation: Organisation) -> Tell:
    """Return a function that makes an invoice with this number and announces it; it returns the invoice's id."""

    def make(number: str, kind: str = "invoice_created", organisation_id: int = 0) -> int:
        invoice_id = make_invoice(organisation_id or organisation.id, number)
        with transaction() as session:
            announce(kind, session.get_one(Invoice, invoice_id))
        return invoice_id

    return make


def events(organisation_id: int) -> list[StreamEvent]:
    """Return the events of an organisation, in the order of their positions."""
    wanted = select(StreamEvent).where(StreamEvent.organisation_id == organisation_id).order_by(StreamEvent.position)
    return list(current().scalars(wanted))
