"""The query parameters of the document list: checked as the OpenAPI document has them, and applied."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from webapp.sandbox.billingo import words
from webapp.sandbox.billingo.books import Books
from webapp.sandbox.billingo.records import Document
from webapp.sandbox.billingo.rendering import name_of, paid_date, status_of

Test = Callable[[Document], bool]
MOST = 100
_USUAL = 25
_NARROW = frozenset({"invoice", "receipt"})


@dataclass
class Query:
    """What a list was asked for; `wrong` names each parameter that does not hold, and why."""

    given: Mapping[str, str]
    wrong: list[dict[str, str]] = field(default_factory=list)

    def number(self, name: str, default: int | None = None, *, most: int | None = None) -> int | None:
        text = self.given.get(name, "")
        if not text:
            return default
        if not text.isdecimal() or int(text) < 1 or (most and int(text) > most):
            range_ = f"between 1 and {most}" if most else "a positive integer"
            self.refuse(name, f"The {name} must be {range_}.")
            return default
        return int(text)

    def day(self, name: str) -> date | None:
        text = self.given.get(name, "")
        try:
            return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007  (a date has no zone)
        except ValueError:
            self.refuse(name, f"The {name} is not a valid date.")
            return None

    def moment(self, name: str, zone: str) -> datetime | None:
        text = self.given.get(name, "")
        try:
            read = datetime.strptime(text, "%Y-%m-%d %H:%M:%S") if text else None  # noqa: DTZ007  (its zone follows)
        except ValueError:
            self.refuse(name, f"The {name} does not match the format Y-m-d H:i:s.")
            return None
        return read.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if read else None

    def choice(self, name: str, known: frozenset[str]) -> str:
        text = self.given.get(name, "")
        if text and text not in known:
            self.refuse(name, f"The selected {name} is invalid.")
        return text

    def page(self) -> tuple[int, int]:
        """The page and how many records it has."""
        return self.number("page", 1) or 1, self.number("per_page", _USUAL, most=MOST) or _USUAL

    def refuse(self, name: str, why: str) -> None:
        self.wrong.append({"field": name, "message": why})


def tests_of(query: Query, books: Books, account: str) -> list[Test]:
    """One test for each parameter that was given; the wrong ones stand in `query.wrong` afterwards."""
    return [*_plain(query, books), *_days(query, books), *_numbers(query), *_words(query, books, account)]


def _plain(query: Query, books: Books) -> list[Test]:
    mode, today = books.mode, books.today()
    block, partner = query.number("block_id"), query.number("partner_id")
    method = query.choice("payment_method", words.PAYMENT_METHODS)
    status = query.choice("payment_status", words.PAYMENT_STATUSES)
    kind = query.choice("type", _NARROW if mode.types == "narrow" else words.DOCUMENT_TYPES)
    since = query.moment("last_modified_date", mode.time_zone)
    given: list[tuple[Any, Test]] = [
        (block, lambda one: one.block_id == block),
        (partner, lambda one: one.partner_id == partner),
        (method, lambda one: one.method == method),
        (status, lambda one: status_of(one, today, mode) == status),
        (kind, lambda one: one.type == kind),
        (since, lambda one: since is not None and _is_later(modified_of(one, books), since, mode.modified_from)),
    ]
    return [test for value, test in given if value]


def modified_of(one: Document, books: Books) -> datetime:
    """When the document was modified, as `last_modified_date` sees it."""
    return max(one.modified, one.paid_at) if one.paid_at and books.mode.payments_modify else one.modified


def _is_later(at: datetime, since: datetime, how: str) -> bool:
    return at >= since if how == "inclusive" else at > since


def _days(query: Query, books: Books) -> list[Test]:
    today, mode = books.today(), books.mode

    def paid(one: Document) -> date | None:
        status = status_of(one, today, mode)
        return paid_date(one, status, today) if status in ("paid", "partially_paid") else None

    looks: list[tuple[str, Callable[[Document], date | None]]] = [
        ("", lambda one: one.invoice_date),
        ("fulfillment_", lambda one: one.fulfillment_date),
        ("paid_", paid),
    ]
    found: list[Test] = []
    for prefix, look in looks:
        first, last = query.day(f"{prefix}start_date"), query.day(f"{prefix}end_date")
        if first or last:
            found.append(_between(look, first, last))
    return found


def _between(look: Callable[[Document], date | None], first: date | None, last: date | None) -> Test:
    def test(one: Document) -> bool:
        day = look(one)
        return day is not None and (first is None or day >= first) and (last is None or day <= last)

    return test


def _numbers(query: Query) -> list[Test]:
    found: list[Test] = []
    for side in ("start", "end"):
        number, year = query.number(f"{side}_number"), query.number(f"{side}_year")
        for name, value, other in (("number", number, year), ("year", year, number)):
            if value is None and other is not None:
                query.refuse(f"{side}_{name}", f"The {side}_{name} field is required.")
        if number and year:
            found.append(_from(year, number) if side == "start" else _until(year, number))
    return found


def _from(year: int, number: int) -> Test:
    return lambda one: bool(one.number) and (one.year, one.number) >= (year, number)


def _until(year: int, number: int) -> Test:
    return lambda one: bool(one.number) and (one.year, one.number) <= (year, number)


def _words(query: Query, books: Books, account: str) -> list[Test]:
    text = query.given.get("query", "").strip().casefold()
    shop = books.shops[account]

    def test(one: Document) -> bool:
        said = (name_of(one, shop.blocks), shop.partners[one.partner_id].name, one.comment)
        return any(text in part.casefold() for part in said)

    return [test] if text else []
