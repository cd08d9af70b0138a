"""What bytes were read to, remembered: most partners, and lines, of documents were met before."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST = 2000
"""Bytes of a part from which on it is not remembered, but read each time."""


class Remembered(Generic[T]):
    """A reader of bytes that remembers up to `most` of what it read, and begins anew when it is full.

    What it makes must never be changed, for it is handed out again, and is never None. Errors of the reader are not
    remembered.
    """

    def __init__(self, read: Callable[[bytes], T], *, most: int) -> None:
        self._read, self._most = read, most
        self._kept: dict[bytes, T] = {}

    def each(self, parts: Sequence[bytes]) -> list[T]:
        """Return what each of the parts is read to; raises what the reader raises."""
        found = [*map(self._kept.get, parts)]
        if not all(found):  # something is not known, or was read to nothing
            return [self._one(part) if one is None else one for part, one in zip(parts, found, strict=True)]
        return found  # type: ignore[return-value]  # there is no None among them

    def _one(self, part: bytes) -> T:
        kept = self._kept.get(part)
        if kept is not None:
            return kept
        found = self._read(part)
        if len(part) < LONGEST:
            if len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[part] = found
        return found
