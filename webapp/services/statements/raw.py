"""What the readers of bank statements share: faults with their place, amounts and dates as banks write them."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from webapp.domain.drafts import Fault

LIMIT = 10 * 1024 * 1024
"""Bytes in one file."""

MOST_LINES = 50_000
_AMOUNT = re.compile(r"[0-9]{1,14}(?:[.,][0-9]{0,4})?")
_SPACES = re.compile(r"\s+")


class Unreadable(Exception):
    """A statement that cannot be taken in; `fault` says why and where."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        place: dict[str, Any] = {name: params.pop(name) for name in ("line",) if name in params}
        self.fault = Fault(f"statement_{code}", "file", params, place)


def amount(text: str, *, line: int) -> Decimal:
    """Read an amount without a sign, with a comma or a dot; raises Unreadable."""
    plain = text.strip()
    if not _AMOUNT.fullmatch(plain):
        raise Unreadable("amount", value=plain[:40], line=line)
    return Decimal(plain.replace(",", ".").rstrip(".") or "0")


def day(text: str, *, line: int) -> date:
    """Read the date of `2026-11-02` or of a date with a time; raises Unreadable."""
    plain = text.strip()
    try:
        return date.fromisoformat(plain[:10])
    except ValueError:
        raise Unreadable("date", value=plain[:40], line=line) from None


def one_line(*parts: str) -> str:
    """Put parts of a text together, with single spaces and nothing that a database cannot hold."""
    return _SPACES.sub(" ", " ".join(part for part in parts if part).replace("\x00", "")).strip()
