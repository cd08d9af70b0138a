"""Whether what opened a stream is still good: a login that lasts, a key that was not revoked, a token's owner."""

from collections.abc import Collection, Iterable

from sqlalchemy import or_, select

from webapp.extensions import clock
from webapp.store.api_keys import ApiKey, ApiLogin
from webapp.store.session import current
from webapp.store.users import LoginSession, User

LOGIN, KEY, TOKEN = "login", "key", "token"


def good(passes: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those passes that are still good.

    Each is (`login`, the hash of its token), (`key`, its id), or (`token`, the id of a user of the API).
    """
    found = {LOGIN: _logins, KEY: _keys, TOKEN: _users}
    return {(kind, value) for kind, look in found.items() for value in look([v for k, v in passes if k == kind])}


def _logins(hashes: list[str]) -> Iterable[str]:
    if not hashes:
        return []
    wanted = select(LoginSession.token_hash).join(User, LoginSession.user_id == User.id)
    lasting = wanted.where(LoginSession.token_hash.in_(hashes), LoginSession.expires_at > clock.now(), User.active)
    return current().scalars(lasting)


def _keys(ids: list[str]) -> Iterable[str]:
    if not ids:
        return []
    unended = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > clock.now())
    wanted = select(ApiKey.id).where(ApiKey.id.in_(map(int, ids)), ApiKey.revoked_at.is_(None), unended)
    return map(str, current().scalars(wanted))


def _users(ids: list[str]) -> Iterable[str]:
    if not ids:
        return []
    wanted = select(ApiLogin.user_id).join(User, ApiLogin.user_id == User.id).distinct()
    lasting = wanted.where(
        ApiLogin.user_id.in_(map(int, ids)),
        ApiLogin.revoked_at.is_(None),
        ApiLogin.expires_at > clock.now(),
        User.active,
    )
    return map(str, current().scalars(lasting))
