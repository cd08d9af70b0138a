"""How often somebody calls: counted in Redis for all processes, in portions, so that not every call asks there."""

import math
import threading
import time
from dataclasses import dataclass, field

from flask import current_app
from limits import RateLimitItemPerMinute

from webapp.gates import limiter
from webapp.journal import Log

KEPT = "koppel-api-portions"
SHARE, LARGEST = 100, 50
"""A portion is at most this part of what a minute allows, and at most that many calls."""

MOST_KEPT = 1000
log = Log()


@dataclass(slots=True)
class _Portions:
    """What this process has taken ahead of the calls: for each caller how many are left, and until when."""

    left: dict[str, tuple[int, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, who: str) -> bool:
        """Use one call that was taken ahead; False when there is none."""
        with self.lock:
            left, ends_at = self.left.pop(who, (0, 0.0))
            if left <= 0 or ends_at <= time.time():
                return False
            self.left[who] = (left - 1, ends_at)
        return True

    def keep(self, who: str, left: int, ends_at: float) -> None:
        """Keep calls that were taken ahead, until the minute of their count ends."""
        now = time.time()
        with self.lock:
            if len(self.left) >= MOST_KEPT:
                self.left = {name: kept for name, kept in self.left.items() if kept[1] > now}
            more, _ = self.left.get(who, (0, 0.0))
            self.left[who] = (more + left, ends_at)


def count(who: str, most: int) -> int | None:
    """Count a call of somebody who may make `most` a minute; returns the seconds to wait when it is one too many.

    Never lets more pass than that. What a process has taken ahead and does not use is lost to the others: at most
    a hundredth each.
    """
    if not limiter.enabled:
        return None
    portions: _Portions = current_app.extensions.setdefault(KEPT, _Portions())
    if portions.use(who):
        return None
    item = RateLimitItemPerMinute(most)
    wanted = max(1, min(LARGEST, most // SHARE))
    try:
        counter = limiter.limiter
        window = counter.get_window_stats(item, "api", who)
        # A portion is only of a minute that has begun: its end is known.
        taken = wanted if wanted <= window.remaining < most else 1
        if counter.hit(item, "api", who, cost=taken):
            if taken > 1:
                portions.keep(who, taken - 1, window.reset_time)
            return None
        window = counter.get_window_stats(item, "api", who)
        return max(1, math.ceil(window.reset_time - time.time()))
    except Exception:
        # Where the calls are counted may be away; that stops nobody's invoice.
        log.warning("rate_limit_not_counted", exc_info=True)
        return None
