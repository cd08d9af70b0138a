"""An organisation with a connection and invoices, and people who look at its logs."""

from dataclasses import dataclass

import pytest
from flask import Flask

from tests.support.clients import separate
from tests.support.records import make_connection, make_invoices
from webapp.store.organisations import Organisation


@dataclass(frozen=True)
class Books:
    """What the runs of a test are about."""

    organisation_id: int
    connection_id: int
    invoices: list[int]


@pytest.fixture
def books(app: Flask, organisation: Organisation) -> Books:
    """Six sent invoices, 26-0001 to 26-0006, and a connection."""
    separate(app)
    return Books(organisation.id, make_connection(organisation.id), make_invoices(organisation.id, 6))
