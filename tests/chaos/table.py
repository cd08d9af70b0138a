"""The table of figures."""

from collections.abc import Iterable, Sequence

from tests.chaos.judging import FIGURES, Result

_HEAD = ("experiment", "sends", "kills", *FIGURES, "drafts shown", "moving s", "final s")
NOTES = 8
"""Lines of explanation for a row that is not clean."""


def total(name: str, results: Sequence[Result]) -> Result:
    """Add up rows; of the times it takes the longest."""
    summed = Result(name)
    for field in ("sends", "kills", "shown", *FIGURES):
        setattr(summed, field, sum(getattr(one, field) for one in results))
    for field in ("moving", "final"):
        setattr(summed, field, max((getattr(one, field) for one in results), default=0.0))
    return summed


def render(results: Iterable[Result]) -> str:
    """Return a table in Markdown, wide enough to be read as it is."""
    rows = [_HEAD, *[_cells(result) for result in results]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if not column else ":") for column, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def explain(result: Result) -> str:
    """Return what was wrong in one experiment."""
    return "\n".join(f"  {result.name}: {note}" for note in result.notes[:NOTES])


def _cells(result: Result) -> tuple[str, ...]:
    numbers = [result.sends, result.kills, *(getattr(result, name) for name in FIGURES), result.shown]
    return (result.name, *map(str, numbers), f"{result.moving:.1f}", f"{result.final:.1f}")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "| " + " | ".join(cells) + " |"
