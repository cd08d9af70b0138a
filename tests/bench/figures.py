"""A figure: what was measured in each round, the bound it has to keep, and whether it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
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
    row: int = 0
    """The row of the table of goals that asks for it; 0: none does."""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def is_met(self) -> bool:
        """Whether the median keeps the bound."""
        return self.reaches(1)

    def reaches(self, share: float) -> bool:
        """Return whether the median comes to a share of the bound: at 0.8, to 8 of at least 10, to 5 of at most 4."""
        if self.bound is None:
            return True
        return self.value <= self.bound / share if self.most else self.value >= self.bound * share


@dataclass(frozen=True, slots=True)
class Options:
    """What one asks of a measure: the same seed gives the same data."""

    rounds: int = 5
    seed: int = 1
    database: str = "sqlite"
    quick: bool = False
    sizes: tuple[int, ...] = ()
    tell: Callable[[str], None] = print
    keep: Path | None = None
    """Where databases that take long to fill are kept, and found again."""
    peers: bool = True
    """Whether those are measured too that take minutes at a million: the figures beside them are left out else."""

    def size(self, full: int, quick: int) -> int:
        """Return how much of something to take."""
        return quick if self.quick else full

    def growing(self, *usual: int, quick: int) -> tuple[int, ...]:
        """Return the sizes of something that is measured as it grows: those that one asked for, or the usual ones."""
        return (quick,) if self.quick else self.sizes or usual


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
