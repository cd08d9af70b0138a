"""Requests that are larger than Koppel takes: read to their end but kept nowhere, and answered where the person is."""

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from webapp.web.errors import http_error
from webapp.web.policy import may, policy_of

MOST_DISCARDED = 256 * 1024 * 1024
"""Bytes of a refused request that are still read, so that the browser comes to read the answer."""

PATIENCE = 60
"""Seconds that this may take: it holds a thread."""

_PIECE = 64 * 1024
View = TypeVar("View", bound=Callable[..., Any])


def answers_too_large(answer: Callable[[], Any]) -> Callable[[View], View]:
    """Let `answer` show the form again when what was sent to this view is too large; it must not read the form."""

    def mark(view: View) -> View:
        view.too_large = answer  # type: ignore[attr-defined]
        return view

    return mark


def bind_uploads(app: Flask) -> None:
    """Answer requests that are too large. After the other error pages."""
    app.register_error_handler(RequestEntityTooLarge, _too_large)


def _too_large(error: RequestEntityTooLarge) -> Any:
    # It is raised where the form is first read, before the view and before anybody asked who this is.
    _discard()
    endpoint = request.endpoint or ""
    answer = getattr(current_app.view_functions.get(endpoint), "too_large", None)
    if answer is not None and may(policy_of(current_app, endpoint) or "admin"):
        return answer()
    return http_error(error)


def _discard() -> None:
    """Read what the browser still sends: cut off while it sends, it shows an error of its own instead of the answer."""
    request.max_content_length = None
    source, until, left = get_input_stream(request.environ), monotonic() + PATIENCE, MOST_DISCARDED
    try:
        while left > 0 and monotonic() < until:
            piece = source.read(min(_PIECE, left))
            if not piece:
                return
            left -= len(piece)
    except (OSError, ClientDisconnected):
        return  # it has hung up: nobody waits for the answer
