"""Scripts, styles and icons travel compressed; pages do not, since they hold a token beside what a person typed."""

import gzip
from functools import lru_cache

from flask import Flask, request
from werkzeug.wrappers import Response

KINDS = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


def bind_compression(app: Flask) -> None:
    """Compress the static files of the app for browsers that take it."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if request.endpoint != "static" or response.mimetype not in KINDS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or request.method != "GET" or not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    response.set_data(_packed(response.get_data()))
    response.content_encoding = "gzip"
    if response.headers.get("ETag"):
        response.set_etag(response.get_etag()[0] or "", weak=True)  # the same file, but not the same bytes
    return response


@lru_cache(maxsize=32)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)
