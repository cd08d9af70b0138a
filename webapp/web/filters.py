"""How money, dates and times are written, by the language of the person."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date as babel_date
from babel.dates import format_time as babel_time
from babel.numbers import format_decimal, get_currency_symbol, get_decimal_symbol, get_group_symbol
from flask import Flask, current_app, has_request_context, request, url_for
from markupsafe import Markup, escape

from webapp.queries.preflight_fields import field_word
from webapp.web.wording import language

_ANY = 987_654_321_987_654_321
"""Stands for a row's number while an address is built; it is in no other part of an address."""
_DATES = {"nl": "{0:%d-%m-}{1:04}", "hu": "{1:04}{0:. %m. %d.}", "en": "{0:%d/%m/}{1:04}"}
_MONEY = {"nl": ("{}\xa0", "{}\xa0-", ""), "hu": ("", "-", "\xa0{}"), "en": ("{}", "-{}", "")}
"""What stands before an amount, before a negative one, and behind both."""


@cache
def _signs(code: str) -> dict[int, str]:
    """How thousands and decimals are parted in a language."""
    return {ord(","): get_group_symbol(code), ord("."): get_decimal_symbol(code)}


@cache
def _around(currency: str, code: str) -> tuple[str, str, str]:
    """What stands around an amount of a currency in a language, as `_MONEY` has it."""
    plain, negative, behind = (part.format(get_currency_symbol(currency, locale=code)) for part in _MONEY[code])
    return plain, negative, behind


def money(amount: Decimal | None, currency: str = "EUR") -> str:
    """Write an amount with its currency, never with less than its cents.

    Babel's own way reads the locale and the pattern anew for each amount, at ten times the price.
    """
    return "–" if amount is None else money_writer()(amount, currency)


def money_writer() -> Callable[[Decimal, str], str]:
    """Return what writes amounts for this request: a long list asks once who reads it."""
    code = language()
    signs = _signs(code)

    def write(amount: Decimal, currency: str) -> str:
        whole, _, cents = f"{amount:,f}".partition(".")
        written = f"{whole}.{cents.rstrip('0'):0<2}".translate(signs)
        plain, negative, behind = _around(currency, code)
        if written[0] == "-":
            return f"{negative if amount else plain}{written[1:]}{behind}"
        return f"{plain}{written}{behind}"

    return write


def number(value: Decimal | int | None) -> str:
    """Write a quantity or a count with the language's separators."""
    if value is None:
        return "–"
    return format_decimal(value, locale=language(), decimal_quantization=False)


def day(value: date | None) -> str:
    """Write a document's date: 06-08-2024 in Dutch."""
    return _written_day(language(), value.toordinal()) if value else "–"


@lru_cache(maxsize=4_000)
def _written_day(code: str, ordinal: int) -> str:
    found = date.fromordinal(ordinal)
    return _DATES[code].format(found, found.year)


def day_writer() -> Callable[[date | None], str]:
    """Return what writes days for this request."""
    code = language()
    return lambda value: _written_day(code, value.toordinal()) if value else "–"


def _local(value: datetime) -> datetime:
    return value.astimezone(current_app.extensions["koppel"].zone)


def local_day(value: datetime | None) -> str:
    """Write the date of a moment, in the organisation's zone."""
    return day(_local(value).date()) if value else "–"


def local_time(value: datetime | None) -> str:
    """Write the time of a moment, to the minute."""
    return babel_time(_local(value), "HH:mm", locale=language()) if value else "–"


def long_moment(value: datetime | None) -> str:
    """Write a moment in full: 7 augustus 2024 om 14:00 in Dutch."""
    if value is None:
        return "–"
    local = _local(value)
    written = babel_date(local.date(), "long", locale=language())
    joint = {"nl": " om ", "hu": " ", "en": " at "}[language()]
    return f"{written}{joint}{local:%H:%M}"


def duration(seconds: float | None) -> str:
    """Write a duration: < 1 s, 4 s, 2 min 5 s, 1 h 3 min."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    if whole < 1:
        return "< 1 s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def asset(path: str) -> str:
    """Return the address of a static file, with its age in it, so that browsers may keep it for long."""
    root = request.script_root if has_request_context() else None
    return _asset(root, path) if not current_app.debug else _asset.__wrapped__(root, path)


@lru_cache(maxsize=500)
def _asset(_root: str | None, path: str) -> str:
    file = Path(current_app.static_folder or "") / path
    age = f"{int(file.stat().st_mtime):x}" if file.exists() else "0"
    return url_for("static", filename=path, v=age)


def drawn_icon(name: str, label: Any = None, class_: str = "") -> Markup:
    """Return the drawing of an icon; a page has fifty. With a label it says something, without one it adorns."""
    return _icon(asset("vendor/icons.svg"), name, str(escape(label or "")), class_)


@lru_cache(maxsize=2_000)
def _icon(sheet: str, name: str, label: str, class_: str) -> Markup:
    told = f'role="img" aria-label="{label}"' if label else 'aria-hidden="true"'
    shape = Markup('<svg class="icon {}" {} focusable="false"><use href="{}#{}"/></svg>')
    return shape.format(class_, Markup(told), sheet, name)  # noqa: S704 - the label is escaped already


def address(endpoint: str, **values: Any) -> str:
    """Return the address of a page, as `url_for` does; a page has dozens, most of them the same as the last one had."""
    more = endpoint.startswith(".") or any(name.startswith("_") for name in values)  # it depends on more than is said
    if more or not has_request_context():
        return url_for(endpoint, **values)
    try:
        return _address(
            request.script_root, endpoint, tuple((name, value, type(value)) for name, value in values.items())
        )
    except TypeError:  # a list of values is no key
        return url_for(endpoint, **values)


@lru_cache(maxsize=4_000)
def _address(_root: str, endpoint: str, values: tuple[tuple[str, Any, type], ...]) -> str:
    return url_for(endpoint, **{name: value for name, value, _ in values})


def row_way(endpoint: str, name: str, **args: Any) -> tuple[Markup, Markup]:
    """Return the address of each row of a list, as what stands before and after its number; both are escaped.

    To build an address costs more than to draw the row that it stands in, and only the number differs.
    """
    values: dict[str, Any] = args | {name: _ANY}
    before, _, after = url_for(endpoint, **values).partition(str(_ANY))
    return escape(before), escape(after)


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
        "field_word": field_word,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(asset=asset, drawn_icon=drawn_icon, row_way=row_way, url_for=address)
