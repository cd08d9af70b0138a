"""Names as people and banks write them: folded to what matters, and compared by their pairs of letters."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import product
from operator import add, or_
from typing import NamedTuple

SAME, LIKE, UNLIKE = 0.92, 0.64, 0.5
"""From here on the same name, a name like it, and below this another one."""

ENOUGH = 0.4
"""What two words must have in common to count at all."""

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
    words = _WORDS.findall(plain.replace("'", "") if "'" in plain else plain)
    if 1 in map(len, words):
        words = _joined(words)
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


_SIGNS = "^$eanriotslkdgmbvhupjcfzywxq0123456789"


def _places() -> dict[str, int]:
    """Return one bit for each pair of signs: low ones for frequent signs, so that most names make short numbers."""
    places = range(len(_SIGNS))
    pairs = sorted(product(places, places), key=lambda pair: (max(pair), pair))
    return {_SIGNS[first] + _SIGNS[second]: 1 << place for place, (first, second) in enumerate(pairs)}


_BITS = _places()
"""One bit for each pair of letters: what two words share is then one operation on two numbers, and no set is made."""


_EDGES = sum(bit for pair, bit in _BITS.items() if "^" in pair or "$" in pair)
_INSIDE = ~_EDGES
"""All pairs but those with the beginning or the end of a word."""


def _pairs(word: str) -> int:
    """Return the pairs of letters of a folded word."""
    return reduce(or_, map(_BITS.__getitem__, map(add, f"^{word}", f"{word}$")), 0)


class _Word(NamedTuple):
    """A word of a name as it is compared: its letters in order, its pairs and how many, and what it weighs."""

    text: str
    letters: str
    pairs: int
    many: int
    weight: float


class Names:
    """How rare each word is among the names of one organisation, and how alike two names are."""

    __slots__ = ("_cache", "_whole")

    def __init__(self, folded: Iterable[str]) -> None:
        """Count the words; `folded` are the different names, folded."""
        counts: dict[str, int] = {}
        for name in folded:
            for word in set(name.split()):
                counts[word] = counts.get(word, 0) + 1
        self._whole = _Wholes(_Words(counts))
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
        left, right = self._whole[one], self._whole[other]
        if _may_join(left, right) and _pairs(one.replace(" ", "")) == _pairs(other.replace(" ", "")):
            return 0.97
        mine, theirs = _nearest(left.words, right.words)
        return (_covered(left, mine) + _covered(right, theirs)) / 2

    def may_be_alike(self, name: str, others: Mapping[int, str], among: Iterable[int]) -> list[int]:
        """Return those of some contacts whose folded names share enough letters with one to be worth a comparison.

        Quick, and never too strict.
        """
        whole = self._whole
        _, _, pairs, many = whole[name]
        found = []
        for contact in among:
            _, _, theirs, more = whole[others[contact]]
            if 4 * (pairs & theirs).bit_count() >= many + more:
                found.append(contact)
        return found


class _Words(dict[str, _Word]):
    """Words as they are compared; one that stands in ten names tells a third of what a rare one does."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        super().__init__()
        self._counts = counts

    def __missing__(self, text: str) -> _Word:
        weight = min(len(text), 8) / 8 / (1 + 0.25 * min(self._counts.get(text, 0), 12))
        pairs = _pairs(text)
        made = self[text] = _Word(text, "".join(sorted(text)), pairs, pairs.bit_count(), weight)
        return made


class _Whole(NamedTuple):
    """A whole name as it is compared: its words, what they weigh together, all their pairs and how many."""

    words: tuple[_Word, ...]
    weight: float
    pairs: int
    many: int


class _Wholes(dict[str, _Whole]):
    """Whole names as they are compared."""

    def __init__(self, words: _Words) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, name: str) -> _Whole:
        words = tuple(map(self._words.__getitem__, name.split()))
        weight, pairs = 0.0, 0
        for word in words:
            weight += word.weight
            pairs |= word.pairs
        made = self[name] = _Whole(words, weight, pairs, pairs.bit_count())
        return made


def _may_join(one: _Whole, other: _Whole) -> bool:
    """Whether two names may have the same pairs of letters once their blanks are out; quick, and never too strict.

    What is inside of a word of one is inside of a word of the other as well, or where two of its words meet.
    """
    apart = (one.pairs ^ other.pairs) & _INSIDE
    return (one.pairs & apart).bit_count() < len(other.words) and (other.pairs & apart).bit_count() < len(one.words)


def _nearest(left: Sequence[_Word], right: Sequence[_Word]) -> tuple[list[float], list[float]]:
    """Return how close each word comes to one of the other name: for both names.

    By Dice's coefficient over their pairs of letters. It is run more often than anything else.
    """
    best = [0.0] * len(right)
    mine = []
    for text, letters, pairs, count, _weight in left:
        top = 0.0
        for place, (word, others, theirs, many, _other) in enumerate(right):
            if text == word:
                near = 1.0
            elif letters == others and text[0] == word[0]:
                near = 0.9  # letters that changed places
            else:
                near = 2 * (pairs & theirs).bit_count() / (count + many)
            if near > top:
                top = near
            if near > best[place]:
                best[place] = near
        mine.append(top)
    return mine, best


def _covered(name: _Whole, best: Sequence[float]) -> float:
    """The share of the words, by weight, that the other name has too."""
    found = 0.0
    for word, near in zip(name.words, best, strict=True):
        if near > ENOUGH:
            found += word.weight * near
    return found / name.weight


def _cut_off(short: str, whole: str) -> bool:
    return len(short) >= 16 and len(whole) > len(short) and whole.startswith(short)
