"""Who may call a route: every view declares it, and one that does not stops the start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.access import ROLES

PUBLIC = "public"
GUARDED = "api"
"""What the routes of the API carry: webapp.api.access has its own door, by key or token."""
View = TypeVar("View", bound=Callable[..., Any])


def allow(role: str) -> Callable[[View], View]:
    """Declare the lowest role that may call a view: `viewer`, `staff`, `admin`, or `public` for anybody."""
    if role != PUBLIC and role not in ROLES:
        raise ValueError(f"unknown role {role}")

    def mark(view: View) -> View:
        view.policy = role  # type: ignore[attr-defined]
        return view

    return mark


def policy_of(app: Flask, endpoint: str) -> str | None:
    """Return the declared policy of an endpoint, None where none was declared."""
    return getattr(app.view_functions[endpoint], "policy", None)


def bind_policies(app: Flask) -> None:
    """Check that every route declares its policy, and enforce them before each request."""
    allow(PUBLIC)(app.view_functions["static"])
    missing = sorted(name for name in app.view_functions if not _is_declared(app, name))
    if missing:
        raise RuntimeError(f"these routes declare no policy: {', '.join(missing)}")
    app.before_request(_enforce)


def _is_declared(app: Flask, endpoint: str) -> bool:
    policy = policy_of(app, endpoint)
    return policy is not None and (policy != GUARDED or hasattr(app.view_functions[endpoint], "access"))


def may(role: str) -> bool:
    """Whether the user has at least this role."""
    user = current_user._get_current_object()  # a page asks this a dozen times, each by two proxies
    return bool(user.is_authenticated and ROLES.index(user.role) >= ROLES.index(role))


def _enforce() -> Response | None:
    if request.endpoint is None:  # no such page: the error page tells, also a stranger
        return None
    needed = policy_of(current_app, request.endpoint)
    if needed in (PUBLIC, GUARDED):
        return None
    if not current_user.is_authenticated:
        return to_login()
    if needed is None or not may(needed):
        abort(403)
    return None


def to_login() -> Response:
    """Send a stranger to the login page: htmx by a header, for a redirect would land inside of a fragment."""
    back = request.full_path.rstrip("?") if request.method == "GET" and not request.headers.get("HX-Request") else None
    target = url_for("auth.login", next=back)
    if request.headers.get("HX-Request"):
        response = current_app.response_class(status=401)
        response.headers["HX-Redirect"] = url_for("auth.login")
        return response
    return redirect(target, 303)
