"""Columns as the text that COPY takes: looked at as one, they come to the same as word by word."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.store import bulk

pytestmark = pytest.mark.pure

WORDS = st.one_of(st.none(), st.sampled_from(["", "Termék", "a\tb", "a\nb", "\\N", "\\", "\r", "é\u2028"]), st.text())
FIGURES = st.one_of(st.none(), st.integers())


@given(st.lists(WORDS), st.lists(FIGURES))
def test_a_column_reads_as_its_words_do_one_by_one(words: list[Any], figures: list[Any]) -> None:
    assert list(bulk._words(tuple(words))) == [bulk._word(one) for one in words]
    assert list(bulk._figures(tuple(figures))) == [bulk._figure(one) for one in figures]
