"""What is wrong with a file is said in the language of the person, whatever its parser speaks."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def upload(client: FlaskClient, name: str, content: bytes) -> str:
    file = {"file": (io.BytesIO(content), name)}
    answer = client.post("/invoices/import", data=file, content_type="multipart/form-data")
    assert answer.status_code == 422
    return answer.text


@pytest.mark.portable
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"invoices": [', "er ontbreekt een waarde"),
        (b'{"invoices" []}', "er ontbreekt een dubbele punt"),
        (b'[{"number": "1" "x": 2}]', "er ontbreekt een komma"),
        (b"[] []", "er staat nog iets na het einde"),
        (b'[{"number": "1', "een aanhalingsteken is niet gesloten"),
        (b'[{"number": "a\nb"}]', "een tekst bevat een regeleinde"),
        (b'[{"number": "a\\qb"}]', "na een backslash in een tekst"),
        (b"[{number: 1}]", "er ontbreekt een naam tussen aanhalingstekens"),
    ],
)
def test_broken_json_is_told_in_dutch(log_in: LogIn, staff: User, content: bytes, words: str) -> None:
    text = upload(log_in(staff), "maart.json", content)

    assert f"Het bestand is hier geen geldige JSON: {words}" in text
    assert "Expecting" not in text


@pytest.mark.portable
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<SalesInvoices><a></b></SalesInvoices>", "een element wordt door een ander gesloten"),
        (b"<SalesInvoices>", "het bestand breekt voor het einde af"),
        (b"geen xml", "er staat geen element waar er een hoort"),
        (b"<a>Jan & Piet</a>", "het teken &amp; is niet als &amp;amp; geschreven"),
        (b"<a/><b/>", "er staat nog iets na het einde"),
        (b"<a =></a>", "er staat een teken waar het niet hoort"),
    ],
)
def test_broken_xml_is_told_in_dutch(log_in: LogIn, staff: User, content: bytes, words: str) -> None:
    assert words in upload(log_in(staff), "maart.xml", content)


def test_a_missing_column_is_called_as_on_the_screen_with_its_key(log_in: LogIn, staff: User) -> None:
    text = upload(log_in(staff), "maart.csv", b"number;description\nA-1;Brood\n")

    assert "De kolom Factuurdatum (issue_date) ontbreekt." in text
    assert "De kolom Relatie (contact_name) ontbreekt." in text
    assert "De kolom Prijs (unit_price) ontbreekt." in text
    assert "De kolom Btw-tarief (vat_rate) ontbreekt." in text


def test_a_column_that_stands_twice_is_called_as_on_the_screen(log_in: LogIn, staff: User) -> None:
    text = upload(log_in(staff), "maart.csv", b"number;factuurnummer\nA-1;A-2\n")

    assert "Nummer (number)" in text
