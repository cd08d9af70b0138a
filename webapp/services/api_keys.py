"""API keys: made and shown once, checked by their hash, rotated with overlap, revoked at once."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update

from webapp.domain.access import SCOPES
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.store.api_keys import ApiKey
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction
from webapp.store.straight import Fixed, asking, writing
from webapp.store.types import table_of

FEATURE = "import_api"
USED_EVERY = timedelta(minutes=1)
MOST_KEYS = 100
_SHAPE = re.compile(r"(kpl_[0-9a-f]{8})_[A-Za-z0-9_-]{43}")


class KeyProblem(Exception):
    """Something about an API key cannot be done; `code` names the reason for the words of it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it was just made: the only moment at which its `secret` is known."""

    id: int
    name: str
    prefix: str
    secret: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


def create(actor: Actor, name: str, *, scopes: tuple[str, ...], expires_at: datetime | None = None) -> NewKey:
    """Make a key for the actor's organisation.

    Raises KeyProblem: `name`, `scope`, `expiry` for what is not right, `too_many` when there are a hundred.
    """
    text = " ".join(name.split())
    if not 1 <= len(text) <= 100 or not text.isprintable():
        raise KeyProblem("name", "An API key needs a name of 1 to 100 characters.")
    if not scopes or set(scopes) - set(SCOPES):
        raise KeyProblem("scope", f"An API key needs a scope; there are {', '.join(SCOPES)}.")
    if expires_at is not None and expires_at <= clock.now():
        raise KeyProblem("expiry", "An API key ends in the future.")
    with transaction():
        return _add(actor, text, scopes, expires_at)


def rotate(actor: Actor, key_id: int, *, keep_until: datetime) -> NewKey:
    """Make a successor with the same name and scopes; the old key stays good until `keep_until`, or ends earlier.

    Raises KeyProblem: `not_found`, `ended` for a key that is no longer good.
    """
    now = clock.now()
    with transaction():
        old = _locked(actor, key_id)
        if not is_good(old, now):
            raise KeyProblem("ended", "This API key is no longer valid; make a new one.")
        lasting = old.expires_at - old.created_at if old.expires_at and not old.successor_prefix else None
        made = _add(actor, old.name, tuple(old.scopes), now + lasting if lasting else None)
        old.expires_at = min(old.expires_at or keep_until, max(keep_until, now))
        old.successor_prefix = made.prefix
    return made


def revoke(actor: Actor, key_id: int) -> None:
    """End a key at once; one that was ended stays as it is. Raises KeyProblem(`not_found`)."""
    with transaction():
        key = _locked(actor, key_id)
        key.revoked_at = key.revoked_at or clock.now()


def revoke_prefix(prefix: str) -> ApiKey:
    """End the key with this readable prefix, of whatever organisation; raises KeyProblem(`not_found`)."""
    with transaction() as session:
        key = session.scalar(select(ApiKey).where(ApiKey.prefix == prefix))
        if key is None:
            raise KeyProblem("not_found", f"There is no API key {prefix}.")
        key.revoked_at = key.revoked_at or clock.now()
    return key


def switch_on(organisation_id: int) -> bool:
    """Let an organisation use the import API; returns whether that changed anything."""
    with transaction() as session:
        organisation = session.get_one(Organisation, organisation_id)
        if FEATURE in organisation.features:
            return False
        organisation.features = sorted({*organisation.features, FEATURE})
    return True


def is_good(key: ApiKey, now: datetime) -> bool:
    """Whether a key is neither revoked nor past its end."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


@dataclass(frozen=True, slots=True)
class GoodKey:
    """A key that was let in, and what its organisation may use."""

    id: int
    name: str
    scopes: tuple[str, ...]
    organisation_id: int
    features: tuple[str, ...]


# Made once, and past the session: every call of the API asks it.
_KEYS, _OWNERS = table_of(ApiKey), table_of(Organisation)
_ASKED = (
    _KEYS.c.secret_hash,
    _KEYS.c.expires_at,
    _KEYS.c.revoked_at,
    _KEYS.c.last_used_at,
    _KEYS.c.id,
    _KEYS.c.name,
    _KEYS.c.scopes,
    _KEYS.c.organisation_id,
    _OWNERS.c.features,
)
_BY_PREFIX = Fixed(
    select(*_ASKED).join(_OWNERS, _OWNERS.c.id == _KEYS.c.organisation_id).where(_KEYS.c.prefix == bindparam("prefix")),
    gives=_ASKED,
    prompt=True,
)
# With its own condition: of many calls at the same moment one writes.
_USED = Fixed(
    update(_KEYS)
    .where(
        _KEYS.c.id == bindparam("key_id"),
        or_(_KEYS.c.last_used_at.is_(None), _KEYS.c.last_used_at <= bindparam("before")),
    )
    .values(last_used_at=bindparam("now"), last_used_address=bindparam("address")),
    prompt=True,
)


def check(secret: str, *, address: str) -> GoodKey | None:
    """Return the good key that this is the secret of, with its organisation; None when there is none.

    The secret is of 256 random bits: one SHA-256 of it cannot be turned back, and is quick. Its use is
    written down at most once a minute.
    """
    shape = _SHAPE.fullmatch(secret)
    row = None
    if shape:
        with asking() as line:
            row = line.one(_BY_PREFIX, {"prefix": shape[1]})
    right = hmac.compare_digest(row[0] if row else _hash(""), _hash(secret))
    if row is None or not right:
        return None
    expires_at, revoked_at, last_used_at, key_id, name, scopes, organisation_id, features = row[1:]
    now = clock.now()
    if revoked_at or (expires_at and expires_at <= now):
        return None
    if last_used_at is None or last_used_at <= now - USED_EVERY:
        _note_use(key_id, now, address)
    return GoodKey(key_id, name, tuple(scopes), organisation_id, tuple(features))


def _note_use(key_id: int, now: datetime, address: str) -> None:
    with writing() as line:
        line.do(_USED, {"key_id": key_id, "now": now, "before": now - USED_EVERY, "address": address[:64]})


def _add(actor: Actor, name: str, scopes: tuple[str, ...], expires_at: datetime | None) -> NewKey:
    now = clock.now()
    # The organisation is locked, so that two at once count to the same hundred.
    current().scalar(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())
    keys = current().scalars(select(ApiKey).where(ApiKey.organisation_id == actor.organisation_id))
    if sum(is_good(key, now) for key in keys) >= MOST_KEYS:
        raise KeyProblem("too_many", f"There are {MOST_KEYS} API keys already; revoke those that nobody uses.")
    prefix = f"kpl_{secrets.token_hex(4)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        organisation_id=actor.organisation_id,
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=list(scopes),
        created_at=now,
        created_by=actor.name,
        expires_at=expires_at,
    )
    current().add(key)
    current().flush()
    return NewKey(key.id, name, prefix, secret, scopes, expires_at)


def _locked(actor: Actor, key_id: int) -> ApiKey:
    found = current().scalar(
        select(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.organisation_id == actor.organisation_id)
        .with_for_update(of=ApiKey)
    )
    if found is None:
        raise KeyProblem("not_found", "There is no such API key.")
    return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
