"""Matching finds the invoices a payment is about, says why, and is automatic only where nothing else is possible."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from webapp.domain.matching import Difference, Index, KnownContact, OpenInvoice, Proposal, Reason, Receipt, propose

pytestmark = pytest.mark.pure
DAY = date(2026, 3, 2)
BAKERY = KnownContact(1, "Bakkerij De Korenbloem B.V.", ("NL91ABNA0417164300",))
GARAGE = KnownContact(2, "Garage Van Dijk")


def invoice(identity: int, number: str, amount: str = "121.00", **facts: Any) -> OpenInvoice:
    values = {"currency": "EUR", "issue_date": date(2026, 2, 2), "contact_id": 1, "contact_name": BAKERY.name} | facts
    return OpenInvoice(identity, number, Decimal(amount), **values)


def receipt(text: str = "", amount: str = "121.00", **facts: Any) -> Receipt:
    values = {"currency": "EUR", "received_on": DAY, "name": "BAKKERIJ DE KORENBLOEM"} | facts
    return Receipt(1, Decimal(amount), text=text, **values)


def match(payment: Receipt, *invoices: OpenInvoice) -> list[Proposal]:
    return propose(payment, Index(invoices, [BAKERY, GARAGE]))


def automatic(payment: Receipt, *invoices: OpenInvoice) -> dict[int, str]:
    """Return what is applied without asking, empty when a person is asked."""
    found = match(payment, *invoices)
    return {part.invoice_id: str(part.amount) for part in found[0].parts} if found and found[0].automatic else {}


@pytest.mark.parametrize(
    "text",
    [
        "Factuur 2026-00123",
        "factuur 202600123 dank u",
        "betr. 2026 00123",
        "fact.nr.2026/00123",
        "2026 - 00123",
        "FACTUUR2026-00123",
        "dd 12-02-2026 nr 2026-00123 EUR 121,00",
        "NL91 ABNA 0417 1643 00 2026-00123",
    ],
)
def test_a_number_is_found_however_people_write_it(text: str) -> None:
    others = (invoice(2, "2026-00124"), invoice(3, "2026-00013"))
    assert automatic(receipt(text), invoice(1, "2026-00123"), *others) == {1: "121.00"}


@pytest.mark.parametrize(
    "text",
    ["12026-00123", "2026-001234", "5 2026-00123-4", "99.2026.00123", "klant 92026001235", "2026 00123 55 2026 0012"],
)
def test_a_number_inside_a_longer_number_is_none(text: str) -> None:
    found = match(receipt(text, amount="60.00", name="Onbekend"), invoice(1, "2026-00123"))
    assert not any(Reason.REFERENCE in one.reasons for one in found)


def test_the_digits_of_an_account_are_no_number() -> None:
    found = match(receipt("NL91 ABNA 0417 1643 00", name="Onbekend", amount="60.00"), invoice(1, "0417-1643"))
    assert found == []


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("+++010/8068/17183+++", "+++010/8068/17183+++"),
        ("010806817183", "***010/8068/17183***"),
        ("RF18539007547034", "RF18 5390 0754 7034"),
        ("RF18539007547034", "uw ref RF18 5390 0754 7034 dank"),
        ("5000056789012345", "5000 0567 8901 2345"),
    ],
)
def test_a_structured_communication_is_found_in_the_text_and_in_its_field(reference: str, text: str) -> None:
    owed = (invoice(1, "26-1", reference=reference), invoice(2, "26-2"))
    assert automatic(receipt(text), *owed) == {1: "121.00"}
    assert automatic(receipt(text, name=""), *owed) == {1: "121.00"}
    assert automatic(receipt(text, name="Garage van Dijk"), *owed) == {}
    assert automatic(receipt(reference=text), *owed) == {1: "121.00"}


@pytest.mark.parametrize("wrong", ["+++010/8068/17184+++", "RF19 5390 0754 7034", "6000 0567 8901 2345"])
def test_a_structured_communication_with_a_wrong_check_digit_is_none(wrong: str) -> None:
    owed = [
        invoice(1, "26-1", reference="+++010/8068/17183+++"),
        invoice(2, "26-2", reference="RF18539007547034"),
        invoice(3, "26-3", reference="5000056789012345"),
    ]
    assert not any(Reason.STRUCTURED in one.reasons for one in match(receipt(wrong), *owed))


def test_amount_and_account_are_enough_where_only_one_invoice_fits() -> None:
    payment = receipt(name="K. Bloem", iban="NL91 ABNA 0417 1643 00")
    assert automatic(payment, invoice(1, "26-1"), invoice(2, "26-2", "50.00")) == {1: "121.00"}
    assert automatic(payment, invoice(1, "26-1"), invoice(2, "26-2")) == {}


def test_a_name_with_a_typing_error_is_the_name() -> None:
    stranger = invoice(2, "26-2", contact_id=2, contact_name=GARAGE.name)
    assert automatic(receipt(name="Bakerij de Koremblom"), invoice(1, "26-1"), stranger) == {1: "121.00"}
    assert automatic(receipt(name="Slagerij De Vries"), invoice(1, "26-1"), stranger) == {}


def test_several_invoices_that_are_named_are_paid_together() -> None:
    owed = invoice(1, "26-0001"), invoice(2, "26-0002", "79.00"), invoice(3, "26-0003", "5.00")
    assert automatic(receipt("26-0001,26-0002", "200.00"), *owed) == {1: "121.00", 2: "79.00"}
    found = match(receipt("", "200.00"), *owed)
    assert found[0].invoice_ids == {1, 2}
    assert not found[0].automatic, "two of three that happen to add up are a proposal"


def test_everything_that_somebody_owes_is_paid_at_once() -> None:
    found = automatic(receipt("", "200.00"), invoice(1, "26-0001"), invoice(2, "26-0002", "79.00"))
    assert found == {1: "121.00", 2: "79.00"}


def test_a_credit_note_is_taken_off() -> None:
    owed = invoice(1, "26-0001"), invoice(2, "26-0002", "-21.00")
    found = match(receipt("26-0001 minus 26-0002", "100.00"), *owed)[0]
    assert found.automatic
    assert [(part.invoice_id, part.amount) for part in found.parts] == [(2, Decimal("-21.00")), (1, Decimal("121.00"))]


def test_a_credit_note_is_paid_back() -> None:
    owed = invoice(1, "26-0001"), invoice(2, "26-0002", "-21.00")
    assert automatic(receipt("credit 26-0002", "-21.00"), *owed) == {2: "-21.00"}


def test_a_part_is_applied_where_it_can_only_be_that_invoice() -> None:
    assert automatic(receipt("26-0001", "60.00"), invoice(1, "26-0001")) == {1: "60.00"}
    fits_another = invoice(2, "26-0002", "60.00")
    assert automatic(receipt("26-0001", "60.00"), invoice(1, "26-0001"), fits_another) == {}


@pytest.mark.parametrize(
    ("amount", "difference", "parts"),
    [
        ("120.95", Difference.PAYMENT_DIFFERENCE, "120.95"),
        ("121.05", Difference.PAYMENT_DIFFERENCE, "121.00"),
        ("118.58", Difference.PART, "118.58"),
        ("300.00", Difference.TOO_MUCH, "121.00"),
    ],
)
def test_a_difference_is_named_and_nothing_beyond_what_is_open_is_proposed(
    amount: str, difference: Difference, parts: str
) -> None:
    found = match(receipt("26-0001", amount), invoice(1, "26-0001"))[0]
    assert found.difference is difference
    assert [str(part.amount) for part in found.parts] == [parts]
    assert found.rest == Decimal("121.00") - Decimal(amount)


def test_two_percent_off_in_time_is_a_payment_discount_and_is_asked() -> None:
    found = match(receipt("26-0001", "118.58"), invoice(1, "26-0001", issue_date=date(2026, 2, 25)))[0]
    assert found.difference is Difference.PAYMENT_DISCOUNT
    assert not found.automatic


def test_a_number_of_the_series_that_is_not_open_is_asked() -> None:
    """It may have been paid before, or be a typing error: the amount alone does not decide that."""
    found = match(receipt("factuur 2026-00099"), invoice(1, "2026-00123"))
    assert found[0].invoice_ids == {1}
    assert Reason.OTHER_NUMBER in found[0].reasons
    assert not found[0].automatic


def test_somebody_elses_number_is_asked() -> None:
    other = invoice(2, "26-0002", contact_id=2, contact_name=GARAGE.name)
    found = match(receipt("26-0002"), invoice(1, "26-0001"), other)
    assert {frozenset(one.invoice_ids) for one in found} == {frozenset({1}), frozenset({2})}
    assert not any(one.automatic for one in found)


def test_a_third_party_pays_by_full_number_and_an_amount_nobody_else_owes() -> None:
    assert automatic(receipt("26-0001", name="A. de Boer"), invoice(1, "26-0001")) == {1: "121.00"}


def test_another_currency_is_never_proposed() -> None:
    assert match(receipt("26-0001"), invoice(1, "26-0001", currency="USD")) == []


def test_a_text_that_was_cut_off_in_a_number_is_asked() -> None:
    """`26-12` may be the beginning of `26-123`."""
    owed = invoice(1, "F26-12"), invoice(2, "F26-123", "44.00")
    assert automatic(receipt("factuur F26-12", "121.00", name=""), *owed, invoice(3, "F26-9")) == {}


def test_an_account_that_was_learned_names_the_contact() -> None:
    learned = Index([invoice(1, "26-1")], [KnownContact(1, BAKERY.name, ("BE68539007547034",))])
    found = propose(receipt(name="J. Janssens", iban="BE68 5390 0754 7034"), learned)
    assert found[0].automatic
    assert Reason.IBAN in found[0].reasons


def test_the_wrong_account_for_a_name_is_asked() -> None:
    payment = receipt(iban="NL91ABNA0417164300")
    theirs = invoice(2, "26-2", contact_id=2, contact_name=GARAGE.name)
    assert automatic(payment, theirs) == {}


def test_nothing_is_proposed_for_nothing() -> None:
    assert match(receipt("26-0001", "0.00"), invoice(1, "26-0001")) == []
