"""What the database is asked: each SELECT with its values, also those that go straight to the driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from webapp.extensions import db
from webapp.store import standstill, straight


@contextmanager
def asked(*, known: bool = False) -> Iterator[list[tuple[str, Any]]]:
    """Write down each SELECT with its values; unless it is `known`, nothing is, and everything is read."""
    found: list[tuple[str, Any]] = []
    turned = straight._Made.values

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")) and "pg_current_snapshot" not in statement:
            found.append((statement, values))

    def note_straight(made: Any, given: straight.Values) -> Any:
        values = turned(made, given)
        note(None, None, made.text, values)
        return values

    event.listen(db.engine, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(straight._Made, "values", note_straight)
        if not known:
            patch.setattr(standstill, "is_writing", lambda _session: True)
        yield found
    event.remove(db.engine, "before_cursor_execute", note)
