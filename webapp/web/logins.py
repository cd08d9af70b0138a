"""Who is logged in: Flask-Login over logins that live in the database."""

from typing import Any

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import UserMixin

from webapp.gates import login
from webapp.services import accounts
from webapp.store.organisations import Organisation
from webapp.store.users import LoginSession


class LoggedIn(UserMixin):  # type: ignore[misc]
    """The user of this request, as views and templates see him."""

    def __init__(self, token: str, row: LoginSession) -> None:
        user = row.user
        self.token = token
        self.id: int = user.id
        self.organisation_id: int = user.organisation_id
        self.organisation: Organisation = user.organisation
        self.email: str = user.email
        self.name: str = user.name
        self.role: str = user.role
        self.language: str = user.language
        self.theme: str = user.theme

    def get_id(self) -> str:
        """Return what the cookie holds: the login's token, not the user's id."""
        return self.token

    @property
    def initials(self) -> str:
        """The first letters of first and last name."""
        words = self.name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


class Sessions(SecureCookieSessionInterface):
    """Sessions whose cookie goes by https alone where BASE_URL says so, or where this request came by it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of the cookie; without one there is nothing to verify, as with every call of the API."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie is marked secure; behind proxies the trusted ones say how the request came."""
        return super().get_cookie_secure(app) or request.is_secure


def bind_logins(app: Flask) -> None:
    """Bind Flask-Login: cookies that scripts cannot read and other sites do not send."""
    secure = app.extensions["koppel"].base_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_NAME="koppel",
    )
    app.session_interface = Sessions()
    login.init_app(app)
    login.session_protection = None
    login.user_loader(_load)


def _load(token: str) -> Any:
    row = accounts.find_login(token)
    return LoggedIn(token, row) if row else None
