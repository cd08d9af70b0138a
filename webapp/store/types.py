"""Column types that keep their promise on SQLite and PostgreSQL alike: exact amounts, aware times."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from webapp.domain.money import amount_of, whole_of

Json = JSON().with_variant(JSONB(), "postgresql")
Key = BigInteger().with_variant(Integer(), "sqlite")
"""The type of ids: SQLite numbers rows by itself only for INTEGER."""


class Exact(TypeDecorator[Decimal]):
    """A Decimal kept as a whole number of 10^-scale; SQLite would make a float of NUMERIC.

    A value with more decimals than the scale is refused with ValueError, never rounded.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Turn a Decimal into the whole number that is stored."""
        if value is None:
            return None
        return whole_of(value if type(value) is Decimal else Decimal(value), self.scale)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        """Return what turns the stored number into a Decimal with two decimals, or more where there are more.

        The stock way takes two calls more for each amount of a list.
        """
        del dialect, coltype
        scale, make = self.scale, amount_of

        def turned(value: Any) -> Decimal | None:
            return None if value is None else make(value if type(value) is int else int(value), scale)

        return turned


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC; a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as naive UTC, on both databases alike."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as aware UTC."""
        return value.replace(tzinfo=UTC) if value is not None else None


def table_of(kind: type[Any]) -> Table:
    """Return the table of a mapped class, for a statement that goes past the session and so costs a third."""
    found: Table = kind.__table__
    return found


def empty(table: Table) -> dict[str, Any]:
    """Return a row in which every column has its default, or nothing; what has neither is left out."""
    row: dict[str, Any] = {}
    for column in table.c:
        default: Any = column.default
        if default is not None:
            row[column.name] = default.arg(None) if default.is_callable else default.arg
        elif column.nullable:
            row[column.name] = None
    return row


AMOUNT = Exact(4)
"""Amounts of money."""

FINE = Exact(6)
"""Unit prices and quantities."""
