"""What an organisation allows when it matches: tolerance by currency, payment discount, refunds, and one step each."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.matching.test_desk import outstanding, paid, rows, unapplied
from tests.support.records import make_invoice
from webapp.domain.statements import Line, Numbered, Statement
from webapp.services import matching
from webapp.services.actors import Actor, person
from webapp.services.matching import Allowed, RuleError, accepting
from webapp.services.payments import LedgerError
from webapp.services.statements.refunding import refunds_among
from webapp.store.organisations import Organisation
from webapp.store.payments import Allocation
from webapp.store.session import current
from webapp.store.statements import Match
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
FORM = {"tolerance": "0,50", "currency": ["HUF", ""], "amount": ["10", ""], "discount": "2,5", "discount_days": "8"}


@pytest.fixture
def actor(organisation: Organisation) -> Actor:
    return person(organisation.id, "Staff")


def test_rules_are_typed_saved_and_shown_again(organisation: Organisation, admin: User, log_in: LogIn) -> None:
    client = log_in(admin)
    assert client.post("/payments/desk/rules", data=FORM).status_code == 303

    current().rollback()  # the page wrote in a session of its own
    kept = matching.allowed(organisation.id)
    assert (kept.tolerance, kept.tolerances) == (Decimal("0.50"), {"HUF": Decimal("10.00")})
    assert (kept.rules.discount, kept.rules.discount_days) == (Decimal("0.025"), 8)
    page = client.get("/payments/desk/rules").text
    assert 'value="0,50"' in page
    assert 'value="2,50"' in page


@pytest.mark.portable
@pytest.mark.parametrize(
    "wrong",
    [
        {"tolerance": "veel"},
        {"tolerance": "-1"},
        {"discount": "21"},
        {"discount_days": "1.5"},
        {"currency": ["XXX"], "amount": ["1"]},
        {"currency": [""], "amount": ["1"]},
    ],
)
def test_a_rule_that_does_not_fit_is_said_where_it_stands_and_nothing_is_saved(
    organisation: Organisation, admin: User, log_in: LogIn, wrong: dict[str, str]
) -> None:
    answer = log_in(admin).post("/payments/desk/rules", data=FORM | wrong)
    assert answer.status_code == 422
    assert 'value="8"' in answer.text or "discount_days" in wrong
    current().rollback()
    assert matching.allowed(organisation.id) == Allowed()


def test_a_tolerance_beyond_all_reason_is_refused(actor: Actor) -> None:
    with pytest.raises(RuleError):
        matching.allow(actor, Allowed(tolerance=Decimal("1e9")))


def test_a_difference_within_the_tolerance_is_matched_and_written_off_by_itself(actor: Actor) -> None:
    invoice = make_invoice(actor.organisation_id, "26-0001")
    organisation = current().get_one(Organisation, actor.organisation_id)
    payment = paid(organisation, "120.60", text="factuur 26-0001")
    matching.allow(actor, Allowed(tolerance=Decimal("0.50")))

    assert matching.match_automatically(actor.organisation_id, [payment]) == [payment]
    assert outstanding(invoice) == "0.00"
    (match,) = rows(select(Match))
    assert "tolerance" in match.reasons
    kinds = [(row.kind, str(row.amount)) for row in rows(select(Allocation).order_by(Allocation.id))]
    assert kinds == [("payment", "120.60"), ("write_off", "0.40")]

    matching.undo(actor, match.id)
    assert (outstanding(invoice), unapplied(payment)) == ("121.00", "120.60")


def test_a_discount_in_time_is_proposed_with_its_reason(organisation: Organisation, staff: User, log_in: LogIn) -> None:
    make_invoice(organisation.id, "26-0001", issue_date=date(2026, 2, 27))
    paid(organisation, "115.00", text="factuur 26-0001")
    client, words = log_in(staff), "past bij een betalingskorting"
    assert words not in client.get("/payments/desk").text

    matching.allow(person(organisation.id, "x"), Allowed(discount=Decimal(5)))
    assert words in client.get("/payments/desk").text


def test_what_cannot_be_finished_leaves_nothing_behind(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = current().get_one(Organisation, actor.organisation_id)
    invoice = make_invoice(actor.organisation_id, "26-0001")
    payment = paid(organisation, "100.00")

    def refuse(*_: object) -> int:
        raise LedgerError("kind")

    monkeypatch.setattr(accepting, "write_off", refuse)
    with pytest.raises(LedgerError):
        matching.accept(actor, payment, [(invoice, Decimal("100.00"))], write_off_kind="bank_costs")
    assert (outstanding(invoice), unapplied(payment)) == ("121.00", "100.00")
    assert current().scalar(select(func.count()).select_from(Allocation)) == 0


def refund(amount: str, text: str = "", name: str = "Bakkerij De Korenbloem") -> bool:
    """Whether a line that went out is seen as a refund; needs the organisation's books."""
    line = Line(date(2026, 3, 2), Decimal(amount), "EUR", name=name, text=text)
    statement = Statement("NL91ABNA0417164300", "EUR", "1", (line,))
    organisation_id = current().scalar(select(Organisation.id).order_by(Organisation.id)) or 0
    one = Numbered(line, "content", 1)
    return bool(refunds_among(person(organisation_id, "x"), [one], statement))


def test_money_that_goes_back_for_a_credit_note_is_a_payment_and_the_rest_is_not(actor: Actor) -> None:
    assert not refund("-121.00", "creditnota C-1"), "nothing is owed to a customer"
    make_invoice(actor.organisation_id, "26-0009", price="-100.00")
    assert refund("-121.00", "creditnota 26-0009", name="")
    assert refund("-121.00")
    assert not refund("-99.00")
    assert not refund("-121.00", name="Energiemaatschappij")
