"""Names as people and banks write them: folded to what matters, and compared by their pairs of letters."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

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


_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789^$"
_BITS = {first + second: 1 << place for place, (first, second) in enumerate(product(_SIGNS, _SIGNS))}
"""One bit for each pair of letters: what two words share is then one operation on two numbers, and no set is made."""


@lru_cache(maxsize=400_000)
def _pairs(word: str) -> tuple[int, int]:
    """Return the pairs of letters of a folded word, and how many there are."""
    before, bits = "^", 0
    for sign in word:
        bits |= _BITS[before + sign]
        before = sign
    bits |= _BITS[before + "$"]
    return bits, bits.bit_count()


def closeness(one: str, other: str) -> float:
    """Return how much two folded words have in common, 0-1: Dice's coefficient over their pairs of letters."""
    if one == other:
        return 1.0
    if len(one) == len(other) and one[0] == other[0] and sorted(one) == sorted(other):
        return 0.9  # letters that changed places
    left, many = _pairs(one)
    right, more = _pairs(other)
    return 2 * (left & right).bit_count() / (many + more)


@lru_cache(maxsize=400_000)
def _all_pairs(name: str) -> tuple[int, int]:
    bits = 0
    for word in name.split():
        bits |= _pairs(word)[0]
    return bits, bits.bit_count()


def may_be_alike(one: str, other: str) -> bool:
    """Whether two folded names share enough letters to be worth a comparison; quick, and never too strict."""
    left, many = _all_pairs(one)
    right, more = _all_pairs(other)
    return 4 * (left & right).bit_count() >= many + more


class Names:
    """How rare each word is among the names of one organisation, and how alike two names are."""

    __slots__ = ("_cache", "_common", "_weights")

    def __init__(self, folded: Iterable[str]) -> None:
        """Count the words; `folded` are the different names, folded."""
        counts: dict[str, int] = {}
        for name in folded:
            for word in set(name.split()):
                counts[word] = counts.get(word, 0) + 1
        self._common = counts
        self._weights: dict[str, float] = {}
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
        best = [0.0] * len(right)
        mine = []
        for word in left:
            row = [closeness(word, another) for another in right]
            mine.append(max(row))
            best = [max(pair) for pair in zip(best, row, strict=True)]
        return (self._covered(left, mine) + self._covered(right, best)) / 2

    def _covered(self, words: list[str], best: list[float]) -> float:
        """The share of the words, by weight, that the other name has too; `best` is how close each comes to one."""
        total = found = 0.0
        for word, near in zip(words, best, strict=True):
            weight = self._weight(word)
            total += weight
            if near > 0.4:
                found += weight * near
        return found / total

    def _weight(self, word: str) -> float:
        """A word that stands in ten names tells a third of what one does that stands in one."""
        weight = self._weights.get(word)
        if weight is None:
            weight = min(len(word), 8) / 8 / (1 + 0.25 * min(self._common.get(word, 0), 12))
            self._weights[word] = weight
        return weight


def _cut_off(short: str, whole: str) -> bool:
    return len(short) >= 16 and len(whole) > len(short) and whole.startswith(short)
