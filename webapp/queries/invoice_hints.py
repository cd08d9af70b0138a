"""Which conditions of a list show the database a way, and which are only looked at on it."""

from collections.abc import Iterable, Iterator, Set
from typing import Any

from sqlalchemy import Boolean, BooleanClauseList, ColumnClause, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from webapp.store.invoices import owed

_ALWAYS = frozenset({"organisation_id", "kind"})
_OWED = ("issue_date", "due_date")
"""The orders that have an index of what is owed alone."""


def on_the_way(wanted: Iterable[ColumnElement[bool]], order: Set[str]) -> list[ColumnElement[bool]]:
    """Return the same conditions; only those on these columns show a way, and what is owed, where it has that order.

    An index of the order that holds what is filtered by is walked faster than rows are gathered and sorted, if there
    are many; SQLite would rather follow the first column that is compared.
    """
    found: list[ColumnElement[bool]] = []
    for part in flat(wanted):
        names = {column.name for column in iterate(part) if isinstance(column, ColumnClause) and not column.is_literal}
        seen = names <= _ALWAYS | order or (order <= set(_OWED) and any(part.compare(one) for one in flat([owed()])))
        found.append(part if seen else ByTheWay(part))
    return found


def looked_at(wanted: Iterable[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Return the same conditions, none of which shows a way: where the rows are known, and only looked at."""
    return [ByTheWay(part) for part in flat(wanted)]


def flat(wanted: Iterable[ColumnElement[bool]]) -> Iterator[ColumnElement[bool]]:
    """Yield what has to be true together, one by one."""
    for part in wanted:
        if isinstance(part, BooleanClauseList) and part.operator is operators.and_:
            yield from flat(part.clauses)
        else:
            yield part


class ByTheWay(FunctionElement[bool]):
    """A condition that is looked at on the way, and shows no way itself: what SQLite means by a plus before a column.

    PostgreSQL knows from its statistics how rare something is.
    """

    inherit_cache = True
    type = Boolean()


@compiles(ByTheWay)
def _plainly(element: Any, compiler: Any, **how: Any) -> str:
    return f"({compiler.process(element.clauses, **how)})"


@compiles(ByTheWay, "sqlite")
def _with_plus(element: Any, compiler: Any, **how: Any) -> str:
    return f"+({compiler.process(element.clauses, **how)})"
