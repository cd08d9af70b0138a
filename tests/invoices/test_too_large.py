"""A file that is too large: said on the form itself, with nothing kept of it."""

import io
import tracemalloc
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.records import make_connection
from webapp.services import imports
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
HEAD = b'--a-boundary\r\nContent-Disposition: form-data; name="file"; filename="groot.csv"\r\n\r\n'
TAIL = b"\r\n--a-boundary--\r\n"
SENTENCES = {
    "nl": "Dit bestand is groter dan 10 MB. Er is niets geïmporteerd. Splits het in kleinere bestanden",
    "en": "This file is larger than 10 MB. Nothing was imported. Split it into smaller files",
    "hu": "Ez a fájl nagyobb, mint 10 MB. Semmi sem lett importálva. Ossza kisebb fájlokra",
}


class Upload(io.RawIOBase):
    """A body that is made while it is read, and remembers the largest piece that was asked for."""

    def __init__(self, size: int) -> None:
        self.length, self.at, self.largest = len(HEAD) + size, 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        size = min(len(buffer), self.length - self.at)
        self.largest = max(self.largest, size)
        buffer[:size] = b"x" * size
        head = HEAD[self.at : self.at + size]
        buffer[: len(head)] = head
        self.at += size
        return size


def post(client: FlaskClient, body: Upload | io.BytesIO, **headers: str):  # type: ignore[no-untyped-def]
    size = body.length if isinstance(body, Upload) else len(body.getvalue())
    return client.post(
        "/invoices/import",
        headers=headers,
        environ_overrides={
            "wsgi.input": body,
            "CONTENT_LENGTH": str(size),
            "CONTENT_TYPE": "multipart/form-data; boundary=a-boundary",
        },
    )


@pytest.mark.portable
@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_twenty_megabytes_are_answered_on_the_form(
    log_in: LogIn, staff: User, language: str, headers: dict[str, str]
) -> None:
    client = log_in(staff)
    client.post("/settings/language", data={"language": language})

    answer = post(client, Upload(20 * 1024 * 1024), **headers)

    assert answer.status_code == 413
    assert SENTENCES[language] in answer.text
    assert 'name="file"' in answer.text
    assert 'data-action="import"' in answer.text
    assert current().query(Invoice).count() == 0


def test_the_form_that_comes_back_has_its_token(app: Flask, log_in: LogIn, staff: User) -> None:
    client = log_in(staff)
    app.config["WTF_CSRF_ENABLED"] = True

    answer = post(client, Upload(20 * 1024 * 1024))

    assert answer.status_code == 413
    assert 'name="csrf_token"' in answer.text


def test_what_is_too_large_is_read_to_its_end_and_never_held(log_in: LogIn, staff: User) -> None:
    client, body = log_in(staff), Upload(60 * 1024 * 1024)
    client.get("/invoices/import")
    tracemalloc.start()

    answer = post(client, body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert answer.status_code == 413
    assert body.at == body.length
    assert body.largest <= 64 * 1024
    assert peak < imports.LIMIT


def test_a_file_of_just_the_limit_is_judged_by_what_is_in_it(log_in: LogIn, staff: User) -> None:
    answer = post(log_in(staff), io.BytesIO(HEAD + b"x" * imports.LIMIT + TAIL))

    assert answer.status_code == 422


def test_who_may_not_import_sees_nothing_of_the_form(
    app: Flask, log_in: LogIn, viewer: User, organisation: Organisation
) -> None:
    make_connection(organisation.id)
    for client in (log_in(viewer), app.test_client()):
        answer = post(client, Upload(20 * 1024 * 1024))

        assert answer.status_code == 413
        assert 'name="file"' not in answer.text


def test_a_form_elsewhere_has_the_page_of_its_own(log_in: LogIn, staff: User) -> None:
    answer = log_in(staff).post("/invoices/new", data={"subject": "x" * 12 * 1024 * 1024})

    assert answer.status_code == 413
    assert "te groot" in answer.text
