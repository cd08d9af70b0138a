"""Amounts and days are written as Babel writes them, and texts with their values escaped: only quicker."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_currency
from flask import Flask, render_template_string
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from webapp.web import filters

PATTERNS = {
    "nl": "¤\xa0#,##0.00####;¤\xa0-#,##0.00####",
    "hu": "#,##0.00####\xa0¤",
    "en": "¤#,##0.00####;-¤#,##0.00####",
}
DATES = {"nl": "dd-MM-yyyy", "hu": "yyyy. MM. dd.", "en": "dd/MM/yyyy"}


@pytest.mark.pure
@given(
    code=st.sampled_from(sorted(PATTERNS)),
    amount=st.decimals(-(10**13), 10**13, places=4) | st.decimals(-(10**6), 10**6, places=2),
    currency=st.sampled_from(["EUR", "HUF", "USD", "XYZ"]),
    days=st.integers(0, 200_000),
)
def test_an_amount_and_a_day_are_written_as_babel_writes_them(
    code: str, amount: Decimal, currency: str, days: int
) -> None:
    day = date(1900, 1, 1) + timedelta(days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filters, "language", lambda: code)
        assert filters.day(day) == format_date(day, DATES[code], locale=code)
        assert filters.money(amount, currency) == format_currency(
            amount + 0, currency, locale=code, currency_digits=False, decimal_quantization=False, format=PATTERNS[code]
        )


def test_texts_of_a_template_are_translated_and_their_values_escaped(app: Flask) -> None:
    quota = '{{ _("%(used)s of %(limit)s calls", used="<b>", limit=1000) }}'
    late = '{{ ngettext("%(num)s day overdue", "%(num)s days overdue", 2) }}'
    with app.test_request_context(), force_locale("nl"):
        said = render_template_string(f"{quota} {late}")
    assert said == "&lt;b&gt; van 1000 aanroepen 2 dagen vervallen"


def test_a_pill_is_drawn_in_the_language_of_the_page(app: Flask) -> None:
    page = '{% import "_macros.html" as ui %}{{ ui.status("payment", "paid") }}'
    said = {}
    for code in ("nl", "en", "nl"):
        with app.test_request_context(), force_locale(code):
            said[code] = render_template_string(page)
    assert "Betaald" in said["nl"]
    assert "Paid" in said["en"]
    assert "<svg" in said["nl"]
