"""Headers of every answer: a strict Content-Security-Policy, and an id that also stands in the log."""

from random import getrandbits

from flask import Flask, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.wrappers import Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


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
    headers["X-Request-ID"] = g.get("request_id", "")
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    own_frames = "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    headers["X-Frame-Options"] = "SAMEORIGIN" if own_frames else "DENY"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        if "public" in headers.get("Cache-Control", ""):
            headers["Cache-Control"] = "no-store"  # a file that is handed out would be kept as a static one is
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("Vary", "Cookie, HX-Request")
    return response
