"""Organisations, users and logins: passwords are argon2, a login is a row that can be ended."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from webapp.domain.access import FEATURES, ROLES
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.passwords import hasher as _hasher
from webapp.store.api_keys import ApiLogin
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction
from webapp.store.users import LoginSession, User

SESSION_LIFETIME = timedelta(days=14)
IDLE_LIFETIME = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
MIN_PASSWORD = 10
LANGUAGES = ("nl", "en", "hu")
THEMES = ("system", "light", "dark")


class AccountError(Exception):
    """Something about an account cannot be done; `code` names the reason for the words of it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def add_organisation(name: str, *, features: tuple[str, ...] = ("yuki",), language: str = "nl") -> Organisation:
    """Create an organisation; raises AccountError when the name is empty or taken, or a feature is unknown."""
    if not name.strip() or len(name) > 200:
        raise AccountError("name", "An organisation needs a name of 1 to 200 characters.")
    unknown = sorted(set(features) - set(FEATURES))
    if unknown:
        raise AccountError("feature", f"There is no feature {unknown[0]}; there are {', '.join(FEATURES)}.")
    taken = AccountError("taken", f"There is already an organisation {name.strip()}.")
    organisation = Organisation(name=name.strip(), features=sorted(features), language=language, created_at=clock.now())
    try:
        with transaction() as session:
            if session.scalar(select(Organisation.id).where(Organisation.name == name.strip())):
                raise taken
            session.add(organisation)
    except IntegrityError:  # somebody else was faster
        raise taken from None
    return organisation


def find_organisation(name: str) -> Organisation:
    """Return an organisation by its name; raises AccountError."""
    found = current().scalar(select(Organisation).where(Organisation.name == name))
    if found is None:
        raise AccountError("organisation", f"There is no organisation {name}.")
    return found


def list_organisations() -> list[Organisation]:
    """Return all organisations, by name."""
    return list(current().scalars(select(Organisation).order_by(Organisation.name)))


def normal_email(email: str) -> str:
    """Return an e-mail address as it is kept and compared; raises AccountError when it is none."""
    text = email.strip().lower()
    local, _, domain = text.rpartition("@")
    if not local or "." not in domain or len(text) > 254 or any(sign.isspace() for sign in text):
        raise AccountError("email", f"{email.strip() or 'An empty text'} is not an e-mail address.")
    return text


def add_user(
    email: str,
    *,
    organisation_id: int,
    role: str,
    password: str,
    name: str = "",
    language: str = "",
    begun: Callable[[], str] | None = None,
) -> User:
    """Create a user; raises AccountError for a taken address, an unknown role or a short password.

    `begun` waits for the hash of the password, where it was begun before.
    """
    address = normal_email(email)
    if role not in ROLES:
        raise AccountError("role", f"There is no role {role}; there are admin, staff and viewer.")
    taken = AccountError("taken", f"There is already a user {address}.")
    user = User(
        organisation_id=organisation_id,
        email=address,
        name=(name.strip() or address.partition("@")[0])[:200],
        password_hash=hash_password(password, begun=begun),
        role=role,
        created_at=clock.now(),
    )
    try:
        with transaction() as session:
            if session.scalar(select(User.id).where(User.email == address)):
                raise taken
            user.language = language or session.get_one(Organisation, organisation_id).language
            session.add(user)
    except IntegrityError:  # somebody else was faster
        raise taken from None
    return user


def hash_password(password: str, *, begun: Callable[[], str] | None = None) -> str:
    """Return the hash to keep, which may have been `begun` before.

    Raises AccountError for a password that is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= 200:
        raise AccountError("password", f"A password has {MIN_PASSWORD} to 200 characters.")
    return begun() if begun is not None else _hasher.hash(password)


def log_in(email: str, password: str, *, address: str = "") -> str | None:
    """Check a password and start a login; returns its token, None when it is not right.

    An unknown address costs the same time as a wrong password.
    """
    user = prove(email, password)
    if user is None:
        return None
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with transaction() as session:
        session.execute(delete(LoginSession).where(LoginSession.expires_at < now))
        user.last_login_at = now
        if _hasher.check_needs_rehash(user.password_hash):
            user.password_hash = _hasher.hash(password)
        session.add(
            LoginSession(
                user_id=user.id,
                token_hash=token_hash(token),
                created_at=now,
                last_seen_at=now,
                expires_at=now + SESSION_LIFETIME,
                address=address[:64],
            )
        )
    return token


def has_login_from(email: str, address: str) -> bool:
    """Whether the user of an e-mail address is logged in from a network address."""
    query = select(LoginSession.id).join(User, User.id == LoginSession.user_id)
    wanted = (User.email == email, LoginSession.address == address[:64], LoginSession.expires_at > clock.now())
    return bool(address) and current().scalar(query.where(*wanted).limit(1)) is not None


def prove(email: str, password: str) -> User | None:
    """Return the active user whose password this is, None when it is not right; both cost the same time."""
    user = current().scalar(select(User).where(User.email == email.strip().lower(), User.active))
    try:
        _hasher.verify(user.password_hash if user else _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return None
    return user


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    """Return a hash that no password fits: an unknown address costs as much time as a wrong password."""
    return _hasher.hash(secrets.token_urlsafe(16))


def find_login(token: str) -> LoginSession | None:
    """Return the login of a token while it lasts; one that was idle for twelve hours has ended."""
    now = clock.now()
    found = current().scalar(select(LoginSession).where(LoginSession.token_hash == token_hash(token)))
    if found is None or found.expires_at <= now or found.last_seen_at <= now - IDLE_LIFETIME or not found.user.active:
        return None
    if found.last_seen_at < now - SEEN_EVERY:
        identity = found.id
        with transaction() as session:
            row = session.get(LoginSession, identity)
            if row is None:
                return None
            row.last_seen_at = now
    return found


def login_lasts(token: str) -> bool:
    """Whether a login goes on and its user is active; asking does not count as being seen."""
    now = clock.now()
    query = select(LoginSession.id).join(User, User.id == LoginSession.user_id).where(User.active)
    lasting = (LoginSession.expires_at > now, LoginSession.last_seen_at > now - IDLE_LIFETIME)
    return current().scalar(query.where(LoginSession.token_hash == token_hash(token), *lasting)) is not None


def log_out(token: str) -> None:
    """End a login: a copy of its cookie is worth nothing from now on."""
    with transaction() as session:
        session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash(token)))


def end_logins(user_id: int) -> None:
    """End all logins of a user, by page and by the API, as when the password changes; inside of a transaction."""
    current().execute(delete(LoginSession).where(LoginSession.user_id == user_id))
    current().execute(delete(ApiLogin).where(ApiLogin.user_id == user_id))


def change_password(actor: Actor, old: str, new: str, *, token: str) -> None:
    """Change one's own password; every other login of the user ends, the one of `token` goes on.

    Raises AccountError: `wrong` when the old password is not right, `password` when the new one cannot be used.
    """
    user = _own(actor)
    try:
        _hasher.verify(user.password_hash, old)
    except (VerificationError, InvalidHashError):
        raise AccountError("wrong", "The current password is not right.") from None
    hashed = hash_password(new)
    with transaction() as session:
        session.get_one(User, user.id).password_hash = hashed
        session.execute(
            delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.token_hash != token_hash(token))
        )
        session.execute(delete(ApiLogin).where(ApiLogin.user_id == user.id))


def change_profile(
    actor: Actor, *, name: str | None = None, language: str | None = None, theme: str | None = None
) -> None:
    """Change one's own name, language or theme; what is None stays. Raises AccountError."""
    if name is not None and not 1 <= len(name.strip()) <= 200:
        raise AccountError("name", "A name has 1 to 200 characters.")
    if language is not None and language not in LANGUAGES:
        raise AccountError("language", f"There is no language {language}; there are {', '.join(LANGUAGES)}.")
    if theme is not None and theme not in THEMES:
        raise AccountError("theme", f"There is no theme {theme}; there are {', '.join(THEMES)}.")
    with transaction():
        user = _own(actor)
        user.name = name.strip() if name is not None else user.name
        user.language = language or user.language
        user.theme = theme or user.theme


def _own(actor: Actor) -> User:
    return (
        current()
        .scalars(select(User).where(User.id == actor.user_id, User.organisation_id == actor.organisation_id))
        .one()
    )


def count_organisations() -> int:
    """Return how many organisations there are."""
    return current().scalar(select(func.count()).select_from(Organisation)) or 0


def token_hash(token: str) -> str:
    """Return the hash under which the login of a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()
