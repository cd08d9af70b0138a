"""Claims are entered, decided about by whoever may, and kept as they are once they have left."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.expenses.conftest import Desk
from tests.support.receipts import jpeg, pdf, png
from webapp.domain.expenses import vat_within
from webapp.queries import expenses as queries
from webapp.services import accounts, expenses
from webapp.services.actors import Actor, person
from webapp.services.expenses import ClaimData, ExpenseError, LineData
from webapp.services.invoicing import change_invoicing
from webapp.store.organisations import Organisation

TAXI = LineData(date(2026, 3, 1), "Taxi", Decimal("31.40"), "C:\\Bonnen\\taxi.exe", png(), "45100")


@pytest.fixture
def actor(app: Flask, organisation: Organisation) -> Actor:
    return person(organisation.id, "Vincent")


def user(organisation: Organisation, role: str) -> Actor:
    email = f"{role}@declaratie.example"
    found = accounts.add_user(
        email, organisation_id=organisation.id, role=role, password="een-lang-wachtwoord-9", name=role
    )
    return person(organisation.id, role, user_id=found.id)


def start(actor: Actor, *lines: LineData) -> int:
    claim_id = expenses.create(actor, ClaimData("Reis", "Joris Maes", date(2026, 3, 2)))
    for line in lines:
        expenses.add_line(actor, claim_id, line)
    return claim_id


def refused(code: str, *call: object) -> None:
    function, *arguments = call
    with pytest.raises(ExpenseError) as found:
        function(*arguments)  # type: ignore[operator]
    assert found.value.code == code


def test_a_claim_adds_its_expenses_up_and_names_files_by_what_they_are(actor: Actor) -> None:
    claim_id = start(actor, TAXI, LineData(date(2026, 3, 1), "Hotel", Decimal("100"), "", jpeg()))
    view = queries.find(actor.organisation_id, claim_id)
    assert view is not None
    assert (view.row.number, view.row.total, view.row.receipts) == ("D-0001", Decimal("131.40"), 2)
    assert [line.file_name for line in view.lines] == ["taxi.png", "receipt.jpg"]
    expenses.remove_line(actor, claim_id, view.lines[0].id)
    again = queries.find(actor.organisation_id, claim_id)
    assert again is not None
    assert again.row.total == Decimal("100.00")
    assert [event.event for event in again.events][:2] == ["claim.line_removed", "claim.line_added"]


@pytest.mark.portable
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": b""}, "no_receipt"),
        ({"content": b"MZ not a receipt"}, "not_a_receipt"),
        ({"content": pdf() + b"x" * 4_000_000}, "receipt_too_large"),
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("1.005")}, "amount"),
        ({"description": " "}, "required"),
        ({"spent_on": date(2030, 1, 1)}, "in_future"),
        ({"cost_category": "45100; drop"}, "cost_category"),
    ],
)
def test_a_bad_expense_is_refused_at_its_field_and_nothing_is_kept(
    actor: Actor, frozen_clock: object, changes: dict[str, object], code: str
) -> None:
    claim_id = start(actor)
    facts = {name: getattr(TAXI, name) for name in TAXI.__slots__} | changes
    refused(code, expenses.add_line, actor, claim_id, LineData(**facts))
    view = queries.find(actor.organisation_id, claim_id)
    assert view is not None
    assert view.lines == ()


def test_the_same_receipt_is_claimed_once(actor: Actor) -> None:
    refused("same_receipt", expenses.add_line, actor, start(actor, TAXI), TAXI)


def test_an_empty_claim_cannot_be_handed_in(actor: Actor) -> None:
    refused("no_lines", expenses.move, actor, start(actor), "submitted")


def test_what_was_handed_in_stays_as_it_is_until_it_is_taken_back(actor: Actor) -> None:
    claim_id = start(actor, TAXI)
    expenses.move(actor, claim_id, "submitted")
    refused("locked", expenses.add_line, actor, claim_id, LineData(date(2026, 3, 1), "x", Decimal(1), "", jpeg()))
    refused("locked", expenses.delete, actor, claim_id)
    expenses.move(actor, claim_id, "draft")
    expenses.delete(actor, claim_id)
    assert queries.find(actor.organisation_id, claim_id) is None


def test_declining_takes_a_reason_and_the_claim_can_be_handed_in_again(actor: Actor) -> None:
    claim_id = start(actor, TAXI)
    expenses.move(actor, claim_id, "submitted")
    refused("reason_needed", expenses.move, actor, claim_id, "declined")
    refused("no_such_status", expenses.move, actor, claim_id, "sent")
    expenses.move(actor, claim_id, "declined", reason="Bon is van 2025")
    expenses.move(actor, claim_id, "submitted")


def test_four_eyes_and_the_role_that_authorises_decide_about_claims_too(organisation: Organisation, app: Flask) -> None:
    staff, admin = user(organisation, "staff"), user(organisation, "admin")
    claim_id = start(staff, TAXI)
    rules = {"prefix": "A", "credit_prefix": "C", "digits": 4}
    change_invoicing(admin, authorise_role="staff", four_eyes=True, **rules)  # type: ignore[arg-type]
    expenses.move(staff, claim_id, "submitted")
    refused("four_eyes", expenses.move, staff, claim_id, "approved")
    change_invoicing(admin, authorise_role="admin", four_eyes=False, **rules)  # type: ignore[arg-type]
    refused("admin_only", expenses.move, staff, claim_id, "approved")
    expenses.move(admin, claim_id, "approved")
    refused("admin_only", expenses.move, staff, claim_id, "draft")


def test_a_claim_that_is_in_yuki_cannot_be_taken_back(desk: Desk) -> None:
    claim_id = desk.claim()
    desk.send(claim_id)
    refused("in_yuki", expenses.move, desk.actor, claim_id, "draft")


def test_the_list_pages_by_key_and_filters(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    made = [start(actor) for _ in range(5)]
    first = queries.table(actor.organisation_id, queries.Filters())
    assert ([row.id for row in first.rows], first.before) == (made[:-3:-1], None)
    second = queries.table(actor.organisation_id, queries.Filters(), after=first.after)
    third = queries.table(actor.organisation_id, queries.Filters(), after=second.after)
    assert [row.id for row in (*second.rows, *third.rows)] == made[2::-1]
    assert third.after is None
    back = queries.table(actor.organisation_id, queries.Filters(), before=third.before)
    assert back.rows == second.rows
    assert [row.number for row in queries.table(actor.organisation_id, queries.Filters(q="d-0003")).rows] == ["D-0003"]
    assert queries.table(actor.organisation_id, queries.Filters(q="%", status="approved")).rows == ()


def test_an_expense_is_changed_and_keeps_its_receipt_unless_another_is_given(actor: Actor) -> None:
    claim_id = start(actor, TAXI, LineData(date(2026, 3, 1), "Hotel", Decimal("100"), "", jpeg()))
    view = queries.find(actor.organisation_id, claim_id)
    assert view is not None
    taxi, hotel = view.lines
    changed = replace(TAXI, amount=Decimal("21.80"), vat_rate=Decimal(9), vat_amount=Decimal("1.80"), content=b"")
    expenses.change_line(actor, claim_id, taxi.id, changed)
    again = queries.find(actor.organisation_id, claim_id)
    assert again is not None
    assert (again.row.total, again.lines[0].vat_amount, again.vat_total) == (Decimal("121.80"), Decimal("1.80"), None)
    assert (again.lines[0].file_name, again.lines[0].size) == (taxi.file_name, taxi.size)
    assert again.events[0].event == "claim.line_changed"

    expenses.change_line(actor, claim_id, hotel.id, replace(changed, file_name="hotel", content=pdf("hotel")))
    kept = queries.receipt(actor.organisation_id, claim_id, hotel.id)
    assert kept is not None
    assert (kept.file_name, kept.media_type, kept.content) == ("hotel.pdf", "application/pdf", pdf("hotel"))
    refused("same_receipt", expenses.change_line, actor, claim_id, hotel.id, TAXI)
    refused("vat_amount", expenses.change_line, actor, claim_id, hotel.id, replace(TAXI, vat_amount=Decimal("31.40")))
    refused("not_found", expenses.change_line, actor, claim_id, hotel.id + 1, TAXI)
    expenses.move(actor, claim_id, "submitted")
    refused("locked", expenses.change_line, actor, claim_id, taxi.id, TAXI)


@given(st.integers(1, 10**9), st.sampled_from((0, 5, 6, 9, 12, 18, 21, 27)))
def test_the_vat_in_an_amount_is_the_part_that_the_rate_adds_to_the_rest(cents: int, rate: int) -> None:
    amount = Decimal(cents) / 100
    vat = vat_within(amount, Decimal(rate))
    assert 0 <= vat < amount or rate == 0
    assert abs((amount - vat) * rate / 100 - vat) <= Decimal("0.0065")
