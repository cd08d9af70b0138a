"""Amounts are exact, rounded in one way, and never guessed from text."""

from contextlib import suppress
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.money import AmountError, AmountFault, cents, minor_units, parse_amount

pytestmark = pytest.mark.pure
amounts = st.decimals(min_value=-(10**11), max_value=10**11, places=2)


@pytest.mark.parametrize(
    ("currency", "decimals"), [("EUR", 2), ("HUF", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0)]
)
def test_every_currency_has_its_own_number_of_decimals(currency: str, decimals: int) -> None:
    assert minor_units(currency) == decimals


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "E1R", "€"])
def test_what_is_no_currency_code_is_refused(currency: str) -> None:
    with pytest.raises(AmountError) as refusal:
        minor_units(currency)
    assert refusal.value.reason is AmountFault.CURRENCY


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "EUR", "1.01"),
        ("-1.005", "EUR", "-1.01"),
        ("1.0049999", "EUR", "1.00"),
        ("0.5", "JPY", "1"),
        ("-0.001", "EUR", "0.00"),
        ("999999999999.99", "EUR", "999999999999.99"),
    ],
)
def test_halves_are_rounded_away_from_zero(amount: str, currency: str, rounded: str) -> None:
    assert str(cents(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("NaN", AmountFault.NOT_FINITE),
        ("-Infinity", AmountFault.NOT_FINITE),
        ("1000000000000", AmountFault.TOO_LARGE),
        ("999999999999.995", AmountFault.TOO_LARGE),
        ("-1e40", AmountFault.TOO_LARGE),
    ],
)
def test_an_amount_beyond_all_bounds_is_refused(amount: str, reason: AmountFault) -> None:
    with pytest.raises(AmountError) as refusal:
        cents(Decimal(amount))
    assert refusal.value.reason is reason


@given(amounts)
def test_rounding_twice_is_rounding_once_and_mirrors(amount: Decimal) -> None:
    third = amount / 3
    assert cents(cents(third)) == cents(third)
    assert cents(-third) == -cents(third)
    assert abs(cents(third) - third) <= Decimal("0.005")


def test_rounding_does_not_depend_on_the_threads_context() -> None:
    with localcontext(prec=4):
        assert cents(Decimal("123456789.125")) == Decimal("123456789.13")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("1\u202f234\u202f567,8", "1234567.80"),
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234.567", "1234567.00"),
        ("€ 1.234,56", "1234.56"),
        ("€1.234,56", "1234.56"),
        ("1.234,56 €", "1234.56"),
        ("EUR 26.40", "26.40"),
        ("26,40-", "-26.40"),
        ("-26,40", "-26.40"),
        ("\u221226,40", "-26.40"),
        ("€ -26,40", "-26.40"),
        ("- € 26,40", "-26.40"),
        ("+7", "7.00"),
        ("€ 12,-", "12.00"),
        ("€ 1.234,-", "1234.00"),
        ("0.120000", "0.12"),
        ("12,5", "12.50"),
        ("1234", "1234.00"),
        (" 12 ", "12.00"),
    ],
)
def test_what_people_write_is_read(text: str, amount: str) -> None:
    assert str(parse_amount(text)) == amount


@pytest.mark.parametrize(
    ("locale", "text", "amount"),
    [
        ("nl", "1.234", "1234"),
        ("nl_NL", "1.234", "1234"),
        ("hu", "1.234", "1234"),
        ("en", "1,234", "1234"),
        ("nl", "1,2340", "1.234"),
        ("en", "1.234", "1.234"),
        ("nl", "1,234", "1.234"),
    ],
)
def test_a_locale_decides_what_is_ambiguous(locale: str, text: str, amount: str) -> None:
    assert parse_amount(text, locale=locale, decimals=4) == Decimal(amount)


@pytest.mark.parametrize("text", ["1.234", "1,234", "€ 12.345", "-123,456"])
def test_without_a_locale_an_ambiguous_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountError) as refusal:
        parse_amount(text)
    assert refusal.value.reason is AmountFault.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", AmountFault.EMPTY),
        ("  ", AmountFault.EMPTY),
        ("NaN", AmountFault.NOT_FINITE),
        ("sNaN123", AmountFault.NOT_FINITE),
        ("-Infinity", AmountFault.NOT_FINITE),
        ("inf", AmountFault.NOT_FINITE),
        ("1e5", AmountFault.EXPONENT),
        ("1.5E-3", AmountFault.EXPONENT),
        ("12,345,6", AmountFault.MALFORMED),
        ("1.23.456", AmountFault.MALFORMED),
        ("1.234 567,00", AmountFault.MALFORMED),
        ("1,234,567.89.0", AmountFault.MALFORMED),
        ("1.50,-", AmountFault.MALFORMED),
        ("12,", AmountFault.MALFORMED),
        (",12", AmountFault.MALFORMED),
        ("--5", AmountFault.MALFORMED),
        ("-5-", AmountFault.MALFORMED),
        ("1 2", AmountFault.MALFORMED),
        ("12abcd", AmountFault.MALFORMED),
        ("0x10", AmountFault.MALFORMED),
        ("1_000", AmountFault.MALFORMED),
        ("\u0661\u0662", AmountFault.MALFORMED),
        ("9" * 61, AmountFault.MALFORMED),
        ("12,345", AmountFault.AMBIGUOUS),
        ("0,005", AmountFault.DECIMALS),
        ("1.2345", AmountFault.DECIMALS),
        ("1.000.000.000.000", AmountFault.TOO_LARGE),
        ("$ 5", AmountFault.CURRENCY),
        ("5 USD", AmountFault.CURRENCY),
        ("€ 5 USD", AmountFault.CURRENCY),
    ],
)
def test_what_is_no_plain_amount_is_refused_with_its_reason(text: str, reason: AmountFault) -> None:
    with pytest.raises(AmountError) as refusal:
        parse_amount(text)
    assert refusal.value.reason is reason


def test_the_currency_decides_how_many_decimals_may_be_written() -> None:
    assert parse_amount("1234,5 Ft", currency="HUF") == Decimal("1234.50")
    assert parse_amount("JPY 500", currency="JPY") == Decimal(500)
    with pytest.raises(AmountError):
        parse_amount("500,5", currency="JPY")


@given(amounts)
def test_every_way_of_writing_an_amount_reads_back_as_itself(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    dutch = english.translate(str.maketrans(",.", ".,"))
    hungarian = english.replace(",", "\u00a0").replace(".", ",")
    for text in (english, dutch, hungarian, f"{amount:.2f}", f"€ {dutch}", f"{hungarian} EUR"):
        assert parse_amount(text) == amount


@given(st.text(max_size=30))
def test_no_text_does_anything_but_become_an_amount_or_be_refused(text: str) -> None:
    with suppress(AmountError):
        assert parse_amount(text).is_finite()
