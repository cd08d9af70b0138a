"""What the page of API keys shows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.extensions import clock
from webapp.store.api_keys import ApiKey
from webapp.store.session import current


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key without its secret; `state` is good, replaced (good until its end), ended or revoked."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    state: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str
    successor_prefix: str

    @property
    def is_good(self) -> bool:
        """Whether calls with it are let in."""
        return self.state in ("good", "replaced")


MOST_ENDED = 50


def keys(organisation_id: int) -> list[KeyLine]:
    """Return the keys of an organisation: the good ones, newest first, then the fifty that ended last."""
    rows = current().scalars(
        select(ApiKey).where(ApiKey.organisation_id == organisation_id).order_by(ApiKey.id.desc()).limit(1000)
    )
    lines = [_line(row) for row in rows]
    return [line for line in lines if line.is_good] + [line for line in lines if not line.is_good][:MOST_ENDED]


def key(organisation_id: int, key_id: int) -> KeyLine | None:
    """Return one key, None when the organisation has no such one."""
    row = current().scalar(select(ApiKey).where(ApiKey.organisation_id == organisation_id, ApiKey.id == key_id))
    return _line(row) if row else None


def _line(row: ApiKey) -> KeyLine:
    return KeyLine(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        state=_state(row),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        last_used_address=row.last_used_address,
        successor_prefix=row.successor_prefix,
    )


def _state(row: ApiKey) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is not None and row.expires_at <= clock.now():
        return "ended"
    return "replaced" if row.successor_prefix else "good"
