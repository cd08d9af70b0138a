"""Whether what opened a stream is still good: logins that last, API keys that were not revoked."""

from collections.abc import Collection

from sqlalchemy import select

from webapp.extensions import clock
from webapp.store.session import current
from webapp.store.users import LoginSession, User

LOGIN = "login"
KEY = "key"


def good(passes: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the passes, each (`login`, hash of its token) or (`key`, its prefix), that are still good."""
    return {(LOGIN, each) for each in _logins([value for kind, value in passes if kind == LOGIN])}


def _logins(hashes: list[str]) -> list[str]:
    if not hashes:
        return []
    wanted = select(LoginSession.token_hash).join(User, LoginSession.user_id == User.id)
    lasting = wanted.where(LoginSession.token_hash.in_(hashes), LoginSession.expires_at > clock.now(), User.active)
    return list(current().scalars(lasting))
