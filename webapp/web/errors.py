"""Error pages: the cause and the next step in the person's language, never a traceback."""

from typing import Any

import structlog
from flask import Flask, current_app, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException

log = structlog.get_logger()
PAGES = (400, 403, 404, 413, 429, 500)


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
    if request.path.startswith("/api/"):
        return jsonify(error=error.name, status=code), code
    page = code if code in PAGES else (400 if code < 500 else 500)
    response = current_app.make_response((render_template(f"errors/{page}.html"), code))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _our_error(error: Exception) -> Any:
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    log.exception("request_failed", path=request.path, method=request.method)
    if request.path.startswith("/api/"):
        return jsonify(error="Internal Server Error", status=500), 500
    # Without the context processors: the database may be what failed.
    page = current_app.jinja_env.get_template("errors/500.html")
    return page.render(request_id=g.get("request_id", "")), 500
