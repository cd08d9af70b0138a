"""Who calls the API, for which organisation, and what that may do: every API route declares it, as pages do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask_login import current_user

from webapp.api.answers import Refusal
from webapp.api.counting import count
from webapp.domain.access import FEATURES, ROLES, SCOPES
from webapp.services import api_keys, api_logins
from webapp.services.actors import Actor, caller, person

PREFIX = "/api/"
GUARDED = "api"
KEY_HEADER = "X-API-KEY"
NOT_GIVEN = "Authentication credentials were not provided."
WRONG_KEY = "Invalid API key"
WRONG_TOKEN = "Invalid or expired token"  # noqa: S105  (words, not a token)
STRANGERS_PER_MINUTE = 300
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks of its caller.

    A person needs at least `role`; a key needs `scope`, without one no key opens the route. `session` lets
    the cookie of a page in (for reading alone), `feature` is what the organisation must have.
    """

    role: str
    scope: str | None = None
    session: bool = False
    feature: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who calls: a person by token or session, or another system by its key (`key_id`)."""

    organisation_id: int
    actor: Actor
    features: tuple[str, ...]
    role: str | None = None
    scopes: tuple[str, ...] = ()
    user_id: int | None = None
    key_id: int | None = None
    language: str = ""


def access(
    role: str, *, scope: str | None = None, session: bool = False, feature: str | None = None
) -> Callable[[View], View]:
    """Declare who may call a view; see Access."""
    if role not in ROLES or scope not in (None, *SCOPES) or feature not in (None, *FEATURES):
        raise ValueError(f"unknown role, scope or feature: {role}, {scope}, {feature}")

    def mark(view: View) -> View:
        view.policy = GUARDED  # type: ignore[attr-defined]
        view.access = Access(role, scope, session, feature)  # type: ignore[attr-defined]
        return view

    return mark


def anybody(view: View) -> View:
    """Declare that a view asks nothing of its caller."""
    view.policy = GUARDED  # type: ignore[attr-defined]
    view.access = None  # type: ignore[attr-defined]
    return view


def calling() -> Caller:
    """Return who calls, in a view that declared its access."""
    found: Caller = g.caller
    return found


def bind_access(app: Flask) -> None:
    """Check that every route of the API declares its access, and enforce it before each request."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    missing = sorted({r.endpoint for r in rules if not hasattr(app.view_functions[r.endpoint], "access")})
    if missing:
        raise RuntimeError(f"these routes of the API declare no access: {', '.join(missing)}")
    app.before_request(_enforce)


def _enforce() -> None:
    needed: Access | None = getattr(current_app.view_functions.get(request.endpoint or ""), "access", None)
    if needed is None:
        return
    found = _identify(needed)
    _limit(f"key {found.key_id}" if found.key_id else f"user {found.user_id}", _calls_per_minute())
    if found.role is not None and ROLES.index(found.role) < ROLES.index(needed.role):
        raise Refusal(403, "Your role does not allow this.", reason="role")
    if found.role is None and needed.scope not in found.scopes:
        raise Refusal(403, "This API key does not allow this.")
    if needed.feature and needed.feature not in found.features:
        raise Refusal(403, f"This organisation does not use {needed.feature}.", reason="feature")
    g.caller = found


def _identify(needed: Access) -> Caller:
    """Return the caller of this request; of what is given the key counts first, then the token, then the cookie."""
    secret = request.headers.get(KEY_HEADER, "").strip()
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    found = None
    if secret:
        found = _by_key(secret) if needed.scope else None
    elif scheme.lower() == "bearer":
        found = _by_token(token.strip())
    elif needed.session and current_user.is_authenticated and request.method == "GET":
        found = _by_session()
    if found is not None:
        return found
    _limit(f"address {request.remote_addr}", STRANGERS_PER_MINUTE)
    # The printed message is the same with a wrong key and with none; what was missing stands beside it.
    message = WRONG_TOKEN if scheme and not secret else WRONG_KEY if needed.scope or secret else NOT_GIVEN
    if secret or scheme:
        raise Refusal(401, message, reason="credentials")
    raise Refusal(401, message, reason="no_credentials", detail=NOT_GIVEN)


def _by_key(secret: str) -> Caller | None:
    key = api_keys.check(secret, address=request.remote_addr or "")
    if key is None:
        return None
    return Caller(
        organisation_id=key.organisation_id,
        actor=caller(key.organisation_id, key.name),
        features=key.features,
        scopes=key.scopes,
        key_id=key.id,
    )


def _by_token(token: str) -> Caller | None:
    try:
        user = api_logins.user_of(token)
    except api_logins.BadToken:
        return None
    return Caller(
        organisation_id=user.organisation_id,
        actor=person(user.organisation_id, user.name, user_id=user.id),
        features=tuple(user.organisation.features),
        role=user.role,
        user_id=user.id,
        language=user.language,
    )


def _by_session() -> Caller:
    return Caller(
        organisation_id=current_user.organisation_id,
        actor=person(current_user.organisation_id, current_user.name, user_id=current_user.id),
        features=tuple(current_user.organisation.features),
        role=current_user.role,
        user_id=current_user.id,
    )


def _calls_per_minute() -> int:
    most: int = current_app.extensions["koppel"].api_calls_per_minute
    return most


def _limit(who: str, most: int) -> None:
    """Count a call; raises Refusal(429) with the seconds to wait when it was one too many in this minute."""
    wait = count(who, most)
    if wait is not None:
        raise Refusal(429, "Too many calls; wait a moment.", headers={"Retry-After": str(wait)}, reason="limit")
