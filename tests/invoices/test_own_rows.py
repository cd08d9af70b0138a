"""No list of invoices shows the rows of another organisation, whichever filter and order, however it is gathered."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy import insert, select

from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.queries import invoice_finding, invoices
from webapp.queries.invoice_filters import COLUMNS, DELIVERIES, PAYMENTS, SOURCES, STATUSES, Filters
from webapp.queries.invoice_limits import AGES
from webapp.services import accounts
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction

TODAY = date(2026, 3, 2)


@pytest.fixture
def two(organisation: Organisation) -> tuple[int, int]:
    """Two organisations with invoices of the same numbers, names and states."""
    other = accounts.add_organisation("Buurman B.V.").id
    with transaction() as session:
        for home in (organisation.id, other):
            session.execute(insert(Invoice), [_row(home, n) for n in range(40)])
    return organisation.id, other


def _row(home: int, n: int) -> dict[str, Any]:
    pick = random.Random(n)
    left = Decimal(pick.choice([0, 50, 100]))
    return {
        "organisation_id": home,
        "kind": pick.choice(["sales", "sales", "purchase"]),
        "source": pick.choice(["manual", "yuki", "billingo"]),
        "number": f"26-{n:04}",
        "contact_name": pick.choice(["Bakkerij De Korenbloem", "Éva Kertészet Kft."]),
        "status": pick.choice(STATUSES),
        "delivery": pick.choice(DELIVERIES),
        "payment": {0: "paid", 50: "partially_paid", 100: "open"}[int(left)],
        "currency": pick.choice(["EUR", "HUF"]),
        "issue_date": TODAY - timedelta(days=pick.randrange(150)),
        "due_date": pick.choice([None, TODAY - timedelta(days=pick.randrange(-20, 120))]),
        "gross_total": Decimal(100),
        "paid_amount": 100 - left,
        "outstanding_amount": left,
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }


def _limits() -> Iterator[dict[str, Any]]:
    yield {}
    for name, values in (
        ("status", STATUSES), ("delivery", DELIVERIES), ("payment", PAYMENTS), ("age", AGES), ("source", SOURCES),
        ("failure", tuple(one.value for one in Failure)[:4]), ("currency", ("EUR", "HUF")),
        ("q", ("26-00", "26-0007", "korenbloem", "éva", "100,00", "nergens")),
    ):  # fmt: skip
        yield from ({name: value} for value in values)
    yield from ({"age": age, "status": status} for age, status in product(AGES, ("sent", "draft")))
    yield {"since": TODAY - timedelta(days=90), "until": TODAY, "age": "not-due"}


@pytest.mark.parametrize("gathered", [False, True], ids=["walked", "gathered"])
def test_no_filter_and_no_order_shows_the_rows_of_another(
    two: tuple[int, int], gathered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices, "are_few", lambda *_: gathered)
    for module in (invoices, invoice_finding):
        monkeypatch.setattr(module, "FEW", 10_000 if gathered else 0)
    ours = set(current().scalars(select(Invoice.id).where(Invoice.organisation_id == two[0])))
    for limits, kind in product(_limits(), ("sales", "purchase")):
        wanted = Filters(kind=kind, **limits)
        every = set(invoices.matching_ids(two[0], wanted, most=1000))
        assert every <= ours, wanted
        # Bought or sold is a value of the same statements: the orders of one of them are those of the other.
        for column in COLUMNS if len(limits) == 1 and kind == "sales" else ("issue_date",):
            sorted_by = Filters(kind=kind, sort=f"-{column}", **limits)
            view = invoices.table(two[0], sorted_by, size=100)
            assert {row.id for row in view.rows} == every, sorted_by
