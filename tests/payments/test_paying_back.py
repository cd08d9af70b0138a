"""Money that goes back to somebody who paid too much: on a statement, and undone at the desk."""

from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.matching.test_desk import client, outstanding, unapplied
from tests.statements.samples import Tx, camt
from tests.statements.test_importing import take
from tests.support.records import make_invoice
from webapp.queries import ledger_audit
from webapp.services import matching
from webapp.services.actors import person
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import current
from webapp.store.statements import Match

__all__ = ["client"]

LATER = date(2026, 3, 9)
ENOUGH = Tx("171.00", "factuur 26-0001")


@pytest.fixture
def paid_too_much(organisation: Organisation) -> int:
    """A payment of 50 more than its invoice, matched by hand; returns the payment."""
    invoice = make_invoice(organisation.id, "26-0001")
    (payment,) = take(organisation, camt([ENOUGH])).payment_ids
    matching.accept(person(organisation.id, "Staff"), payment, [(invoice, Decimal("121.00"))])
    assert (outstanding(invoice), unapplied(payment)) == ("0.00", "50.00")
    return payment


def go_back(organisation: Organisation, line: Tx) -> list[int]:
    found = take(organisation, camt([line], number="S-2", opening="2000.00"))
    matching.match_automatically(organisation.id, found.payment_ids)
    return list(found.payment_ids)


def test_what_was_paid_too_much_and_went_back_waits_on_neither_side(
    organisation: Organisation, paid_too_much: int
) -> None:
    (refund,) = go_back(organisation, Tx("-50.00", "terug", day=LATER))

    assert (unapplied(paid_too_much), unapplied(refund)) == ("0.00", "0.00")
    row = current().get_one(Payment, refund)
    assert (row.reverses_id, str(row.amount)) == (paid_too_much, "-50.00")
    assert ledger_audit.differences(organisation.id) == ()


@pytest.mark.parametrize(
    "line",
    [
        Tx("-49.00", "terug", day=LATER),
        Tx("-50.00", "terug", iban="NL02ABNA0123456789", day=LATER),
        Tx("-50.00", "terug", day=date(2026, 3, 1)),
    ],
)
def test_another_amount_another_account_or_an_earlier_day_stays_a_line(
    organisation: Organisation, paid_too_much: int, line: Tx
) -> None:
    assert go_back(organisation, line) == []
    assert unapplied(paid_too_much) == "50.00"


def test_the_same_rest_goes_back_once(organisation: Organisation, paid_too_much: int) -> None:
    first = go_back(organisation, Tx("-50.00", "terug", day=LATER))
    assert len(first) == 1
    again = take(organisation, camt([Tx("-50.00", "nog eens", day=LATER)], number="S-3", opening="1950.00"))
    assert again.payment_ids == ()


def test_it_can_be_undone_at_the_desk_and_both_wait_again(organisation: Organisation, paid_too_much: int) -> None:
    (refund,) = go_back(organisation, Tx("-50.00", "terug", day=LATER))
    match = current().scalars(select(Match).order_by(Match.id.desc())).first()
    assert match is not None
    assert (match.automatic, match.reasons) == (True, ["paid_back"])

    matching.undo(person(organisation.id, "Staff"), match.id)

    assert (unapplied(paid_too_much), unapplied(refund)) == ("50.00", "-50.00")
    assert ledger_audit.differences(organisation.id) == ()


def test_both_pages_say_what_happened(organisation: Organisation, paid_too_much: int, client: FlaskClient) -> None:
    (refund,) = go_back(organisation, Tx("-50.00", "terug", day=LATER))
    current().rollback()
    assert "Een deel van deze betaling is terugbetaald" in client.get(f"/payments/{paid_too_much}").text
    assert "naar iemand die te veel had betaald" in client.get(f"/payments/{refund}").text
