"""How money, dates and times are written, by the language of the person."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date as babel_date
from babel.dates import format_time as babel_time
from babel.numbers import format_currency, format_decimal
from flask import Flask, current_app, url_for
from flask_babel import get_locale

_PATTERNS = {
    "nl": "¤\xa0#,##0.00####;¤\xa0-#,##0.00####",
    "hu": "#,##0.00####\xa0¤",
    "en": "¤#,##0.00####;-¤#,##0.00####",
}
_DATES = {"nl": "dd-MM-yyyy", "hu": "yyyy. MM. dd.", "en": "dd/MM/yyyy"}


def _language() -> str:
    locale = get_locale()
    return str(locale.language) if locale else "en"


def money(amount: Decimal | None, currency: str = "EUR") -> str:
    """Write an amount with its currency, never with less than its cents."""
    if amount is None:
        return "—"
    return format_currency(
        amount,
        currency,
        locale=_language(),
        currency_digits=False,
        decimal_quantization=False,
        format=_PATTERNS[_language()],
    )


def number(value: Decimal | int | None) -> str:
    """Write a quantity or a count with the language's separators."""
    if value is None:
        return "—"
    return format_decimal(value, locale=_language(), decimal_quantization=False)


def day(value: date | None) -> str:
    """Write a document's date: 06-08-2024 in Dutch."""
    return babel_date(value, _DATES[_language()], locale=_language()) if value else "—"


def _local(value: datetime) -> datetime:
    return value.astimezone(current_app.extensions["koppel"].zone)


def local_day(value: datetime | None) -> str:
    """Write the date of a moment, in the organisation's zone."""
    return day(_local(value).date()) if value else "—"


def local_time(value: datetime | None) -> str:
    """Write the time of a moment, to the minute."""
    return babel_time(_local(value), "HH:mm", locale=_language()) if value else "—"


def long_moment(value: datetime | None) -> str:
    """Write a moment in full: 7 augustus 2024 om 14:00 in Dutch."""
    if value is None:
        return "—"
    local = _local(value)
    written = babel_date(local.date(), "long", locale=_language())
    joint = {"nl": " om ", "hu": " ", "en": " at "}[_language()]
    return f"{written}{joint}{local:%H:%M}"


def duration(seconds: float | None) -> str:
    """Write a duration: 4 s, 2 min 5 s, 1 h 3 min."""
    if seconds is None:
        return "—"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def asset(path: str) -> str:
    """Return the address of a static file, with its age in it, so that browsers may keep it for long."""
    known: dict[str, str] = current_app.extensions.setdefault("koppel_assets", {})
    if path not in known or current_app.debug:
        from pathlib import Path

        file = Path(current_app.static_folder or "") / path
        known[path] = f"{int(file.stat().st_mtime):x}" if file.exists() else "0"
    return url_for("static", filename=path, v=known[path])


def bind_filters(app: Flask) -> None:
    """Make the filters and globals known to the templates."""
    filters: dict[str, Any] = {
        "money": money,
        "number": number,
        "day": day,
        "local_day": local_day,
        "local_time": local_time,
        "long_moment": long_moment,
        "duration": duration,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(asset=asset)
