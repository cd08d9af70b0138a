"""The sandbox Yuki of a house: its control addresses, and its ledger, which is the judge."""

import json
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Booking:
    """One booking over there; `at` is the moment it was made, in seconds since 1970."""

    mark: str
    reference: str
    total: Decimal
    draft: bool
    at: float


@dataclass(frozen=True)
class Books:
    """How to reach the sandbox."""

    url: str

    def begin(self, **mode: Any) -> None:
        """Empty the books and set how they behave; the quota is out of the way."""
        self._ask("reset", {})
        self._ask("mode", {"daily_limit": 1_000_000} | mode)

    def play(self, *steps: dict[str, Any]) -> None:
        """Set the script of faults; none ends them."""
        self._ask("faults", list(steps))

    def played(self) -> list[dict[str, Any]]:
        """Return the script with its hits."""
        return list(self._ask("faults"))

    def calls(self) -> int:
        """Return how many calls came in since the books began."""
        return int(self._ask("calls?last=0")["total"])

    def bookings(self) -> dict[str, list[Booking]]:
        """Return the sales invoices on the books by the mark in their subject."""
        found: dict[str, list[Booking]] = defaultdict(list)
        for row in self._ask("ledger")["bookings"]:
            if row["kind"] == "sales":
                booking = Booking(
                    row["subject"],
                    row["reference"] or "",
                    Decimal(row["total"]),
                    row["draft"],
                    datetime.fromisoformat(row["created"]).timestamp(),
                )
                found[booking.mark].append(booking)
        return found

    def _ask(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")
