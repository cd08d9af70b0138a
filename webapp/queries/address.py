"""What an address says, as a query understands it: whatever does not fit is left out."""

from collections.abc import Collection, Mapping
from datetime import date

LARGEST = 2**63 - 1


def one_of(args: Mapping[str, str], name: str, choices: Collection[str]) -> str:
    """Return a value that is one of the choices, "" for another."""
    value = args.get(name, "")
    return value if value in choices else ""


def words(args: Mapping[str, str], name: str = "q") -> str:
    """Return what was typed into a search box, in one line."""
    return " ".join(args.get(name, "").replace("\0", "").split())[:100]


def day(args: Mapping[str, str], name: str) -> date | None:
    """Return a day that is written as ISO 8601."""
    try:
        return date.fromisoformat(args.get(name, ""))
    except ValueError:
        return None


def whole(text: str) -> int | None:
    """Return an id, None for what no row can have."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 19:
        return None
    number = int(text)
    return number if number <= LARGEST else None


def several(args: Mapping[str, str], name: str, *, most: int = 1000) -> list[int] | None:
    """Return the ids that stand in one value with commas between them; None where it is left out."""
    text = args.get(name, "")
    if not text:
        return None
    return [number for number in map(whole, text.split(",")[:most]) if number is not None]
