"""Names as people and banks write them: folded to what matters, and compared by their pairs of letters."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

SAME, LIKE, UNLIKE = 0.92, 0.64, 0.5
"""From here on the same name, a name like it, and below this another one."""

_WORDS = re.compile(r"[a-z0-9]+")
_NO_NAME = frozenset(
    [
        "bv",
        "nv",
        "vof",
        "cv",
        "bvba",
        "srl",
        "sprl",
        "sa",
        "sas",
        "ug",
        "gmbh",
        "ag",
        "ltd",
        "llc",
        "inc",
        "kft",
        "bt",
        "zrt",
        "nyrt",
        "rt",
        "ev",
        "co",
        "en",
        "the",
        "de",
        "het",
        "een",
        "and",
        "und",
        "es",
        "e",
        "o",
        "van",
        "der",
        "den",
        "von",
        "zu",
        "inzake",
        "mw",
        "dhr",
        "hr",
        "mevr",
        "mr",
        "mrs",
        "stichting",
        "holding",
        "eo",
        "anderen",
    ]
)
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "&": " en "})


@lru_cache(maxsize=400_000)
def fold(name: str) -> str:
    """Return the words of a name that tell it from others: no accents, no legal form, no punctuation."""
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = _joined(_WORDS.findall(plain.replace("'", "")))
    kept = [word for word in words if word not in _NO_NAME]
    return " ".join(kept or words)


def _joined(words: list[str]) -> list[str]:
    """Put single letters together: `B.V.` was one word."""
    found: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            found.append(run)
            run = ""
        found.append(word)
    return [*found, run] if run else found


@lru_cache(maxsize=400_000)
def _pairs(word: str) -> frozenset[str]:
    padded = f"^{word}$"
    return frozenset(padded[n : n + 2] for n in range(len(padded) - 1))


def closeness(one: str, other: str) -> float:
    """Return how much two words have in common, 0-1: Dice's coefficient over their pairs of letters."""
    if one == other:
        return 1.0
    if len(one) == len(other) and one[0] == other[0] and sorted(one) == sorted(other):
        return 0.9  # letters that changed places
    left, right = _pairs(one), _pairs(other)
    return 2 * len(left & right) / (len(left) + len(right))


@lru_cache(maxsize=400_000)
def _all_pairs(name: str) -> frozenset[str]:
    return frozenset().union(*(_pairs(word) for word in name.split()))


def may_be_alike(one: str, other: str) -> bool:
    """Whether two folded names share enough letters to be worth a comparison; quick, and never too strict."""
    left, right = _all_pairs(one), _all_pairs(other)
    return 2 * len(left & right) >= 0.5 * (len(left) + len(right))


class Names:
    """How rare each word is among the names of one organisation, and how alike two names are."""

    __slots__ = ("_cache", "_common")

    def __init__(self, folded: Iterable[str]) -> None:
        """Count the words; `folded` are the different names, folded."""
        counts: dict[str, int] = {}
        for name in folded:
            for word in set(name.split()):
                counts[word] = counts.get(word, 0) + 1
        self._common = counts
        self._cache: dict[tuple[str, str], float] = {}

    def alike(self, one: str, other: str) -> float:
        """Return how alike two folded names are, 0-1; `one` is the name that a bank wrote.

        Words that many names share (bakkerij, kft) weigh little; the order does not count, and neither
        does where the bank cut a long name off.
        """
        if one == other:
            return 1.0 if one else 0.0
        if not one or not other:
            return 0.0
        key = (one, other)
        known = self._cache.get(key)
        if known is None:
            known = self._cache[key] = self._compare(one, other)
        return known

    def _compare(self, one: str, other: str) -> float:
        if _cut_off(one, other):
            return 0.95
        if closeness(one.replace(" ", ""), other.replace(" ", "")) == 1.0:
            return 0.97
        left, right = one.split(), other.split()
        return (self._covered(left, right) + self._covered(right, left)) / 2

    def _covered(self, words: list[str], others: list[str]) -> float:
        """The share of the words, by weight, that the other name has too."""
        total = found = 0.0
        for word in words:
            best = 1.0 if word in others else max(closeness(word, other) for other in others)
            weight = self._weight(word)
            total += weight
            if best > 0.4:
                found += weight * best
        return found / total

    def _weight(self, word: str) -> float:
        """A word that stands in ten names tells a third of what one does that stands in one."""
        length = min(len(word), 8) / 8
        return length / (1 + 0.25 * min(self._common.get(word, 0), 12))


def _cut_off(short: str, whole: str) -> bool:
    return len(short) >= 16 and len(whole) > len(short) and whole.startswith(short)
