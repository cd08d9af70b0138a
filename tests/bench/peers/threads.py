"""The product, with a thread of the web server for each open stream: what a streaming answer usually costs."""

from typing import Any

from webapp import create_app

app = create_app()
_inner = app.wsgi_app


def _without_socket(environ: dict[str, Any], start_response: Any) -> Any:
    environ.pop("gunicorn.socket", None)
    return _inner(environ, start_response)


app.wsgi_app = _without_socket  # type: ignore[method-assign]
