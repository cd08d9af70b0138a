"""Keeps web pages from elsewhere away from the sandbox, which asks nobody for a password."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

_OWN_NAMES = ("127.0.0.1", "localhost")


def guard(app: Flask) -> None:
    """Refuses a Host that is not this machine (DNS rebinding) and a write that a page of another origin sends."""

    @app.before_request
    def refuse_strangers() -> Response | None:
        if urlsplit(f"//{request.host}").hostname not in _OWN_NAMES:
            return Response("The sandbox answers to 127.0.0.1 and localhost only.\n", 403, mimetype="text/plain")
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD") and origin is not None and urlsplit(origin).netloc != request.host:
            return Response("The sandbox takes nothing from pages of another origin.\n", 403, mimetype="text/plain")
        return None
