"""Which VAT types go with which percentage, in which country."""

from datetime import date
from decimal import Decimal

import pytest

from webapp.domain.vat import VatType, default_type, is_valid_pair, percentages, vat_types

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("country", "vat_type", "rate"),
    [
        ("nl", 1, "21"),
        ("nl", 1, "21.00"),
        ("NL", 2, "9"),
        *(("nl", free, "0") for free in (0, 4, 6, 7, 17, 19, 20)),
        ("nl", 8, "19"),
        ("nl", 40, "27"),
        ("be", 1, "21"),
        ("be", 2, "6"),
        ("be", 21, "12"),
        ("be", 17, "0"),
    ],
)
def test_a_pair_of_the_table_is_valid(country: str, vat_type: int, rate: str) -> None:
    assert is_valid_pair(country, vat_type, Decimal(rate))


@pytest.mark.parametrize(
    ("country", "vat_type", "rate"),
    [
        ("nl", 1, "9"),
        ("nl", 2, "21"),
        ("nl", 2, "6"),
        ("nl", 0, "21"),
        ("nl", 21, "12"),
        ("nl", 3, "0"),
        ("nl", 40, "101"),
        ("nl", 8, "-1"),
        ("be", 2, "9"),
        ("be", 21, "21"),
        ("hu", 1, "27"),
        ("", 0, "0"),
    ],
)
def test_a_pair_that_is_not_in_the_table_is_not(country: str, vat_type: int, rate: str) -> None:
    assert not is_valid_pair(country, vat_type, Decimal(rate))


def test_an_old_document_may_carry_the_rate_of_its_day() -> None:
    assert is_valid_pair("nl", 2, Decimal("6.00"), on=date(2012, 6, 22))
    assert not is_valid_pair("nl", 2, Decimal(9), on=date(2018, 12, 31))
    assert is_valid_pair("nl", 2, Decimal(9), on=date(2019, 1, 1))
    assert is_valid_pair("nl", 1, Decimal(19), on=date(2012, 9, 30))
    assert not is_valid_pair("nl", 1, Decimal(19), on=date(2012, 10, 1))


def test_what_the_administration_lists_decides_alone() -> None:
    listed = {(1, Decimal(21)), (9, Decimal("5.00"))}
    assert is_valid_pair("nl", 9, Decimal(5), active=listed)
    assert not is_valid_pair("nl", 2, Decimal(9), active=listed)


def test_a_bare_percentage_stands_for_a_type_only_where_it_is_clear() -> None:
    assert default_type("nl", Decimal("21.0")) is VatType.HIGH
    assert default_type("nl", Decimal(9)) is VatType.LOW
    assert default_type("be", Decimal(12)) is VatType.MEDIUM
    assert default_type("nl", Decimal(0)) is None
    assert default_type("nl", Decimal(12)) is None
    assert default_type("hu", Decimal(27)) is None


def test_medium_can_be_chosen_in_belgium_only() -> None:
    assert [int(found) for found in vat_types("nl")] == [0, 1, 2, 4, 6, 7, 8, 17, 19, 20, 40]
    assert [int(found) for found in vat_types("be")] == [0, 1, 2, 4, 6, 7, 8, 17, 19, 20, 21, 40]
    assert vat_types("de") == ()


def test_a_type_tells_its_percentages_or_leaves_them_open() -> None:
    assert percentages("nl", 1) == (Decimal(21),)
    assert percentages("be", 17) == (Decimal(0),)
    assert percentages("nl", 40) is None
    assert percentages("nl", 21) == ()


@pytest.mark.parametrize("country", ["nl", "be"])
def test_every_type_that_can_be_chosen_has_a_valid_percentage(country: str) -> None:
    for vat_type in vat_types(country):
        rates = percentages(country, vat_type)
        assert rates is None or len(rates) == 1
        assert is_valid_pair(country, vat_type, rates[0] if rates else Decimal(19))
