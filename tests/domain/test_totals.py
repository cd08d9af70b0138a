"""Totals: net plus VAT is gross to the cent, in both ways of rounding."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.money import AmountError
from webapp.domain.totals import LineInput, calculate, line_amounts

pytestmark = pytest.mark.pure

lines = st.builds(
    LineInput,
    quantity=st.decimals(min_value=-1000, max_value=1000, places=4),
    unit_price=st.decimals(min_value=-10000, max_value=10000, places=4),
    vat_rate=st.sampled_from([Decimal(0), Decimal(5), Decimal(9), Decimal(21), Decimal("27.00")]),
    vat_included=st.booleans(),
    vat_type=st.sampled_from([None, 0, 1, 2]),
)
documents = st.lists(lines, max_size=12)
currencies = st.sampled_from(["EUR", "HUF", "JPY"])


def line(quantity: str, price: str, rate: str = "21", *, included: bool = False) -> LineInput:
    return LineInput(Decimal(quantity), Decimal(price), Decimal(rate), vat_included=included, vat_type=1)


def test_the_sample_of_the_import_api_comes_to_920() -> None:
    result = calculate([line("20", "3.50", "0"), line("10", "85.00", "0")])
    assert (result.per_line.net, result.per_line.vat, result.per_line.gross) == (Decimal(920), Decimal(0), Decimal(920))
    assert str(result.per_line.gross) == "920.00"
    assert result.difference.gross == 0


def test_a_price_without_vat_gets_its_vat_on_top() -> None:
    amounts = line_amounts(line("3", "9.99"))
    assert (amounts.net, amounts.vat, amounts.gross) == (Decimal("29.97"), Decimal("6.29"), Decimal("36.26"))


def test_a_price_with_vat_keeps_its_gross_amount() -> None:
    amounts = line_amounts(line("2", "14.88", "6.00", included=True))
    assert (amounts.net, amounts.vat, amounts.gross) == (Decimal("28.08"), Decimal("1.68"), Decimal("29.76"))


def test_the_two_ways_differ_by_cents_and_the_difference_is_stated() -> None:
    result = calculate([line("1", "0.07")] * 10)
    assert result.per_line.vat == Decimal("0.10")
    assert result.per_rate.vat == Decimal("0.15")
    assert result.difference.vat == result.difference.gross == Decimal("-0.05")
    assert result.difference.net == 0


def test_a_given_line_amount_takes_the_place_of_quantity_and_price() -> None:
    given_line = LineInput(
        Decimal(3), Decimal("9.99"), Decimal(21), line_amount=Decimal(30), line_vat_amount=Decimal("6.29")
    )
    amounts = line_amounts(given_line)
    assert (amounts.net, amounts.vat, amounts.gross) == (Decimal(30), Decimal("6.29"), Decimal("36.29"))
    assert calculate([given_line]).difference.gross == 0


def test_the_summary_has_one_row_for_each_type_and_rate_however_the_rate_is_written() -> None:
    result = calculate([line("1", "10", "21"), line("1", "20", "21.00"), line("1", "5", "9")])
    assert [(row.vat_rate, row.net, row.vat) for row in result.per_line.summary] == [
        (Decimal(21), Decimal(30), Decimal("6.30")),
        (Decimal(9), Decimal(5), Decimal("0.45")),
    ]


def test_an_empty_document_is_nothing() -> None:
    result = calculate([])
    assert str(result.per_line.gross) == "0.00"
    assert result.per_line.summary == ()


@pytest.mark.parametrize(
    "wrong",
    [line("1", "1", "-1"), line("1", "1", "101"), line("NaN", "1"), line("1", "Infinity"), line("1000000", "1000000")],
)
def test_a_line_out_of_range_is_refused(wrong: LineInput) -> None:
    with pytest.raises(AmountError):
        line_amounts(wrong)


@given(documents, currencies)
def test_net_plus_vat_is_gross_everywhere(document: list[LineInput], currency: str) -> None:
    result = calculate(document, currency)
    assert all(part.net + part.vat == part.gross for part in result.lines)
    for totals in (result.per_line, result.per_rate):
        assert totals.net + totals.vat == totals.gross
        assert all(row.net + row.vat == row.gross for row in totals.summary)
    assert len(result.lines) == len(document)


@given(documents, currencies)
def test_the_totals_are_the_sums_of_the_lines_and_of_the_summary(document: list[LineInput], currency: str) -> None:
    result = calculate(document, currency)
    assert result.per_line.net == sum(part.net for part in result.lines)
    assert result.per_line.vat == sum(part.vat for part in result.lines)
    for totals in (result.per_line, result.per_rate):
        assert totals.net == sum(row.net for row in totals.summary)
        assert totals.vat == sum(row.vat for row in totals.summary)
        assert totals.gross == sum(row.gross for row in totals.summary)


@given(documents)
def test_the_ways_differ_by_at_most_half_a_cent_for_each_rounding(document: list[LineInput]) -> None:
    result = calculate(document)
    roundings = len(document) + len(result.per_rate.summary) * 2
    assert abs(result.difference.vat) <= Decimal("0.005") * roundings


@given(documents)
def test_a_credit_note_mirrors_its_invoice_to_the_cent(document: list[LineInput]) -> None:
    mirrored = [
        LineInput(-part.quantity, part.unit_price, part.vat_rate, part.vat_included, part.vat_type) for part in document
    ]
    invoice, credit = calculate(document), calculate(mirrored)
    for there, back in ((invoice.per_line, credit.per_line), (invoice.per_rate, credit.per_rate)):
        assert (back.net, back.vat, back.gross) == (-there.net, -there.vat, -there.gross)


@given(st.lists(lines, min_size=1, max_size=8).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_the_lines_changes_no_total(pair: tuple[list[LineInput], list[LineInput]]) -> None:
    first, second = calculate(pair[0]), calculate(pair[1])
    assert first.per_line == second.per_line
    assert first.per_rate == second.per_rate
