"""The stream's tests: invoices of an organisation, and its events as they stand in the table."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.support.events import tell_of
from webapp.store.organisations import Organisation
from webapp.store.session import current
from webapp.store.stream import StreamEvent

Tell = Callable[..., int]


@pytest.fixture
def tell(organisation: Organisation) -> Tell:
    """Return a function that makes an invoice with this number and announces it; it returns the invoice's id."""

    def make(number: str, kind: str = "invoice_created", organisation_id: int = 0) -> int:
        return tell_of(organisation_id or organisation.id, number, kind)

    return make


def events(organisation_id: int) -> list[StreamEvent]:
    """Return the events of an organisation, in the order of their positions."""
    wanted = select(StreamEvent).where(StreamEvent.organisation_id == organisation_id).order_by(StreamEvent.position)
    return list(current().scalars(wanted))
