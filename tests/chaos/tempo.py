"""How fast time goes in a house: the product's own pace, or a hurried one in which a settle wait lasts seconds."""

import dataclasses
import importlib
from datetime import timedelta
from typing import Any

HURRY = "CHAOS_HURRY"
FOLDER = "CHAOS_FOLDER"
"""Names of environment variables that the processes of a house read."""


@dataclasses.dataclass(frozen=True)
class Tempo:
    """The waits of a house in seconds; what has not moved for `patience` is stuck."""

    settle: float
    lease: float
    timeout: float
    hurried: bool
    patience: float

    def environment(self) -> dict[str, str]:
        """Return the settings of the product that make this pace."""
        return {
            "YUKI_SETTLE": str(self.settle),
            "LEASE_SECONDS": str(self.lease),
            "YUKI_TIMEOUT": str(self.timeout),
            HURRY: "1" if self.hurried else "",
        }


HURRIED = Tempo(settle=2, lease=2, timeout=3, hurried=True, patience=90)
IMPATIENT = Tempo(settle=3, lease=2, timeout=1.5, hurried=True, patience=90)
"""As hurried, with a time limit that a misbehaving Yuki can break."""

DEFAULT = Tempo(settle=90, lease=60, timeout=60, hurried=False, patience=300)
"""What the product does when nobody sets anything."""

_NUMBERS: dict[str, float] = {
    "webapp.services.sending.sweeping:WOKEN": 1,
    "jobs.schedule:PAUSE": 0.5,
    "jobs.relay:SHORTEST": 0.1,
    "jobs.relay:LONGEST": 0.3,
    "jobs.relay:AWAY": 1.0,
}
_SPANS: dict[str, float] = {
    "webapp.services.relaying:CLAIM": 3,
    "webapp.services.sending.sweeping:STALE": 8,
    "webapp.domain.deliveries:_FIRST_RETRY": 0.5,
    "webapp.domain.deliveries:LONGEST_WAIT": 4,
    "webapp.domain.breaker:FIRST_REST": 1,
    "webapp.domain.breaker:LONGEST_REST": 4,
    "webapp.domain.breaker:PROBE_TIME": 4,
}


def hurry() -> None:
    """Shorten the waits of this process that are no settings; a name that is gone is an error, not a shrug."""
    for address, number in _NUMBERS.items():
        _replace(address, number)
    for address, seconds in _SPANS.items():
        _replace(address, timedelta(seconds=seconds))


def _replace(address: str, value: Any) -> None:
    path, _, name = address.partition(":")
    module = importlib.import_module(path)
    if not hasattr(module, name):
        raise AttributeError(f"{address} is not there to be hurried")
    setattr(module, name, value)
