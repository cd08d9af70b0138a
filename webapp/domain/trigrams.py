"""Texts cut into pieces of three signs, and sets of ids as few bytes; pure."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

END = "\x1f"
"""What stands after each text: so every sign and every pair of signs begins a piece."""

MARKS = ("\x1b\x1c\x1d\x1e", "\x15\x16\x17\x18")
"""What stands before the first, second, third and fourth pair of signs of a number, of two kinds of numbers: only the
beginning of these counts.
"""

LONGEST = 8
"""So many signs of a number are known."""


def pieces(texts: Iterable[str]) -> set[str]:
    """Return every piece of some texts that are searched together, in small letters."""
    whole = "".join(f"{text.lower()}{END}{END}" for text in texts if text)
    return {whole[place : place + 3] for place in range(len(whole) - 2)}


def wanted(term: str) -> list[str]:
    """Return the pieces that every text holds in which a term of three signs or more stands."""
    small = term.lower()
    return sorted({small[place : place + 3] for place in range(len(small) - 2)})


def spread(term: str, most: int) -> set[str]:
    """Return at most so many of the pieces of a term of three signs or more; all its signs, if it is short enough."""
    small = term.lower()
    places = [*range(0, len(small) - 3, 3), len(small) - 3]
    return {small[place : place + 3] for place in places[:: -(-len(places) // most)]}


def heads(number: str, kind: int) -> set[str]:
    """Return the pieces of what begins so: its first pairs of signs, each with its place, and a last single sign."""
    small, marks = number.lower()[:LONGEST], MARKS[kind]
    return {f"{marks[at // 2]}{small[at : at + 2]}" for at in range(0, len(small), 2)}


def all_heads(number: str, kind: int) -> set[str]:
    """Return the pieces of every beginning of a number."""
    small, marks = number.lower()[:LONGEST], MARKS[kind]
    return heads(number, kind) | {f"{marks[at // 2]}{small[at]}" for at in range(0, len(small), 2)}


def searchable(term: str) -> bool:
    """Whether a term holds none of the signs that mean something here."""
    return not any(sign in term for sign in (END, *MARKS[0], *MARKS[1]))


def pack(ids: Sequence[int]) -> bytes:
    """Return ids (rising) as bytes: the first one, and the distance of each from it in two, four or eight bytes.

    Where it is shorter, a bit for each id from the first to the last takes the place of the distances.
    """
    first = ids[0]
    width = ids[-1] - first
    code, size = ("H", 2) if width < 1 << 16 else ("I", 4) if width < 1 << 32 else ("Q", 8)
    if width // 8 < size * len(ids):
        return b"B" + first.to_bytes(8, "little") + _flags(ids).to_bytes(width // 8 + 1, "little")
    return code.encode() + first.to_bytes(8, "little") + array(code, [one - first for one in ids]).tobytes()


def _flags(ids: Sequence[int]) -> int:
    """Return a number with a bit for each id."""
    first, width = ids[0], ids[-1] - ids[0] + 1
    if len(ids) == width:  # what stands on every row
        return (1 << width) - 1
    flags = bytearray(b"0") * width
    for one in ids:
        flags[one - first] = 49
    flags.reverse()
    return int(flags, 2)


def unpack(data: bytes) -> list[int]:
    """Return the ids again."""
    first = int.from_bytes(data[1:9], "little")
    if data[:1] == b"B":
        return _set_bits(first, data[9:])
    distances = array(chr(data[0]))
    distances.frombytes(data[9:])
    return [first + one for one in distances] if first else list(distances)


_OF_BYTE = [[bit for bit in range(8) if byte >> bit & 1] for byte in range(256)]


def _set_bits(first: int, data: bytes) -> list[int]:
    return [at + bit for at, byte in zip(count(first, 8), data, strict=False) for bit in _OF_BYTE[byte]]


class Bits:
    """A set of ids, each a bit."""

    __slots__ = ("_bytes", "_first", "_value")

    def __init__(self, first: int, value: int) -> None:
        self._first, self._value = first, value
        self._bytes = value.to_bytes(value.bit_length() // 8 + 1, "little")

    @classmethod
    def read(cls, data: bytes) -> "Bits":
        """Return the set that was packed as bits."""
        return cls(int.from_bytes(data[1:9], "little"), int.from_bytes(data[9:], "little"))

    def __contains__(self, one: object) -> bool:
        at = one - self._first if isinstance(one, int) else -1
        return 0 <= at >> 3 < len(self._bytes) and bool(self._bytes[at >> 3] >> (at & 7) & 1)

    def __len__(self) -> int:
        return self._value.bit_count()

    def __and__(self, other: "Bits") -> "Bits":
        first = max(self._first, other._first)  # what is below is in one of them at most, however far below it is
        mine, theirs = self._value >> (first - self._first), other._value >> (first - other._first)
        return Bits(first, mine & theirs)

    def __iter__(self) -> Iterator[int]:
        return iter(_set_bits(self._first, self._bytes))


def meet(sets: Sequence[bytes]) -> set[int] | Bits:
    """Return the ids that are in each of some packed sets, of which there is one at least."""
    bits = [Bits.read(data) for data in sets if data[:1] == b"B"]
    listed = sorted((data for data in sets if data[:1] != b"B"), key=len)
    if not listed:
        common = bits[0]
        for one in bits[1:]:
            common &= one
        return common
    found = set(unpack(listed[0]))
    for data in listed[1:]:
        found.intersection_update(unpack(data))
    for one in bits:
        found = {key for key in found if key in one}
    return found


def pack_days(inorder: Sequence[tuple[int, int]]) -> bytes:
    """Return days (ordinals) and ids as bytes, in the order given: all days, then all ids."""
    return array("I", [day for day, _key in inorder]).tobytes() + array("Q", [key for _day, key in inorder]).tobytes()


def unpack_days(data: bytes, *, backwards: bool = False) -> Iterator[tuple[int, int]]:
    """Yield days and ids again, from the first or from the last."""
    days, ids, number = array("I"), array("Q"), len(data) // 12
    days.frombytes(data[: 4 * number])
    ids.frombytes(data[4 * number :])
    return zip(reversed(days), reversed(ids), strict=True) if backwards else zip(days, ids, strict=True)
