"""The buckets of an age analysis: how many days past due, or since the invoice, and which dates that means. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

USUAL = (30, 60, 90)
MOST_BUCKETS = 8
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Bucket:
    """Invoices whose date lies in [first, last]; None is no bound. `low` and `high` are the days, for its name."""

    name: str
    low: int | None
    high: int | None
    first: date | None
    last: date | None


def parse_bounds(text: str) -> tuple[int, ...]:
    """Read the upper bounds of the buckets, `30, 60, 90`; the usual ones for what cannot be read."""
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    if not parts or len(parts) > MOST_BUCKETS or not all(part.isascii() and part.isdigit() for part in parts):
        return USUAL
    bounds = tuple(sorted({int(part) for part in parts if len(part) < 6}))
    return bounds if bounds and bounds[0] >= 1 and bounds[-1] <= MOST_DAYS else USUAL


def buckets(bounds: Sequence[int], *, as_of: date, by_due: bool) -> tuple[Bucket, ...]:
    """Return the buckets, youngest first.

    By due date the first holds what is not due yet; by invoice date the first begins with the day itself.
    """
    found = []
    if by_due:
        found.append(Bucket("not_due", None, 0, as_of, None))
    low = 1 if by_due else 0
    for high in bounds:
        found.append(Bucket(f"d{high}", low, high, as_of - timedelta(high), as_of - timedelta(low)))
        low = high + 1
    found.append(Bucket("older", low, None, None, as_of - timedelta(low)))
    return tuple(found)
