"""What travels compressed: files that are the same for everybody, and never a page."""

import gzip

from flask import Flask

from tests.security.test_routes import LogIn
from webapp.store.users import User

TAKES_GZIP = {"Accept-Encoding": "gzip, deflate"}


def test_scripts_and_styles_travel_compressed_and_unpack_to_the_same(app: Flask) -> None:
    client = app.test_client()
    for path in ("/static/vendor/htmx.min.js", "/static/css/components.css", "/static/vendor/icons.svg"):
        with client.get(path) as answer:
            plain = answer.data
        with client.get(path, headers=TAKES_GZIP) as answer:
            packed, headers = answer.data, answer.headers
        assert headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in headers["Vary"]
        assert gzip.decompress(packed) == plain
        assert len(packed) < len(plain) / 2


def test_a_file_that_did_not_change_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    with client.get("/static/css/base.css", headers=TAKES_GZIP) as first:
        tag = first.headers["ETag"]
    with client.get("/static/css/base.css", headers={**TAKES_GZIP, "If-None-Match": tag}) as again:
        assert again.status_code == 304


def test_a_page_with_a_token_in_it_is_never_compressed(log_in: LogIn, admin: User) -> None:
    answer = log_in(admin).get("/invoices?q=what+one+typed", headers=TAKES_GZIP)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
