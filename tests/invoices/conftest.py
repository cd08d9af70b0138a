"""What the tests of invoices share: browsers of their own, and a way to make invoices."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests.support.clients import separate
from webapp.services.actors import Actor, person
from webapp.services.contacts import ContactData
from webapp.services.invoices import InvoiceData, LineData, create
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation


@pytest.fixture(autouse=True)
def _separate_clients(app: Flask) -> None:
    separate(app)


@pytest.fixture
def actor(organisation: Organisation) -> Actor:
    return person(organisation.id, "Vincent")


def line(**changes: Any) -> LineData:
    """Return a line of 10 at 12.50 with 21 % on top."""
    values: dict[str, Any] = {
        "description": "Brood, week 31",
        "quantity": Decimal(10),
        "unit_price": Decimal("12.50"),
        "vat_rate": Decimal(21),
        "vat_type": 1,
    }
    return LineData(**values | changes)


def data(number: str, **changes: Any) -> InvoiceData:
    """Return an invoice of one line for a contact with a code."""
    values: dict[str, Any] = {
        "number": number,
        "issue_date": date(2026, 3, 2),
        "due_date": date(2026, 4, 1),
        "currency": "EUR",
        "contact": ContactData(code="1122", name="Bakkerij De Korenbloem", city="Haarlem"),
        "lines": (line(),),
    }
    return InvoiceData(**values | changes)


@pytest.fixture
def make(actor: Actor) -> Callable[..., Invoice]:
    """Return a function that stores an invoice."""

    def store(number: str, **changes: Any) -> Invoice:
        return create(actor, data(number, **changes))

    return store
