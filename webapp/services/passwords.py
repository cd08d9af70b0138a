"""Passwords as they are kept: argon2, which takes long on purpose, and can be begun beside other things."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher

hasher = PasswordHasher()


def begin_hash(password: str) -> Callable[[], str]:
    """Begin to hash a password, in a thread that holds nobody up; returns what waits for the hash."""
    pool = ThreadPoolExecutor(1)
    begun = pool.submit(hasher.hash, password)
    pool.shutdown(wait=False)
    return begun.result
