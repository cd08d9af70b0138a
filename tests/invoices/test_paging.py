"""Walking through the list by keyset: every row once, on every order, in both directions."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from webapp.extensions import clock
from webapp.queries import invoices
from webapp.queries.invoice_filters import COLUMNS, Filters
from webapp.queries.invoice_paging import are_few
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import transaction

SORTS = [sign + column for column in COLUMNS for sign in ("", "-")]
NAMES = ["Éva Kertészet Kft.", "bakkerij 't Hof", "Bakkerij De Korenbloem", "Zuid~Noord", "", "Ørsted & Zn.", "%"]


def _rows(organisation_id: int, seed: int, count: int) -> list[dict[str, Any]]:
    pick = random.Random(seed)
    rows = []
    for n in range(count):
        total = Decimal(pick.choice(["0.00", "-5.00", "99.99", "100.00", "1234567.89"]))
        left = pick.choice([total, Decimal(0)])
        rows.append(
            {
                "organisation_id": organisation_id,
                "kind": "sales",
                "number": f"{pick.choice('aB9')}-{n}",
                "contact_name": pick.choice(NAMES),
                "issue_date": date(2026, 1, 1) + timedelta(days=pick.randrange(4)),
                "due_date": pick.choice([None, None, date(2026, 2, 1), date(2026, 2, 2)]),
                "gross_total": total,
                "paid_amount": total - left,
                "outstanding_amount": left,
                "created_at": clock.now(),
                "updated_at": clock.now(),
            }
        )
    return rows


@pytest.fixture(params=[1, 2, 3])
def home(request: pytest.FixtureRequest, organisation: Organisation) -> int:
    with transaction() as session:
        session.execute(insert(Invoice), _rows(organisation.id, request.param, 61))
    return organisation.id


def _walk(home: int, filters: Filters, size: int) -> tuple[list[list[int]], invoices.InvoiceTable]:
    pages, after = [], ""
    while True:
        view = invoices.table(home, filters, after=after, size=size)
        pages.append([row.id for row in view.rows])
        if view.after is None:
            return pages, view
        after = view.after


@pytest.mark.parametrize("sort", SORTS)
def test_walking_forward_and_back_meets_every_invoice_once(home: int, sort: str) -> None:
    for size in (1, 7, 50, 61, 100) if sort == SORTS[0] else (7, 61):
        filters = Filters(sort=sort)
        pages, last = _walk(home, filters, size)
        forward = [identity for page in pages for identity in page]
        assert len(forward) == len(set(forward)) == 61
        backward, view = [pages[-1]], last
        while view.before is not None:
            view = invoices.table(home, filters, before=view.before, size=size)
            backward.insert(0, [row.id for row in view.rows])
        assert [identity for page in backward for identity in page] == forward
        assert view.after is not None or len(pages) == 1


@pytest.mark.parametrize("column", COLUMNS)
def test_falling_is_the_exact_reverse_of_rising(home: int, column: str) -> None:
    up, _ = _walk(home, Filters(sort=column), 9)
    down, _ = _walk(home, Filters(sort=f"-{column}"), 9)
    assert [one for page in up for one in page] == [one for page in down for one in page][::-1]


def test_what_is_gathered_stands_in_the_order_in_which_it_is_walked(home: int) -> None:
    since = date(2025, 1, 1)  # before all of them, and few enough to be gathered
    for sort in SORTS:
        walked, _ = _walk(home, Filters(sort=sort), 23)
        gathered, last = _walk(home, Filters(sort=sort, since=since), 23)
        assert gathered == walked
        back = invoices.table(home, Filters(sort=sort, since=since), before=last.before or "", size=23)
        assert [row.id for row in back.rows] == walked[-2]


@pytest.mark.parametrize(
    ("total", "everything", "few"), [(0, 0, False), (4, 100, True), (5, 100, False), (3001, 10**6, False)]
)
def test_rare_ones_alone_are_gathered(total: int, everything: int, few: bool) -> None:
    assert are_few(Filters(status="draft"), total, everything) is few
    assert are_few(Filters(source="billingo"), total, total) is False  # no index has them together


@pytest.mark.parametrize("sort", ["-issue_date", "due_date", "-due_date", "open", "contact"])
def test_previous_and_next_of_an_invoice_follow_the_list(home: int, sort: str) -> None:
    filters = Filters(sort=sort)
    order = [one for page in _walk(home, filters, 50)[0] for one in page]
    from webapp.queries.invoice import find

    for place in (0, 1, 30, 59, 60):
        found = find(home, order[place])
        assert found is not None
        near = invoices.neighbours(home, filters, found)
        assert near.previous == (order[place - 1] if place else None)
        assert near.next == (order[place + 1] if place < 60 else None)
        assert (near.position, near.total) == (place + 1, 61)


@pytest.mark.parametrize(
    "cursor", ["", "x", "~", "12", "12~", "12~no date", "9" * 30 + "~2026-01-01", "1~1e400", "²~x"]
)
def test_a_broken_cursor_shows_the_first_page(home: int, cursor: str) -> None:
    for sort in ("-issue_date", "-total"):
        first = invoices.table(home, Filters(sort=sort))
        assert invoices.table(home, Filters(sort=sort), after=cursor).rows == first.rows


def test_an_invoice_outside_of_the_list_has_no_position_in_it(home: int, app: Flask) -> None:
    from webapp.queries.invoice import find

    found = find(home, _walk(home, Filters(), 50)[0][0][0])
    assert found is not None
    assert invoices.neighbours(home, Filters(status="cancelled"), found).total is None
