"""Secrets in the database: sealed, and bound to the organisation, row and field they belong to."""

import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app


class CannotUnseal(Exception):
    """The sealed text was made with another key, or belongs to another row; says nothing more."""


def _fernet() -> MultiFernet:
    return _of(tuple(current_app.extensions["koppel"].fernet_keys))


@lru_cache(maxsize=4)
def _of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(secret: str, *, organisation_id: int, row: str, field: str) -> str:
    """Return `secret` sealed with the newest key, with its place inside of the sealed text."""
    place = json.dumps([organisation_id, row, field, secret])
    return _fernet().encrypt(place.encode()).decode()


def unseal(sealed: str, *, organisation_id: int, row: str, field: str) -> str:
    """Return the secret; raises CannotUnseal when it does not belong to this place."""
    try:
        place = json.loads(_fernet().decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        raise CannotUnseal("The stored key cannot be opened: the encryption key has changed.") from None
    if place[:3] != [organisation_id, row, field]:
        raise CannotUnseal("The stored key belongs to another place.")
    return str(place[3])


def reseal(sealed: str) -> str:
    """Return the same sealed with the newest key; raises CannotUnseal."""
    try:
        return _fernet().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal("The stored key cannot be opened: the encryption key has changed.") from None
