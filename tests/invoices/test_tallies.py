"""The kept figures: right after every write, whoever writes and however; found and mended where they are not."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from tests.support.records import make_invoice
from webapp.extensions import clock
from webapp.queries.invoice_counts import count
from webapp.queries.invoice_filters import DELIVERIES, OVERDUE, PAYMENTS, SOURCES, STATUSES, Filters, conditions
from webapp.services import tallying
from webapp.store import tallies, tally_triggers
from webapp.store.bulk import Bulk
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, dialect, release, reserve, transaction
from webapp.store.types import table_of

TODAY = date(2026, 3, 17)


def change(draw: random.Random, ids: list[int]) -> None:
    """Change some invoices in one of the ways in which the product writes, or one in which somebody else might."""
    some = draw.sample(ids, min(len(ids), 3))
    day = TODAY + timedelta(days=draw.randrange(-70, 20))
    gross = Decimal(draw.randrange(1, 900))
    paid = draw.choice((Decimal(0), gross))
    values = {
        "status": draw.choice(("sent", "sent", "draft", "cancelled")),
        "delivery": draw.choice(("not_sent", "sent", "rejected")),
        "payment": "paid" if paid else "open",
        "issue_date": day,
        "due_date": draw.choice((None, day + timedelta(days=14))),
        "currency": draw.choice(("EUR", "HUF")),
        "gross_total": gross,
        "paid_amount": paid,
        "outstanding_amount": gross - paid,
    }
    with transaction() as session:
        way = draw.randrange(4)
        if way == 0:
            for one in some:
                invoice = session.get_one(Invoice, one)
                for name, value in values.items():
                    setattr(invoice, name, value)
        elif way == 1:
            session.execute(update(Invoice).where(Invoice.id.in_(some)).values(**values))
        elif way == 2:
            session.execute(update(table_of(Invoice)).where(Invoice.id.in_(some)).values(delivery="sent"))
        else:
            session.execute(delete(Invoice).where(Invoice.id == some[0]))
            ids.remove(some[0])


def test_the_figures_are_right_after_every_write(app: Flask, organisation: Organisation) -> None:
    draw = random.Random(5)
    ids = [make_invoice(organisation.id, f"26-{one:03}", source=draw.choice(("manual", "yuki"))) for one in range(12)]
    assert tallying.off() == 0
    for _ in range(25):
        change(draw, ids)
        assert tallying.off() == 0


def test_a_write_that_is_undone_leaves_the_figures_as_they_were(app: Flask, organisation: Organisation) -> None:
    make_invoice(organisation.id, "26-001")
    try:
        with transaction() as session:
            session.execute(update(Invoice).values(status="draft"))
            raise RuntimeError
    except RuntimeError:
        assert tallying.off() == 0
    assert count(organisation.id, Filters(), TODAY).status == {"sent": 1}


def test_counts_are_what_the_list_holds_for_every_filter(
    app: Flask, organisation: Organisation, other_organisation: Organisation
) -> None:
    draw = random.Random(7)
    ids = [make_invoice(one.id, f"N-{n:03}") for one in (organisation, other_organisation) for n in range(15)]
    for _ in range(30):
        change(draw, ids)
    with app.test_request_context():
        for _ in range(40):
            filters = Filters(
                status=draw.choice(("", "", *STATUSES)),
                delivery=draw.choice(("", "", *DELIVERIES)),
                payment=draw.choice(("", OVERDUE, *PAYMENTS)),
                since=draw.choice((None, TODAY - timedelta(days=draw.randrange(60)))),
                until=draw.choice((None, TODAY + timedelta(days=draw.randrange(-30, 30)))),
                age=draw.choice(("", "", "not-due", "1-30", "31-60")),
                currency=draw.choice(("", "HUF")),
                source=draw.choice(("", "", *SOURCES)),
            )
            wanted = conditions(organisation.id, filters, TODAY)
            there = current().scalar(select(func.count()).select_from(Invoice).where(*wanted))
            assert count(organisation.id, filters, TODAY).total == there, filters


def test_what_is_off_is_found_and_mended(app: Flask, organisation: Organisation) -> None:
    make_invoice(organisation.id, "26-001")
    with transaction() as session:
        session.execute(update(tallies.INVOICES).values(number=7))
    assert tallying.off() == 2  # over all months, and of its own
    assert tallying.mend() == 2
    assert tallying.off() == 0
    assert tallying.mend() == 0


def test_loose_figures_are_put_together_and_stay_right(app: Flask, organisation: Organisation) -> None:
    if dialect() == "sqlite":
        assert tallying.fold() == 0
        return
    one = make_invoice(organisation.id, "26-001")
    for number in range(tallying.LOOSE // 4 + 1):
        with transaction() as session:
            session.execute(update(Invoice).where(Invoice.id == one).values(delivery=("sent", "not_sent")[number % 2]))
    assert tallying.fold() > tallying.LOOSE
    kept = current().scalar(select(func.count()).select_from(tallies.INVOICES))
    release()
    assert kept == 2
    assert tallying.off() == 0


def test_many_invoices_of_one_statement_are_counted(app: Flask, organisation: Organisation) -> None:
    first = make_invoice(organisation.id, "26-001")
    with transaction() as session:
        row = dict(session.execute(select(table_of(Invoice)).where(Invoice.id == first)).one()._mapping)
        rows = [row | {"id": first + n, "number": f"26-{n:03}"} for n in range(2, 30)]
        session.execute(insert(table_of(Invoice)), rows)
    assert tallying.off() == 0
    assert count(organisation.id, Filters(), TODAY).total == 29


def test_a_migration_that_copies_the_table_leaves_the_figures_kept(app: Flask, organisation: Organisation) -> None:
    make_invoice(organisation.id, "26-001")
    with transaction() as session:
        for statement in list(tally_triggers.statements(dialect())):
            session.execute(text(statement))
        session.execute(delete(Invoice))
    assert tallying.off() == 0


TOGETHER = Bulk(Invoice, ("id", "number", "issue_date", "due_date", "status", "gross_total", "outstanding_amount"),
                same=("organisation_id", "source", "created_at", "updated_at"))  # fmt: skip


MARK = dict.fromkeys(("organisation_id", "department_id", *tallies.sums_of(tallies.INVOICES)), 0) | {
    "month": date(1, 1, 1), **dict.fromkeys(("kind", "status", "delivery", "payment", "currency", "source"), "")
}  # fmt: skip


def write_together(organisation: Organisation, ids: Iterable[int], *, due: date | None = None) -> None:
    """Write invoices of several months and states, all at once."""
    rows: list[tuple[Any, ...]] = []
    for one in ids:
        issued, by = TODAY - timedelta(days=one % 90), due or (TODAY + timedelta(days=one % 40) if one % 5 else None)
        status = ("sent", "sent", "draft")[one % 3]
        gross = one % 7 * 10_000
        rows.append((one, f"B-{one:04}", issued.isoformat(), by and by.isoformat(), status, gross, gross))
    now = clock.now()
    TOGETHER.write(rows, organisation_id=organisation.id, source="billingo", created_at=now, updated_at=now)


def test_invoices_that_are_written_together_are_counted(app: Flask, organisation: Organisation) -> None:
    first = make_invoice(organisation.id, "26-001")
    for number in (1, 250, 37, 300):
        with transaction():
            write_together(organisation, reserve(Invoice, number))
        assert tallying.off() == 0
    with transaction() as session:
        session.execute(update(Invoice).where(Invoice.id == first).values(status="draft"))
    make_invoice(organisation.id, "26-002")
    assert tallying.off() == 0
    assert count(organisation.id, Filters(), TODAY).total == 590


def test_what_was_written_before_one_that_is_refused_is_counted(app: Flask, organisation: Organisation) -> None:
    if dialect() != "sqlite":
        return  # nothing of such a transaction is left
    with transaction():
        ids = reserve(Invoice, 250)
        with pytest.raises(IntegrityError):
            write_together(organisation, [*ids, ids[0]])
        make_invoice(organisation.id, "26-001")
    assert tallying.off() == 0
    assert count(organisation.id, Filters(), TODAY).total > 100


def test_an_invoice_that_stands_between_those_written_together_is_counted_once(
    app: Flask, organisation: Organisation
) -> None:
    with transaction():
        ids = reserve(Invoice, 300)
        write_together(organisation, ids[150:151])
        write_together(organisation, [*ids[:150], *ids[151:]])
    assert tallying.off() == 0


def test_triggers_that_know_nothing_of_counting_together_count_row_by_row(
    app: Flask, organisation: Organisation
) -> None:
    if dialect() != "sqlite":
        return
    with transaction() as session:
        for name, sql in session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
            session.execute(text(sql.replace(f"NOT {tallies.ASIDE}", "true")))
        write_together(organisation, reserve(Invoice, 150))
    assert tallying.off() == 0


def test_a_mark_that_somebody_left_is_taken_away_and_what_it_hid_is_counted(
    app: Flask, organisation: Organisation
) -> None:
    if dialect() != "sqlite":
        return
    with transaction() as session:
        session.execute(insert(tallies.INVOICES).values(MARK))
    make_invoice(organisation.id, "26-001")
    assert tallying.off() > 0
    tallying.mend()
    make_invoice(organisation.id, "26-002")
    assert tallying.off() == 0
    assert count(organisation.id, Filters(), TODAY).total == 2


def test_a_day_that_stands_for_never_is_one_group_whoever_counts_it(app: Flask, organisation: Organisation) -> None:
    make_invoice(organisation.id, "26-001", due_date=date(9999, 12, 31))
    assert tallying.off() == 0
    with transaction():
        ids = reserve(Invoice, 150)
        write_together(organisation, ids, due=date(9999, 12, 31))
    assert tallying.off() == 0
