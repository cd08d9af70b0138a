"""The days of payments: what a bank line tells of itself, and nothing beyond."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from webapp.domain.dating import Dated, Posting, Undated, date_payments

pytestmark = pytest.mark.pure

SEEN = date(2026, 3, 2)
DAY = date(2026, 2, 27)


def paid(number: int, amount: str = "40.00", reference: str = "26-0001", contact: str = "") -> Undated:
    return Undated(number, reference, contact, Decimal(amount), SEEN)


def line(
    number: int, amount: str = "-40.00", text: str = "factuur 26-0001", day: date = DAY, contact: str = ""
) -> Posting:
    return Posting(f"p{number}", day, Decimal(amount), text, contact)


def days(payments: list[Undated], lines: list[Posting]) -> dict[int, date]:
    found = date_payments(payments, lines)
    assert found == date_payments(payments[::-1], lines[::-1])
    return {one.payment_id: one.day for one in found}


def test_a_line_that_names_the_invoice_tells_the_day() -> None:
    assert date_payments([paid(1)], [line(1)]) == (Dated(1, DAY, ("p1",)),)


def test_a_number_inside_a_longer_one_names_nothing() -> None:
    assert days([paid(1)], [line(1, text="factuur 26-00012"), line(2, text="126-0001")]) == {}


def test_a_line_of_another_amount_or_of_a_later_day_tells_nothing() -> None:
    assert days([paid(1)], [line(1, "-41.00"), line(2, "40.00"), line(3, day=SEEN + timedelta(days=1))]) == {}


def test_several_lines_that_make_up_the_payment_give_the_last_day() -> None:
    lines = [line(1, "-15.00"), line(2, "-25.00", day=DAY + timedelta(days=1))]
    assert days([paid(1)], lines) == {1: DAY + timedelta(days=1)}


def test_two_days_on_which_it_could_have_been_are_none() -> None:
    assert days([paid(1)], [line(1), line(2, day=DAY - timedelta(days=7))]) == {}


def test_the_only_line_of_that_amount_from_that_contact_tells_the_day() -> None:
    one = paid(1, contact="1122")
    assert days([one], [line(1, text="betaling", contact="1122")]) == {1: DAY}
    assert days([one], [line(1, text="betaling", contact="33")]) == {}
    assert days([one], [line(1, text="a", contact="1122"), line(2, text="b", contact="1122")]) == {}
    assert days([one, paid(2, reference="26-0002", contact="1122")], [line(1, text="a", contact="1122")]) == {}


def test_a_collection_that_bounced_has_the_other_sign() -> None:
    assert days([paid(1, "-40.00")], [line(1, "40.00", text="Storno 26-0001")]) == {1: DAY}
