"""The desk: what is proposed is accepted with one button, split, written off and undone, and learned from."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support.records import make_invoice
from webapp.services import matching
from webapp.services.actors import person
from webapp.services.payments import PaymentData, record_payment
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current, transaction
from webapp.store.statements import LearnedAccount, Match
from webapp.store.users import User

IBAN = "NL91ABNA0417164300"


def paid(organisation: Organisation, amount: str = "121.00", text: str = "", **facts: str) -> int:
    values = {"contact_name": "Bakkerij De Korenbloem", "iban": IBAN} | facts
    number = len(rows(select(Payment.id)))
    data = PaymentData(
        "statement",
        f"line {number}",
        Decimal(amount),
        date(2026, 3, 2),
        description=text,
        **values,  # type: ignore[arg-type]
    )
    return record_payment(person(organisation.id, "Staff"), data).payment_id


def rows(query: Any) -> list[Any]:
    """Read anew: another session, that of the page, wrote meanwhile."""
    current().rollback()
    return list(current().scalars(query))


def outstanding(invoice_id: int) -> str:
    current().rollback()
    return f"{current().get_one(Invoice, invoice_id, populate_existing=True).outstanding_amount:.2f}"


def unapplied(payment_id: int) -> str:
    current().rollback()
    return f"{current().get_one(Payment, payment_id, populate_existing=True).unapplied_amount:.2f}"


@pytest.fixture
def client(staff: User, log_in: Callable[[User], FlaskClient]) -> FlaskClient:
    return log_in(staff)


def test_the_proposal_is_shown_with_its_reasons_and_one_button(organisation: Organisation, client: FlaskClient) -> None:
    make_invoice(organisation.id, "26-0001")
    paid(organisation, text="factuur 26-0001")
    page = client.get("/payments/desk").text
    assert 'data-action="accept-match"' in page
    assert "Het factuurnummer staat in de omschrijving" in page
    assert "26-0001" in page


def test_accepting_settles_the_invoice_and_learns_the_account(organisation: Organisation, client: FlaskClient) -> None:
    invoice, other = make_invoice(organisation.id, "26-0001"), make_invoice(organisation.id, "26-0002")
    payment = paid(organisation, text="26-0001")
    answer = client.post(f"/payments/desk/{payment}/accept", data={"choice": str(invoice)})
    assert answer.status_code == 303
    assert (outstanding(invoice), outstanding(other), unapplied(payment)) == ("0.00", "121.00", "0.00")
    learned = rows(select(LearnedAccount))[0]
    assert (learned.iban, learned.revoked_at) == (IBAN, None)
    match = rows(select(Match))[0]
    assert "reference" in match.reasons
    assert not match.automatic
    again = client.post(f"/payments/desk/{payment}/accept", data={"choice": str(invoice)})
    assert again.status_code == 404, "a second click finds nothing that waits"
    assert len(rows(select(Allocation))) == 1


def test_undoing_reverses_the_entries_and_forgets_what_was_learned(
    organisation: Organisation, client: FlaskClient
) -> None:
    invoice = make_invoice(organisation.id, "26-0001")
    payment = paid(organisation, text="26-0001")
    client.post(f"/payments/desk/{payment}/accept", data={"choice": str(invoice)})
    match = rows(select(Match.id))[0]
    assert client.post(f"/payments/desk/undo/{match}").status_code == 303
    assert (outstanding(invoice), unapplied(payment)) == ("121.00", "121.00")
    assert rows(select(LearnedAccount))[0].revoked_at is not None
    assert client.post(f"/payments/desk/undo/{match}").status_code == 404
    events = [one.event for one in rows(select(InvoiceEvent).where(InvoiceEvent.invoice_id == invoice))]
    assert {"payment.allocated", "payment.unallocated"} <= set(events)


def test_a_difference_is_written_off_to_its_kind_and_undone_with_the_match(
    organisation: Organisation, client: FlaskClient
) -> None:
    invoice = make_invoice(organisation.id, "26-0001")
    payment = paid(organisation, "120.95", "26-0001")
    form = {"choice": str(invoice), "write_off": "payment_difference"}
    client.post(f"/payments/desk/{payment}/accept", data=form)
    assert outstanding(invoice) == "0.00"
    kinds = [one.write_off_kind for one in rows(select(Allocation))]
    assert sorted(kinds) == ["", "payment_difference"]
    client.post(f"/payments/desk/undo/{rows(select(Match.id))[0]}")
    assert (outstanding(invoice), unapplied(payment)) == ("121.00", "120.95")


def test_what_was_paid_too_much_is_written_off_from_the_payment(
    organisation: Organisation, client: FlaskClient
) -> None:
    invoice = make_invoice(organisation.id, "26-0001")
    payment = paid(organisation, "121.05", "26-0001")
    client.post(f"/payments/desk/{payment}/accept", data={"choice": str(invoice), "write_off": "payment_difference"})
    assert (outstanding(invoice), unapplied(payment)) == ("0.00", "0.00")


def test_a_payment_is_split_by_hand_and_an_empty_amount_takes_what_fits(
    organisation: Organisation, client: FlaskClient
) -> None:
    one, two = make_invoice(organisation.id, "26-0001"), make_invoice(organisation.id, "26-0002")
    payment = paid(organisation, "150.00")
    form = {"number": ["26-0001", "26-0002"], "amount": ["100,00", ""]}
    assert client.post(f"/payments/desk/{payment}/split", data=form).status_code == 303
    assert (outstanding(one), outstanding(two), unapplied(payment)) == ("21.00", "71.00", "0.00")


@pytest.mark.portable
@pytest.mark.parametrize(
    ("number", "amount", "words"),
    [
        ("26-0009", "", "Er is geen factuur 26-0009."),
        ("26-0001", "veel", "is geen bedrag"),
        ("26-0001", "500,00", "150,00"),
        ("", "", "minstens één factuurnummer"),
    ],
)
def test_a_split_that_does_not_fit_is_said_where_it_was_typed(
    organisation: Organisation, client: FlaskClient, number: str, amount: str, words: str
) -> None:
    invoice = make_invoice(organisation.id, "26-0001", price="1000.00")
    payment = paid(organisation, "150.00")
    answer = client.post(f"/payments/desk/{payment}/split", data={"number": number, "amount": amount})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{amount}"' in answer.text
    assert (outstanding(invoice), unapplied(payment)) == ("1210.00", "150.00")


def test_the_rest_of_a_payment_is_written_off(organisation: Organisation, client: FlaskClient) -> None:
    payment = paid(organisation, "0.02")
    assert client.post(f"/payments/desk/{payment}/write-off", data={"kind": "bank_costs"}).status_code == 303
    assert unapplied(payment) == "0.00"
    unknown = paid(organisation, "0.03")
    client.post(f"/payments/desk/{unknown}/write-off", data={"kind": "nonsense"})
    assert unapplied(unknown) == "0.03"


def test_a_proposal_that_no_longer_fits_is_not_applied(organisation: Organisation, client: FlaskClient) -> None:
    invoice = make_invoice(organisation.id, "26-0001")
    first, second = paid(organisation, text="26-0001"), paid(organisation, text="26-0001")
    client.post(f"/payments/desk/{first}/accept", data={"choice": str(invoice)})
    client.post(f"/payments/desk/{second}/accept", data={"choice": str(invoice)})
    assert unapplied(second) == "121.00"


def test_a_credit_note_in_the_proposal_is_set_off_first(organisation: Organisation, client: FlaskClient) -> None:
    invoice = make_invoice(organisation.id, "26-0001")
    note = make_invoice(organisation.id, "26-0002", price="-10.00", contact_id=None)
    payment = paid(organisation, "108.90", "26-0001 min 26-0002")
    client.post(f"/payments/desk/{payment}/accept", data={"choice": f"{invoice},{note}"})
    assert (outstanding(invoice), outstanding(note), unapplied(payment)) == ("0.00", "0.00", "0.00")


def test_what_is_certain_is_matched_by_itself_and_says_so(organisation: Organisation) -> None:
    one, two = make_invoice(organisation.id, "26-0001"), make_invoice(organisation.id, "26-0002", contact="Garage Smit")
    first = paid(organisation, text="26-0001")
    again = paid(organisation, text="26-0001")
    vague = paid(organisation, "77.00", contact_name="Iemand", iban="")
    assert matching.match_automatically(organisation.id, [first, again, vague]) == [first]
    assert (outstanding(one), outstanding(two)) == ("0.00", "121.00")
    event = rows(select(InvoiceEvent).where(InvoiceEvent.event == "payment.allocated"))[0]
    assert event.actor_kind == "system"
    assert rows(select(Match))[0].automatic
    assert rows(select(LearnedAccount)) == [], "only a person teaches"


def test_nothing_is_matched_by_itself_where_that_is_switched_off(
    organisation: Organisation, admin: User, log_in: Callable[[User], FlaskClient]
) -> None:
    make_invoice(organisation.id, "26-0001")
    payment = paid(organisation, text="26-0001")
    log_in(admin).post("/payments/desk/setting", data={"automatic": "0"})
    current().rollback()
    assert matching.match_automatically(organisation.id, [payment]) == []
    assert unapplied(payment) == "121.00"


def test_a_learned_account_recognises_the_next_payment_until_it_is_forgotten(
    organisation: Organisation, client: FlaskClient
) -> None:
    first = make_invoice(organisation.id, "26-0001")
    payment = paid(organisation, text="26-0001", contact_name="K. Bloem")
    client.post(f"/payments/desk/{payment}/accept", data={"choice": str(first)})
    current().rollback()
    make_invoice(organisation.id, "26-0002", price="50.00")
    second = make_invoice(organisation.id, "26-0003", price="60.00")
    with transaction() as session:
        contact = session.get_one(Invoice, first).contact
        session.get_one(Invoice, second).contact = contact
    index = matching.gather(organisation.id)
    assert index.by_iban == {IBAN: {contact.id if contact else 0}}
    learned = rows(select(LearnedAccount.id))[0]
    assert IBAN in client.get("/payments/desk/accounts").text
    assert client.post(f"/payments/desk/accounts/{learned}/revoke").status_code == 303
    assert client.post(f"/payments/desk/accounts/{learned}/revoke").status_code == 404
    current().rollback()
    assert matching.gather(organisation.id).by_iban == {}


def test_another_organisations_invoices_are_never_proposed(
    organisation: Organisation, other_organisation: Organisation, client: FlaskClient
) -> None:
    theirs = make_invoice(other_organisation.id, "26-0001")
    payment = paid(organisation, text="26-0001")
    assert 'data-action="accept-match"' not in client.get("/payments/desk").text
    client.post(f"/payments/desk/{payment}/accept", data={"choice": str(theirs)})
    form = {"number": "26-0001", "amount": "121,00"}
    assert client.post(f"/payments/desk/{payment}/split", data=form).status_code == 422
    assert outstanding(theirs) == "121.00"


def test_one_goes_through_the_queue_with_next_and_previous(organisation: Organisation, client: FlaskClient) -> None:
    ids = [paid(organisation, f"{n}.00") for n in range(1, 18)]
    first = client.get("/payments/desk").text
    assert f"payment={ids[1]}" in first
    assert 'data-key="p"' not in first
    middle = client.get(f"/payments/desk?payment={ids[5]}").text
    assert f'href="/payments/desk?payment={ids[4]}" data-key="p"' in middle
    assert f'href="/payments/desk?payment={ids[6]}" data-key="n"' in middle
    assert "6/17" in middle
    assert client.get("/payments/desk?payment=99999999").status_code == 200


def test_an_empty_desk_says_what_would_come_here(client: FlaskClient) -> None:
    assert "Elke betaling is gematcht" in client.get("/payments/desk").text


def test_a_viewer_looks_and_does_nothing(
    organisation: Organisation, viewer: User, log_in: Callable[[User], FlaskClient]
) -> None:
    make_invoice(organisation.id, "26-0001")
    payment = paid(organisation, text="26-0001")
    page = log_in(viewer).get("/payments/desk").text
    assert "26-0001" in page
    assert "accept-match" not in page
    assert log_in(viewer).post(f"/payments/desk/{payment}/accept").status_code == 403
