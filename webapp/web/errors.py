"""Error pages: the cause and the next step in the person's language, never a traceback."""

import time
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from webapp.extensions import ERROR_SHAPES
from webapp.gates import limiter
from webapp.journal import Log

log = Log()
PAGES = (400, 403, 404, 413, 429, 500)
FOR_MACHINES = {
    400: "This request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The body is larger than 1 MB.",
    429: "Too many calls; wait a moment.",
    500: "Something went wrong on our side; nothing was changed. Tell us the X-Request-ID of this answer.",
}


def bind_errors(app: Flask) -> None:
    """Register the error pages."""
    app.register_error_handler(CSRFError, _stale_token)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, _our_error)


def _stale_token(error: CSRFError) -> Any:
    """A page that stood open for long: give htmx a new token rather than lose the form."""
    if request.headers.get("HX-Request"):
        response = current_app.make_response(("", 400))
        response.headers["X-CSRFToken"] = generate_csrf()
        return response
    return render_template("errors/400.html", stale=True), 400


def http_error(error: HTTPException) -> Any:
    """Return the page of an HTTP error; an API gets it as JSON."""
    code = error.code or 500
    if code < 400:
        return error
    shape = _shape()
    if shape is not None:
        return _with_headers(shape(error), error)
    if error.response is not None:  # made whole where it was raised
        return error.response
    if request.path.startswith("/api/"):
        return _to_machine(code, error)
    page = code if code in PAGES else (400 if code < 500 else 500)
    return _with_headers(current_app.make_response((render_template(f"errors/{page}.html"), code)), error)


def _shape() -> Callable[[HTTPException], Response] | None:
    """Return what says errors in a shape of its own at this address, where a part of the API does."""
    shapes: dict[str, Callable[[HTTPException], Response]] = current_app.extensions.get(ERROR_SHAPES, {})
    return next((say for prefix, say in shapes.items() if request.path.startswith(prefix)), None)


def _to_machine(code: int, error: HTTPException) -> Any:
    """Answer the API in the shape of all its answers."""
    body = jsonify(success=False, message=FOR_MACHINES.get(code, error.name))
    return _with_headers(current_app.make_response((body, code)), error)


def _with_headers(response: Response, error: HTTPException) -> Response:
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    counted = limiter.current_limit if error.code == 429 else None
    if counted is not None:
        response.headers.setdefault("Retry-After", str(max(1, counted.reset_at - int(time.time()))))
    return response


def _our_error(error: Exception) -> Any:
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    log.exception("request_failed", path=request.path, method=request.method)
    shape = _shape()
    if shape is not None:
        return shape(InternalServerError(FOR_MACHINES[500]))
    if request.path.startswith("/api/"):
        return jsonify(success=False, message=FOR_MACHINES[500]), 500
    # Without the context processors: the database may be what failed.
    page = current_app.jinja_env.get_template("errors/500.html")
    return page.render(request_id=g.get("request_id", "")), 500
