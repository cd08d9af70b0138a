"""Logins by the API: a short access token, and a refresh token that is good for one use.

Both are signed; what they allow stands in the database and is read anew at every call. A refresh token that
comes a second time was copied by somebody: its whole family ends.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from flask import current_app
from sqlalchemy import delete, select, update

from webapp.extensions import clock
from webapp.services import accounts
from webapp.store.api_keys import ApiLogin
from webapp.store.session import current, transaction
from webapp.store.users import User

ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=7)
LONGEST_LOGIN = timedelta(days=30)
ALGORITHM = "HS256"
ISSUER = "koppel"
ACCESS, REFRESH = "koppel-api", "koppel-refresh"
_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "jti", "family"]


class BadToken(Exception):
    """A token is not ours, not of this kind, past its end, or its login has ended."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gets; `expires_in` is the life of `access` in seconds."""

    access: str
    refresh: str
    expires_in: int


def log_in(email: str, password: str, *, address: str) -> Tokens | None:
    """Check a password and begin a login; None when it is not right."""
    user = accounts.prove(email, password)
    if user is None:
        return None
    now = clock.now()
    login = ApiLogin(
        user_id=user.id,
        family=secrets.token_hex(16),
        refresh_id=secrets.token_hex(16),
        created_at=now,
        refreshed_at=now,
        expires_at=now + REFRESH_LIFETIME,
        address=address[:64],
    )
    with transaction() as session:
        session.execute(delete(ApiLogin).where(ApiLogin.expires_at < now))
        session.get_one(User, login.user_id).last_login_at = now
        session.add(login)
    return _tokens(login.user_id, login.family, login.refresh_id)


def refresh(token: str) -> Tokens:
    """Exchange a refresh token for new ones; raises BadToken, and ends the login when the token was used before."""
    claims = _read(token, REFRESH)
    now = clock.now()
    fresh = secrets.token_hex(16)
    with transaction() as session:
        login = _login(claims["family"])
        if login is None or not login.user.active or login.created_at + LONGEST_LOGIN <= now:
            raise BadToken
        # One conditional UPDATE decides: of two that come at once with the same token, one was a copy.
        taken = session.execute(
            update(ApiLogin)
            .where(ApiLogin.id == login.id, ApiLogin.refresh_id == claims["jti"])
            .values(refresh_id=fresh, refreshed_at=now, expires_at=now + REFRESH_LIFETIME)
            .execution_options(synchronize_session=False)
        )
        copied = taken.rowcount == 0  # type: ignore[attr-defined]
        if copied:
            login.revoked_at = now
        user_id, family = login.user_id, login.family
    if copied:
        raise BadToken
    return _tokens(user_id, family, fresh)


def log_out(token: str) -> None:
    """End the login that a refresh token belongs to, and with it its access tokens; raises BadToken."""
    claims = _read(token, REFRESH)
    with transaction() as session:
        session.execute(delete(ApiLogin).where(ApiLogin.family == claims["family"]))


def user_of(token: str) -> User:
    """Return the user of an access token, as he is now; raises BadToken."""
    login = _login(_read(token, ACCESS)["family"])
    if login is None or not login.user.active:
        raise BadToken
    return login.user


def _login(family: str) -> ApiLogin | None:
    return current().scalar(select(ApiLogin).where(ApiLogin.family == family, ApiLogin.revoked_at.is_(None)))


def _tokens(user_id: int, family: str, refresh_id: str) -> Tokens:
    access = _sign(user_id, family, secrets.token_hex(16), ACCESS, ACCESS_LIFETIME)
    renewal = _sign(user_id, family, refresh_id, REFRESH, REFRESH_LIFETIME)
    return Tokens(access, renewal, int(ACCESS_LIFETIME.total_seconds()))


def _sign(user_id: int, family: str, identity: str, audience: str, lifetime: timedelta) -> str:
    now = clock.now()
    claims = {"iss": ISSUER, "aud": audience, "sub": str(user_id), "jti": identity, "family": family}
    return jwt.encode(claims | {"iat": now, "exp": now + lifetime}, _key(), algorithm=ALGORITHM)


def _read(token: str, audience: str) -> dict[str, Any]:
    """Return the claims of a token; the algorithm is ours to choose, and the clock is ours as well."""
    try:
        claims = jwt.decode(
            token,
            _key(),
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.InvalidTokenError, ValueError):
        raise BadToken from None
    if not isinstance(claims["exp"], int) or claims["exp"] <= clock.now().timestamp():
        raise BadToken
    if not isinstance(claims["family"], str) or not isinstance(claims["jti"], str):
        raise BadToken
    return claims


def _key() -> bytes:
    """Return the key of the signatures: made from SECRET_KEY for this use, so that no cookie is a token."""
    return hmac.new(str(current_app.config["SECRET_KEY"]).encode(), b"koppel api tokens", hashlib.sha256).digest()
