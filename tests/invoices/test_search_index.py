"""The search finds the same with its index as without: new and changed texts at once, rare and frequent ones."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from tests.support.records import make_invoice
from webapp.domain.trigrams import Bits, all_heads, heads, meet, pack, pieces, spread, unpack, wanted
from webapp.queries import invoice_finding, invoice_search, invoices, piece_order
from webapp.queries.invoice_filters import Filters, base, today
from webapp.services import indexing
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.search_pieces import PIECES, WAITING
from webapp.store.session import current, release, transaction

NAMES = ("Bakkerij De Korenbloem", "Bouw Ærø & Zn", "100% Groen B.V.", "Tandarts_Peters", "ÉCLAIR", "De Boer")


@pytest.mark.pure
@given(st.sets(st.integers(1, 2**40), min_size=1))
def test_ids_come_back_as_they_were(ids: set[int]) -> None:
    assert set(unpack(pack(sorted(ids)))) == ids


@pytest.mark.pure
@example([{1}, {2**40}])  # once a number with a bit for each id between them
@given(st.lists(st.sets(st.integers(1, 300) | st.integers(1, 2**40), min_size=1), min_size=1, max_size=4))
def test_what_is_in_all_sets_is_found_however_they_are_packed(sets: list[set[int]]) -> None:
    common = meet([pack(sorted(one)) for one in sets])
    assert set(common) == set.intersection(*sets)
    assert len(common) == len(set(common))
    assert all((one in common) is (one in set(common)) for one in {0, 2**41}.union(*sets))


@pytest.mark.pure
def test_a_dense_set_takes_a_bit_for_each_id() -> None:
    dense = pack(range(1000, 21_000, 2))
    assert len(dense) < 2600
    assert set(Bits.read(dense)) == set(range(1000, 21_000, 2))


@pytest.mark.pure
@given(st.text(st.characters(codec="utf-8", max_codepoint=0x2AF), max_size=12), st.integers(0, 12))
def test_a_number_has_the_heads_of_each_of_its_beginnings(number: str, length: int) -> None:
    if number.lower().startswith(number[:length].lower()):
        assert heads(number[:length], 1) <= all_heads(number, 1)
    assert not all_heads(number, 0) & all_heads(number, 1)


@pytest.mark.pure
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x1f"), min_size=3, max_size=30), st.data())
def test_a_part_of_a_text_has_only_pieces_of_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 3))
    part = text[start : data.draw(st.integers(start + 3, len(text)))]
    if text.lower().find(part.lower()) >= 0:
        assert spread(part, 4) <= set(wanted(part)) <= pieces([text])


@pytest.fixture
def shelf(app: Flask, organisation: Organisation, other_organisation: Organisation) -> int:
    """Invoices of two organisations, most of them in the index, some of these changed; returns the first one's id."""
    draw = random.Random(3)
    first, other = organisation.id, other_organisation.id
    for number in range(40):
        if number in (10, 20, 30):
            indexing.take_up(enough=1)
        make_invoice(
            first if number % 5 else other,
            f"26-{number:03}",
            contact=draw.choice(NAMES),
            subject=draw.choice(("", "Levering januari", f"Project {number} oost")),
            payment_reference=f"RF{number:02}",
            price=Decimal(draw.randrange(1, 9)),
            issue_date=date(2026, 1, 1) + timedelta(days=number // 2 - draw.randrange(9)),
        )
        if number == 25:
            ids = list(current().scalars(select(Invoice.id).where(Invoice.organisation_id == first)))
            with transaction() as session:
                for change in ({"issue_date": date(2026, 3, 1)}, {"number": "AB-9"}, {"payment_reference": "QQ77"}):
                    session.execute(update(Invoice).where(Invoice.id == ids.pop(draw.randrange(9))).values(change))
    return first


TERMS = ["ba", "bakk", "BAKKERIJ", "e", "zn", "100%", "_", "éclair", "26-0", "26-00", "rf1", "project 1", "oost", "xyz"]
TERMS += ["9,68", "levering januari", "boer", "%", "n b", "ærø", "ab-9", "AB-", "qq77", "26-00112"]


def found(organisation_id: int, filters: Filters) -> list[int]:
    """Go through all pages."""
    ids: list[int] = []
    after: str | None = ""
    while after is not None:
        page = invoices.table(organisation_id, filters, after=after, size=7)
        ids += [row.id for row in page.rows]
        after = page.after
    return ids


@pytest.mark.parametrize("route", ["gathered", "by date", "by date, dense", "by date in vain", "walked in vain"])
def test_what_is_found_is_what_looking_at_each_row_finds(
    app: Flask, shelf: int, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if route != "gathered":
        monkeypatch.setattr(invoice_finding, "FEW", 0)
        monkeypatch.setattr(invoice_search, "MANY", 3)
        monkeypatch.setattr(invoice_finding, "STEPS", 4)
    if route == "by date in vain":
        monkeypatch.setattr(invoice_finding, "LOOKED_AT", 1)
    if route == "by date, dense":
        monkeypatch.setattr(piece_order, "SPARSE", 0)
        monkeypatch.setattr(piece_order, "AT_A_TIME", (1, 1))
    if route == "walked in vain":
        monkeypatch.setattr(invoice_finding, "SHORTEST", 99)
    with app.test_request_context():
        for term in TERMS:
            for sort in ("-issue_date", "issue_date", "contact"):
                filters = Filters(q=term, sort=sort)
                order: tuple[Any, ...] = (Invoice.issue_date.desc(), Invoice.id.desc())
                if sort == "issue_date":
                    order = (Invoice.issue_date.asc(), Invoice.id.asc())
                if sort == "contact":
                    order = (Invoice.contact_name.asc(), Invoice.id.asc())
                by_looking = select(Invoice.id).where(*base(shelf, filters, today())).order_by(*order)
                assert found(shelf, filters) == list(current().scalars(by_looking)), term


def test_the_pager_of_a_search_that_finds_many_goes_on_without_counting(
    app: Flask, shelf: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.test_request_context():
        filters = Filters(q="26-0")
        order = found(shelf, filters)
        counted = invoices.neighbours(shelf, filters, current().get_one(Invoice, order[4]))
        monkeypatch.setattr(invoices, "FEW", 3)
        for place in (0, 4, len(order) - 1):
            near = invoices.neighbours(shelf, filters, current().get_one(Invoice, order[place]))
            assert near.previous == (order[place - 1] if place else None)
            assert near.next == (order[place + 1] if place + 1 < len(order) else None)
            assert (near.position, near.total) == (None, None)
    assert (counted.position, counted.total) == (5, len(order))


def test_what_is_new_or_changed_is_found_at_once(app: Flask, shelf: int) -> None:
    indexing.take_up(enough=1)
    with app.test_request_context():
        one = make_invoice(shelf, "26-900", contact="Nieuwkomer")
        assert found(shelf, Filters(q="komer")) == [one]
        indexing.take_up(enough=1)
        with transaction() as session:
            session.execute(update(Invoice).where(Invoice.id == one).values(contact_name="Vertrekker"))
        assert found(shelf, Filters(q="komer")) == []
        assert found(shelf, Filters(q="trekk")) == [one]
        indexing.take_up(enough=1)
        with transaction() as session:
            session.execute(update(Invoice).where(Invoice.id == one).values(number="ZZ-1"))
        assert found(shelf, Filters(q="zz-")) == [one]


def test_a_status_that_changes_makes_no_work_for_the_search(app: Flask, shelf: int) -> None:
    indexing.take_up(enough=1)
    with transaction() as session:
        session.execute(update(Invoice).values(delivery="sent"))
    assert current().scalar(select(func.count()).select_from(WAITING)) == 0
    release()


def test_small_segments_are_put_together(app: Flask, organisation: Organisation) -> None:
    ids = []
    for number in range(indexing.MANY + 3):
        ids.append(make_invoice(organisation.id, f"26-{number}", contact="Bakkerij"))
        assert indexing.take_up(enough=1) == 1
    segments = current().scalar(select(func.count(PIECES.c.segment.distinct())))
    release()
    assert segments is not None
    assert segments < indexing.MANY
    assert invoice_search.candidates(organisation.id, "sales", "akker") == set(ids)
    places = piece_order.in_order(organisation.id, "akker", newest=True, cursor=None)
    assert [key for _day, key in places] == ids[::-1]


def test_a_large_sync_is_taken_up_in_portions(
    app: Flask, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PORTION", 4)
    for number in range(10):
        make_invoice(organisation.id, f"26-{number}")
    assert indexing.take_up(enough=1, most=2) == 8
    assert indexing.take_up(enough=1, most=2) == 2
    assert indexing.take_up(enough=1) == 0
