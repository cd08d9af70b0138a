"""Rows that SQLite packs into one value come out as they are, whatever stands in them."""

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Date, String, bindparam, select, union_all

from webapp.store.straight import Fixed, here
from webapp.store.types import AMOUNT

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
rows = st.tuples(
    texts,
    st.integers(-(2**63), 2**63 - 1) | st.none(),
    st.dates() | st.none(),
    st.decimals(-(10**13), 10**13, places=4, allow_nan=False) | st.none(),
)
KINDS = (String(), None, Date(), AMOUNT)
ONE, TWO = (
    select(*(bindparam(f"{name}{n}", type_=kind).label(name) for name, kind in zip("abcd", KINDS, strict=True)))
    for n in range(2)
)
BOTH = union_all(ONE, TWO)


@pytest.mark.once
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, rows)
def test_what_is_packed_comes_out_as_it_is(app: Flask, first: tuple[object, ...], second: tuple[object, ...]) -> None:
    values = {
        f"{name}{n}": value for n, row in enumerate((first, second)) for name, value in zip("abcd", row, strict=True)
    }
    found = here().all(Fixed(BOTH, gives=ONE.selected_columns, packed=True), values)
    assert [_plain(row) for row in found] == [_plain(first), _plain(second)]


def _plain(row: tuple[object, ...]) -> tuple[object, ...]:
    text, number, day, amount = row
    assert day is None or isinstance(day, date)
    assert amount is None or isinstance(amount, Decimal)
    return text, number, day, amount
