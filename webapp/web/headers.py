"""Headers of every answer: a strict Content-Security-Policy, and an id that also stands in the log."""

from random import getrandbits

from flask import Flask, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.wrappers import Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)

_CSP = "content-security-policy"
FRAMING_POLICY = POLICY + "; frame-src 'self'"
"""The policy of a page that shows a document of ours inside of itself."""


def bind_headers(app: Flask) -> None:
    """Add the headers to every answer of the app."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    clear_contextvars()
    # It has to differ, not to be secret: to ask the system for every request costs more than many of them take.
    g.request_id = f"{getrandbits(128):032x}"
    bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    headers = response.headers
    given = {name.lower() for name, _value in headers}
    policy = headers.get("Content-Security-Policy", POLICY) if _CSP in given else POLICY
    fixed = [
        ("X-Request-ID", g.get("request_id", "")),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Frame-Options", "SAMEORIGIN" if "frame-ancestors 'self'" in policy else "DENY"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"),
    ]
    usual = [("Content-Security-Policy", POLICY)]
    if request.is_secure:
        fixed.append(("Strict-Transport-Security", "max-age=31536000"))
    if request.endpoint != "static":
        if "cache-control" in given and "public" in headers["Cache-Control"]:
            headers["Cache-Control"] = "no-store"  # a file that is handed out would be kept as a static one is
        usual += [("Cache-Control", "no-store"), ("Vary", "Cookie, HX-Request")]
    # `set` looks through all that there are, each time; what is not there is added without a look.
    for name, value in fixed:
        (headers.set if name.lower() in given else headers.add)(name, value)
    for name, value in usual:
        if name.lower() not in given:
            headers.add(name, value)
    return response
