"""A figure: what was measured in each round, the bound it has to keep, and whether it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median


class WrongResult(Exception):
    """What was measured did not do what it should have done: there is no figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over all rounds; `bound` None for one that only informs, `most` when lower is better."""

    name: str
    rounds: tuple[float, ...]
    unit: str = "×"
    bound: float | None = None
    most: bool = False
    note: str = ""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def is_met(self) -> bool:
        """Whether the median keeps the bound."""
        if self.bound is None:
            return True
        return self.value <= self.bound if self.most else self.value >= self.bound


@dataclass(frozen=True, slots=True)
class Options:
    """What one asks of a measure: the same seed gives the same data."""

    rounds: int = 5
    seed: int = 1
    database: str = "sqlite"
    quick: bool = False
    tell: Callable[[str], None] = print

    def size(self, full: int, quick: int) -> int:
        """Return how much of something to take."""
        return quick if self.quick else full


@dataclass(slots=True)
class Series:
    """The values of several figures, gathered round by round."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Keep the value of one round."""
        self.values.setdefault(name, []).append(value)

    def figure(self, name: str, **facts: object) -> Figure:
        """Return the figure of what was gathered under a name."""
        return Figure(name, tuple(self.values[name]), **facts)  # type: ignore[arg-type]
