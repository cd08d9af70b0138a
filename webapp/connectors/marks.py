"""Marks: numbers that stand for bytes that were read, until the code that reads them changes.

They tell whether bytes are the same, not who wrote them: whoever can write both could lie outright. So a hash without
secrets is enough; two that differ have the same mark once in 2**63.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path

from xxhash import xxh3_64_digest, xxh3_64_intdigest

digest_of: Callable[[bytes | memoryview], bytes] = xxh3_64_digest
"""Eight bytes for bytes, whatever code reads them."""


def word_of(sources: Iterable[Path]) -> bytes:
    """Return a word for the code in these files: once it changes, so does every mark that is made with it."""
    return blake2b(b"".join(source.read_bytes() for source in sources), digest_size=16).digest()


def number_of(body: bytes | memoryview, code: int) -> int:
    """Return a number of 63 bits for bytes, the same as long as they are, and as the `code` that reads them is."""
    return xxh3_64_intdigest(body, code) >> 1


def number_of_both(before: bytes | memoryview, after: bytes | memoryview, code: int) -> int:
    """Return the same for bytes in two parts, between which others may stand that do not count."""
    return xxh3_64_intdigest(after, xxh3_64_intdigest(before, code)) >> 1
