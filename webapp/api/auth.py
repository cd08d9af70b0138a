"""Tokens for people who use the API: log in with the password, refresh, log out."""

from flask import Blueprint, Response, request

from webapp.api import bodies
from webapp.api.access import anybody
from webapp.api.answers import Refusal, answer
from webapp.api.describing import describe
from webapp.api.models import Done, Failure, LoginBody, RefreshBody, TokenAnswer
from webapp.gates import limiter
from webapp.services import accounts, api_logins

blueprint = Blueprint("api_auth", __name__, url_prefix="/api/auth")


def _login_name() -> str:
    try:
        name = bodies.read(LoginBody).username
    except Refusal:
        return ""
    return name.strip().lower()[:254]


def _place_and_name() -> str:
    return f"{request.remote_addr} {_login_name()}"


def _is_at_home() -> bool:
    return accounts.has_login_from(_login_name(), request.remote_addr or "")


def _went_wrong(response: Response) -> bool:
    return response.status_code != 200


@blueprint.post("/login/", strict_slashes=False)
@anybody
@limiter.limit("20 per minute", deduct_when=_went_wrong)
@limiter.limit("10 per 10 minutes", key_func=_place_and_name, deduct_when=_went_wrong)
@limiter.limit("100 per hour", key_func=_login_name, exempt_when=_is_at_home, deduct_when=_went_wrong)
@describe(
    "Log in with an e-mail address and a password",
    body=LoginBody,
    answers={200: TokenAnswer, 400: Failure, 401: Failure, 429: Failure},
)
def log_in() -> Response:
    """Give an access token for ten minutes, and a refresh token that is good for one use."""
    wanted = bodies.read(LoginBody)
    tokens = api_logins.log_in(wanted.username, wanted.password, address=request.remote_addr or "")
    if tokens is None:
        words = "No active account found with the given credentials"
        raise Refusal(401, words, detail=words)
    return _given(tokens)


@blueprint.post("/refresh/", strict_slashes=False)
@anybody
@limiter.limit("60 per minute")
@describe(
    "Exchange a refresh token for new tokens",
    body=RefreshBody,
    answers={200: TokenAnswer, 400: Failure, 401: Failure, 429: Failure},
)
def refresh() -> Response:
    """Give new tokens; the refresh token that was given is used up, and a second use of it ends the login."""
    wanted = bodies.read(RefreshBody)
    try:
        return _given(api_logins.refresh(wanted.refresh))
    except api_logins.BadToken:
        raise Refusal(401, "Token is invalid or expired") from None


@blueprint.post("/logout/", strict_slashes=False)
@anybody
@limiter.limit("60 per minute")
@describe("End a login", body=RefreshBody, answers={200: Done, 400: Failure, 401: Failure, 429: Failure})
def log_out() -> Response:
    """End the login of a refresh token; its access tokens are worth nothing from now on."""
    wanted = bodies.read(RefreshBody)
    try:
        api_logins.log_out(wanted.refresh)
    except api_logins.BadToken:
        raise Refusal(401, "Token is invalid or expired") from None
    return answer({"success": True, "message": "Logged out"})


def _given(tokens: api_logins.Tokens) -> Response:
    return answer({"access": tokens.access, "refresh": tokens.refresh, "expires_in": tokens.expires_in})
