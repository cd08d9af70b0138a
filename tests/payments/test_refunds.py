"""Refunds that a person points out: without an account, of a part, several of one payment; and undone."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.matching.test_desk import client, unapplied
from tests.statements.samples import Tx, camt
from tests.support.records import make_invoice
from webapp.extensions import db
from webapp.queries import ledger_audit
from webapp.queries.payment import counterparts, show
from webapp.services import accounts, matching, payments
from webapp.services.actors import Actor, person
from webapp.services.payments import LedgerError, PaymentData
from webapp.services.statements import import_statements, read
from webapp.store.invoices import InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import current, release
from webapp.store.statements import BankLine, Match

__all__ = ["client"]


@pytest.fixture
def actor(organisation: Organisation) -> Actor:
    return person(organisation.id, "Vincent")


def money(actor: Actor, key: str, amount: str, *, currency: str = "EUR", name: str = "Bakkerij", day: int = 2) -> int:
    data = PaymentData("manual", key, Decimal(amount), date(2026, 3, day), currency=currency, contact_name=name)
    return payments.record_payment(actor, data).payment_id


def events(invoice_id: int) -> list[str]:
    rows = select(InvoiceEvent.event).where(InvoiceEvent.invoice_id == invoice_id).order_by(InvoiceEvent.id)
    return list(current().scalars(rows))


def test_several_parts_of_what_is_left_go_back_and_never_more(actor: Actor) -> None:
    invoice = make_invoice(actor.organisation_id, "26-0001")
    paid = money(actor, "a", "171.00")
    payments.allocate(actor, paid, [(invoice, Decimal("121.00"))])
    first, second = money(actor, "b", "-20.00", day=5), money(actor, "c", "-40.00", day=9)

    payments.refund(actor, paid, first, Decimal("20.00"))
    payments.refund(actor, paid, second, Decimal("25.50"))
    assert (unapplied(paid), unapplied(first), unapplied(second)) == ("4.50", "0.00", "-14.50")

    with pytest.raises(LedgerError) as refused:
        payments.refund(actor, paid, second, Decimal("4.51"))
    assert (refused.value.code, refused.value.params["left"]) == ("over_payment", Decimal("4.50"))
    assert events(invoice)[-2:] == ["payment.refunded", "payment.refunded"]
    assert ledger_audit.differences(actor.organisation_id) == ()


def test_a_refund_is_undone_by_an_entry_beside_it(actor: Actor) -> None:
    paid, back = money(actor, "a", "50.00"), money(actor, "b", "-30.00")
    entry = payments.refund(actor, paid, back, Decimal("30.00"))

    payments.reverse_allocation(actor, entry)

    assert (unapplied(paid), unapplied(back)) == ("50.00", "-30.00")
    view = show(actor.organisation_id, back)
    assert view is not None
    assert [(str(row.amount), row.beside_id) for row in view.entries] == [("30.00", paid), ("-30.00", paid)]
    with pytest.raises(LedgerError, match="already_reversed"):
        payments.reverse_allocation(actor, entry)
    assert ledger_audit.differences(actor.organisation_id) == ()


@pytest.mark.parametrize("taken_back", ["paid", "back"])
def test_taking_either_side_back_frees_the_other(actor: Actor, taken_back: str) -> None:
    sides = {"paid": money(actor, "a", "50.00"), "back": money(actor, "b", "-30.00")}
    payments.refund(actor, sides["paid"], sides["back"], Decimal("30.00"))

    payments.reverse_payment(actor, sides[taken_back])

    assert unapplied(sides["paid"]) == ("0.00" if taken_back == "paid" else "50.00")
    assert unapplied(sides["back"]) == ("0.00" if taken_back == "back" else "-30.00")
    assert ledger_audit.differences(actor.organisation_id) == ()


def test_what_is_no_refund_is_refused_and_changes_nothing(actor: Actor) -> None:
    paid, back, dollars = (
        money(actor, "a", "50.00"),
        money(actor, "b", "-30.00"),
        money(actor, "c", "-9", currency="USD"),
    )
    stranger = money(person(accounts.add_organisation("Een ander").id, "Eva"), "d", "-9.00")
    for code, sides, amount in (
        ("not_refund", (back, paid), "10"),
        ("not_refund", (paid, paid), "10"),
        ("not_refund", (paid, back), "-10"),
        ("over_refund", (paid, back), "30.01"),
        ("currency_of_refund", (paid, dollars), "9"),
        ("not_found", (paid, stranger), "9"),
        ("amount", (paid, back), "0"),
    ):
        with pytest.raises(LedgerError) as refused:
            payments.refund(actor, *sides, Decimal(amount))
        assert refused.value.code == code
    assert (unapplied(paid), unapplied(back)) == ("50.00", "-30.00")


def test_hands_that_come_at_one_time_never_pay_back_more_than_came_in(actor: Actor, app: Flask) -> None:
    paid = money(actor, "a", "100.00")
    backs = [money(actor, f"b{n}", "-30.00") for n in range(8)]
    current().rollback()

    def hand(back: int) -> str:
        with app.app_context():
            try:
                payments.refund(actor, paid, back, Decimal("30.00"))
            except LedgerError as refused:
                return refused.code
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(8) as hands:
        found = sorted(hands.map(hand, backs))

    assert found == ["done"] * 3 + ["over_payment"] * 5
    assert unapplied(paid) == "10.00"
    assert ledger_audit.differences(actor.organisation_id) == ()


def test_the_same_account_and_name_come_first(actor: Actor) -> None:
    money(actor, "a", "10.00", name="Slagerij", day=4)
    same = money(actor, "b", "10.00", name="Bakkerij", day=1)
    back = current().get_one(Payment, money(actor, "c", "-5.00", name="Bakkerij", day=6))

    found = counterparts(back)

    assert (found[0].id, str(found[0].fits)) == (same, "5.00")
    assert len(found) == 2


def test_a_person_says_it_on_the_page_and_takes_it_back_at_the_desk(client: FlaskClient, actor: Actor) -> None:
    paid, back = money(actor, "a", "50.00"), money(actor, "b", "-30.00", day=5)
    desk = client.get(f"/payments/desk?payment={back}").get_data(as_text=True)
    assert f'name="part-{paid}"' in desk

    answer = client.post(f"/payments/{back}/refund", data={f"part-{paid}": "12,50", "desk": "1"})

    assert answer.status_code == 303
    assert (unapplied(paid), unapplied(back)) == ("37.50", "-17.50")
    page = client.get(f"/payments/{paid}").get_data(as_text=True)
    assert f'href="/payments/{back}"' in page
    match = current().scalars(select(Match)).one()
    matching.undo(actor, match.id)
    assert (unapplied(paid), unapplied(back)) == ("50.00", "-30.00")


def test_money_that_went_out_is_told_of_credit_notes_and_not_that_no_invoice_is_open(
    client: FlaskClient, actor: Actor
) -> None:
    make_invoice(actor.organisation_id, "26-0001")
    back = money(actor, "b", "-20.00")

    page = client.get(f"/payments/{back}").get_data(as_text=True)

    assert "Er staat geen creditfactuur in deze valuta open." in page
    assert "Ontvangen op" not in page


@pytest.mark.parametrize("typed", [{"part-1": "abc"}, {}, {"part-999999": "5"}])
def test_what_cannot_be_says_why_and_changes_nothing(client: FlaskClient, actor: Actor, typed: dict[str, str]) -> None:
    paid = money(actor, "a", "50.00")
    answer = client.post(f"/payments/{paid}/refund", data=typed, follow_redirects=True)
    assert answer.status_code == 200
    assert unapplied(paid) == "50.00"


def test_a_bank_line_that_nothing_explains_is_pointed_out_as_the_refund(
    client: FlaskClient, actor: Actor, other_organisation: Organisation
) -> None:
    content = camt([Tx("121.00"), Tx("-20.00", "Te veel betaald", "Iemand anders"), Tx("-500.00", "Huur")])
    paid = import_statements(actor, read("bank.xml", content)).payment_ids[0]
    foreign = import_statements(person(other_organisation.id, "x"), read("bank.xml", content))
    ours, theirs = (
        current().scalars(select(BankLine.id).where(BankLine.organisation_id == one, BankLine.amount == -20)).one()
        for one in (actor.organisation_id, other_organisation.id)
    )
    for page in (f"/payments/{paid}", f"/payments/desk?payment={paid}"):
        assert re.findall(r'name="line" value="(\d+)"', client.get(page).text) == [str(ours)]

    client.post(f"/payments/{paid}/refund", data={"line": [ours, theirs]})
    assert (unapplied(paid), unapplied(foreign.payment_ids[0])) == ("121.00", "121.00")
    assert current().get_one(BankLine, ours).payment_id is None
    for _click in range(2):
        client.post(f"/payments/{paid}/refund", data={"line": [ours]})
    release()
    back = current().get_one(BankLine, ours).payment_id or 0
    assert (unapplied(paid), unapplied(back)) == ("101.00", "0.00")
    assert import_statements(actor, read("again.xml", content)).payment_ids == ()
    assert ledger_audit.differences(actor.organisation_id) == ()
    matching.undo(
        actor, current().scalars(select(Match.id).where(Match.organisation_id == actor.organisation_id)).one()
    )
    assert (unapplied(paid), unapplied(back)) == ("121.00", "-20.00")
