"""Counts the calls: for each operation, for each domain and day (the quota), and a log of the last ones."""

from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from webapp.sandbox.shelf import Shelf

_KEPT = 1000


@dataclass
class Entry:
    """One call as it arrived and how it ended; `invoices` is how many SalesInvoice elements it carried."""

    time: str
    service: str
    operation: str
    invoices: int
    domain: str = ""
    fault: str = ""
    outcome: str = "running"


class Calls:
    """The meter; whoever uses it holds the lock of the books."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.log: deque[Entry] = deque(maxlen=_KEPT)
        self.operations: Counter[str] = Counter()
        self.days: Counter[str] = Counter(dict(shelf.all("day")))
        self.total = 0

    def arrive(self, at: datetime, service: str, operation: str, invoices: int) -> Entry:
        entry = Entry(at.isoformat(timespec="milliseconds"), service, operation, invoices)
        self.log.append(entry)
        self.operations[operation] += 1
        self.total += 1
        return entry

    def spend(self, domain_id: str, day: str, limit: int) -> bool:
        """Counts one call of the domain on that day; False, and nothing counted, when the day's limit is used up."""
        key = f"{domain_id} {day}"
        if self.days[key] >= limit:
            return False
        self.days[key] += 1
        self._shelf.put("day", key, self.days[key])
        return True

    def used(self, domain_id: str, day: str) -> int:
        return self.days[f"{domain_id} {day}"]

    def clear(self) -> None:
        self.log.clear()
        self.operations.clear()
        self.days.clear()
        self.total = 0

    def as_json(self, last: int) -> dict[str, Any]:
        domains: dict[str, dict[str, int]] = {}
        for key, count in self.days.items():
            domain, day = key.split(" ")
            domains.setdefault(domain, {})[day] = count
        newest = list(self.log)[-last:] if last > 0 else []
        return {
            "total": self.total,
            "operations": dict(self.operations),
            "domains": domains,
            "last": [asdict(one) for one in newest],
        }
