"""Texts cut into pieces of three signs, and sets of ids as few bytes; pure."""

from array import array
from collections.abc import Iterable, Sequence

END = "\x1f"
"""What stands after each text: so every sign and every pair of signs begins a piece."""


def pieces(texts: Iterable[str]) -> set[str]:
    """Return every piece of some texts that are searched together, in small letters."""
    whole = "".join(f"{text.lower()}{END}{END}" for text in texts if text)
    return {whole[place : place + 3] for place in range(len(whole) - 2)}


def wanted(term: str) -> list[str]:
    """Return the pieces that every text holds in which a term of three signs or more stands."""
    small = term.lower()
    return sorted({small[place : place + 3] for place in range(len(small) - 2)})


def pack(ids: Sequence[int]) -> bytes:
    """Return ids (rising) as bytes: the first one, and the distance of each from it in two, four or eight bytes."""
    first = ids[0]
    width = ids[-1] - first
    code = "H" if width < 1 << 16 else "I" if width < 1 << 32 else "Q"
    return code.encode() + first.to_bytes(8, "little") + array(code, [one - first for one in ids]).tobytes()


def unpack(data: bytes) -> list[int]:
    """Return the ids again."""
    first = int.from_bytes(data[1:9], "little")
    distances = array(chr(data[0]))
    distances.frombytes(data[9:])
    return [first + one for one in distances] if first else list(distances)
