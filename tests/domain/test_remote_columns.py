"""Columns of documents: the same as one document after the other."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.remote_columns import RemoteColumns, alike, at_most, once
from webapp.domain.remote_invoices import RemoteContact, RemoteInvoice

pytestmark = pytest.mark.pure

VALUES = st.sampled_from([None, "", "a", "b" * 9, 3, Decimal("3.5"), (1, "x")])


def invoice(number: int) -> RemoteInvoice:
    return RemoteInvoice(
        str(number), f"INV-{number}", "invoice", "", False, "none", "cash", date(2026, 3, 1), None, None, None, "HUF",
        None, 1, 2, number, RemoteContact("3", "Vevő"), (),
    )  # fmt: skip


def test_documents_as_columns_have_the_fields_of_a_document_in_its_order() -> None:
    assert RemoteColumns._fields == RemoteInvoice._fields


def test_documents_are_the_same_as_columns_and_back() -> None:
    found = [invoice(n) for n in range(3)]
    columns = RemoteColumns.of(found)
    assert columns.number == ("INV-0", "INV-1", "INV-2")
    assert columns.invoices() == found
    assert {type(one) for one in columns.invoices()} == {RemoteInvoice}
    with pytest.raises(ValueError, match="shorter"):
        columns._replace(number=["INV-0"]).invoices()


@given(st.lists(VALUES, max_size=6))
def test_a_column_is_worked_out_as_its_values_are_and_each_of_them_once(column: list[Any]) -> None:
    asked: list[Any] = []

    def work(value: Any) -> str:
        asked.append(value)
        return repr(value)

    assert list(once(work, column)) == [repr(value) for value in column]
    assert len(asked) == len(set(column))
    assert alike(column) == (len(set(column)) == 1)


@given(st.lists(st.sampled_from(["", "a", "b" * 9]), max_size=5), st.integers(1, 10))
def test_texts_are_cut_where_they_are_too_long(column: list[str], most: int) -> None:
    assert list(at_most(column, most)) == [text[:most] for text in column]
