"""Counts the calls, meters them for each key and minute, and keeps a log of the last ones."""

from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

_KEPT = 1000


@dataclass
class Entry:
    """One call as it arrived and how it ended; `query` is what it asked for, `records` how many it got."""

    time: str
    operation: str
    query: str
    key: str = ""
    fault: str = ""
    status: int = 0
    records: int = 0


@dataclass(frozen=True)
class Meter:
    """How much of a key's limit is left; `resets` is the moment (epoch seconds) at which it is whole again."""

    limit: int
    remaining: int
    resets: int
    exceeded: bool


class Calls:
    """The log and the meters; whoever uses it holds the lock of the books."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.log: deque[Entry] = deque(maxlen=_KEPT)
        self.operations: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.total = 0
        self._windows: dict[str, tuple[float, int]] = {}

    def arrive(self, at: datetime, operation: str, query: str) -> Entry:
        entry = Entry(at.isoformat(timespec="milliseconds"), operation, query)
        self.log.append(entry)
        self.operations[operation] += 1
        self.total += 1
        return entry

    def leave(self, entry: Entry, status: int, records: int) -> None:
        entry.status, entry.records = status, records
        self.statuses[status] += 1

    def spend(self, key: str, at: datetime, *, limit: int, window: int) -> Meter:
        """Counts one call of the key in its window of seconds, from its first call on; one too many is not counted."""
        now = at.timestamp()
        started, used = self._windows.get(key, (now, 0))
        if now >= started + window:
            started, used = now, 0
        exceeded = bool(limit) and used >= limit
        used += not exceeded
        self._windows[key] = (started, used)
        return Meter(limit, max(0, limit - used), int(-(-(started + window) // 1)), exceeded)

    def as_json(self, last: int) -> dict[str, Any]:
        newest = list(self.log)[-last:] if last > 0 else []
        return {
            "total": self.total,
            "operations": dict(self.operations),
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "last": [asdict(one) for one in newest],
        }
