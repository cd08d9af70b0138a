"""Marks: numbers that stand for bytes that were read, until the code that reads them changes."""

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path


def word_of(sources: Iterable[Path]) -> bytes:
    """Return a word for the code in these files: once it changes, so does every mark that is made with it."""
    return blake2b(b"".join(source.read_bytes() for source in sources), digest_size=16).digest()
