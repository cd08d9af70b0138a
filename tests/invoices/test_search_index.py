"""The search finds the same with its index as without: new and changed texts at once, rare and frequent ones."""

import random
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from tests.support.records import make_invoice
from webapp.domain.trigrams import pack, pieces, unpack, wanted
from webapp.queries import invoice_finding, invoice_search, invoices
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
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x1f"), min_size=3, max_size=30), st.data())
def test_a_part_of_a_text_has_only_pieces_of_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 3))
    part = text[start : data.draw(st.integers(start + 3, len(text)))]
    if text.lower().find(part.lower()) >= 0:
        assert set(wanted(part)) <= pieces([text])


@pytest.fixture
def shelf(app: Flask, organisation: Organisation, other_organisation: Organisation) -> int:
    """Invoices of two organisations, half of them in the index; returns the first organisation's id."""
    draw = random.Random(3)
    first, other = organisation.id, other_organisation.id
    for number in range(40):
        if number == 30:
            indexing.take_up(enough=1)
        make_invoice(
            first if number % 5 else other,
            f"26-{number:03}",
            contact=draw.choice(NAMES),
            subject=draw.choice(("", "Levering januari", f"Project {number} oost")),
            payment_reference=f"RF{number:02}",
            price=Decimal(draw.randrange(1, 9)),
        )
    return first


TERMS = ["ba", "bakk", "BAKKERIJ", "e", "zn", "100%", "_", "éclair", "26-0", "26-00", "rf1", "project 1", "oost", "xyz"]
TERMS += ["9,68", "levering januari", "boer", "%", "n b", "ærø"]


def found(organisation_id: int, filters: Filters) -> list[int]:
    """Go through all pages."""
    ids: list[int] = []
    after: str | None = ""
    while after is not None:
        page = invoices.table(organisation_id, filters, after=after, size=7)
        ids += [row.id for row in page.rows]
        after = page.after
    return ids


@pytest.mark.parametrize("route", ["gathered", "walked", "walked in vain", "far too many"])
def test_what_is_found_is_what_looking_at_each_row_finds(
    app: Flask, shelf: int, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if route != "gathered":
        monkeypatch.setattr(invoice_finding, "FEW", 0)
        monkeypatch.setattr(invoice_search, "MANY", 3)
        monkeypatch.setattr(invoice_search, "VERY_MANY", 3 if route == "far too many" else 30)
        monkeypatch.setattr(invoice_finding, "STEPS", 50 if route == "walked" else 4)
    with app.test_request_context():
        for term in TERMS:
            for sort in ("-issue_date", "contact"):
                filters = Filters(q=term, sort=sort)
                order: tuple[Any, ...] = (Invoice.issue_date.desc(), Invoice.id.desc())
                if sort == "contact":
                    order = (Invoice.contact_name.asc(), Invoice.id.asc())
                by_looking = select(Invoice.id).where(*base(shelf, filters, today())).order_by(*order)
                assert found(shelf, filters) == list(current().scalars(by_looking)), term


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


def test_a_large_sync_is_taken_up_in_portions(
    app: Flask, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PORTION", 4)
    for number in range(10):
        make_invoice(organisation.id, f"26-{number}")
    assert indexing.take_up(enough=1, most=2) == 8
    assert indexing.take_up(enough=1, most=2) == 2
    assert indexing.take_up(enough=1) == 0
