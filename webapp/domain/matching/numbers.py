"""Invoice numbers in a text: as people write them, never one inside a longer number."""

import re
from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

_RUNS = re.compile(r"[A-Z]+|[0-9]+")
_BETWEEN = frozenset({"", " ", "-", "/", ".", "_", ":", "#", " - ", " / ", "- ", " -", "  ", ". ", "–", "\u00a0", "+"})
_TIGHT = frozenset({"", "-", "/", ".", ",", "_", "–", "+"})
_DATE = re.compile(
    r"(?<![0-9])(?:[0-3]?[0-9][-./][01]?[0-9][-./](?:20)?[0-9]{2}|20[0-9]{2}[-./][01][0-9][-./][0-3][0-9]\.?)(?![0-9])"
)
_AMOUNT = re.compile(r"(?<![0-9])[0-9]{1,3}(?:[. ]?[0-9]{3})*[,.][0-9]{2}(?![0-9])")
LONGEST = 5
"""Runs of letters or digits that a number may fall into."""

SHORTEST = 3
"""Signs of a number that is looked for on its own."""


class Run(NamedTuple):
    """Letters or digits without a break; `gap` is what stands between it and the run before."""

    text: str
    gap: str
    end: int


class Found(NamedTuple):
    """A number that was looked for and found, from one run to another."""

    key: str
    first: int
    last: int
    at_end: bool


def runs_of(text: str) -> list[Run]:
    """Cut a text in capitals into runs of letters and runs of digits."""
    found, last = [], 0
    for match in _RUNS.finditer(text):
        start, end = match.span()
        found.append(Run(match[0], text[last:start], end))
        last = end
    return found


def key_of(number: str) -> str:
    """Return the letters and digits of a number, in capitals."""
    return "".join(_RUNS.findall(number.upper()))


def letters_of(number: str) -> list[str]:
    """Return the runs of letters of a number, in capitals."""
    return re.findall("[A-Z]+", number.upper())


def digits_key(number: str) -> str:
    """Return the digits of a number that has letters too; "" when it has none, or fewer than five digits."""
    key = key_of(number)
    digits = "".join(sign for sign in key if sign.isdigit())
    return digits if 5 <= len(digits) < len(key) else ""


def loose_keys(number: str) -> set[str]:
    """Return what is left of a number without zeros, letters or the year: `26-0017` → 26-17 and 0017."""
    digits = [run for run in _RUNS.findall(number.upper()) if run.isdigit()]
    if not digits:
        return set()
    tail = digits[-1]
    found = set()
    if len(digits) > 1:
        found.add(bare(digits))
    elif len(tail) >= 6:
        tail = tail[4:] if tail.startswith("20") and len(tail) >= 7 else tail[2:]
    found |= {tail, tail.lstrip("0")}
    return {key for key in found if len(key) >= SHORTEST}


def bare(digits: Sequence[str]) -> str:
    """Return runs of digits without their leading zeros, joined by dashes; a single run stays as it is."""
    return "-".join(run.lstrip("0") or "0" for run in digits) if len(digits) > 1 else digits[0]


def find(runs: Sequence[Run], known: Container[str], letters: Container[str]) -> list[Found]:
    """Return where known keys stand in the runs of a text: whole numbers only.

    `letters` are the runs of letters that occur in numbers. Of two that overlap the longer counts.
    What could go on before or after counts only where a known number stands there too: `26001,26002`.
    """
    candidates = list(_written(runs, known, letters))
    if not candidates:
        return []
    if len(candidates) == 1:
        ((one, gaps),) = candidates
        return [one] if _alone(runs, one, gaps, ({one.first}, {one.last})) else []
    edges = {one.first for one, _ in candidates}, {one.last for one, _ in candidates}
    found: list[Found] = []
    taken: set[int] = set()
    for one, _gaps in sorted(candidates, key=lambda pair: pair[0].first - pair[0].last):
        places = range(one.first, one.last + 1)
        if taken.isdisjoint(places) and _alone(runs, one, _gaps, edges):
            taken.update(places)
            found.append(one)
    return sorted(found, key=lambda hit: hit.first)


def _written(runs: Sequence[Run], known: Container[str], letters: Container[str]) -> list[tuple[Found, set[str]]]:
    found = []
    count = len(runs)
    for first, start in enumerate(runs):
        if not start.text.isdigit() and start.text not in letters:
            continue
        key, gaps = start.text, set[str]()
        if len(key) >= SHORTEST and key in known:
            found.append((Found(key, first, first, first == count - 1), gaps))
        for last in range(first + 1, min(first + LONGEST, count)):
            text, gap, _ = runs[last]
            if gap not in _BETWEEN or not (text.isdigit() or text in letters):
                break
            gaps = gaps | {gap} if gap else gaps
            key += text
            if key in known:
                found.append((Found(key, first, last, last == count - 1), gaps))
    return found


def _alone(runs: Sequence[Run], one: Found, gaps: Container[str], edges: tuple[set[int], set[int]]) -> bool:
    """Whether the digits before and after are held off by more than what holds these together."""
    firsts, lasts = edges
    if one.first and runs[one.first].text.isdigit() and runs[one.first - 1].text.isdigit():
        gap = runs[one.first].gap
        if (gap in _TIGHT or gap in gaps) and one.first - 1 not in lasts:
            return False
    after = one.last + 1
    if after < len(runs) and runs[one.last].text.isdigit() and runs[after].text.isdigit():
        gap = runs[after].gap
        if (gap in _TIGHT or gap in gaps) and after not in firsts:
            return False
    return True


def find_loose(runs: Sequence[Run], known: Container[str]) -> list[str]:
    """Return the loose keys that the runs of digits of a text give, alone or two and three together."""
    found = []
    for first, start in enumerate(runs):
        if not start.text.isdigit():
            continue
        digits = [start.text]
        before = first > 0 and runs[first - 1].text.isdigit() and start.gap in _TIGHT
        for last in range(first, min(first + 3, len(runs))):
            if last > first:
                text, gap, _ = runs[last]
                if gap not in _BETWEEN or not text.isdigit():
                    break
                digits.append(text)
            key = bare(digits)
            after = last + 1 < len(runs) and runs[last + 1].text.isdigit() and runs[last + 1].gap in _TIGHT
            if key in known and not before and not after:
                found.append(key)
    return found


def shape_of(digits: str) -> str:
    """Return what the numbers of a series have in common: their first two digits, and how many there are."""
    return f"{digits[:2]}:{len(digits)}" if len(digits) >= 5 else ""


def names_other(runs: Sequence[Run], shapes: Container[str], own: Callable[[int], bool]) -> bool:
    """Whether a text names a number of one of these shapes, apart from the runs that are `own`."""
    for first, start in enumerate(runs):
        if not start.text.isdigit() or own(first):
            continue
        digits = start.text
        if shape_of(digits) in shapes:
            return True
        for last in range(first + 1, min(first + 3, len(runs))):
            text, gap, _ = runs[last]
            if gap not in _BETWEEN or not text.isdigit() or own(last):
                break
            digits += text
            if shape_of(digits) in shapes:
                return True
    return False


def without_dates_and_amounts(text: str) -> str:
    """Blank out dates and amounts, in which a short number could be seen by mistake."""
    return _AMOUNT.sub(_blank, _DATE.sub(_blank, text))


def _blank(found: re.Match[str]) -> str:
    return "\n" * len(found[0])
