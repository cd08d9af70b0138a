"""Bodies that mean harm, or that nobody tested: an answer in the printed shape, and nothing written."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import IMPORT, UPDATE, Api, sample
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.session import current, release

AS_PRINTED = (Path(__file__).parent / "seed_sample.json").read_text(encoding="utf-8")
"""The seed's own sample, letter by letter: a bracket is missing, so it is not JSON."""
WHOLE = json.dumps(sample())


def put(text: str, **changes: str) -> bytes:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode("utf-8", "surrogatepass")


BODIES: dict[str, bytes] = {
    "the seed's sample as printed": AS_PRINTED.encode(),
    "nothing": b"",
    "spaces": b"  \n ",
    "half": WHOLE[:200].encode(),
    "two": WHOLE.encode() * 2,
    "a list": b"[]",
    "a text": b'"invoice"',
    "null": b"null",
    "5,000 brackets": b"[" * 5000 + b"]" * 5000,
    "100,000 brackets": b'{"a":' * 100_000,
    "brackets in a field": put(WHOLE, HIGH="x").replace(b'"x"', b"[" * 5000 + b"]" * 5000),
    "NaN": WHOLE.replace("3.5,", "NaN,").encode(),
    "Infinity": WHOLE.replace("3.5,", "-Infinity,").encode(),
    "1e400": WHOLE.replace("3.5,", "1e400,").encode(),
    "an endless number": WHOLE.replace("3.5,", "1e999999999,").encode(),
    "a beyond endless number": WHOLE.replace("3.5,", "1e99999999999999999999,").encode(),
    "an endlessly small number": WHOLE.replace("3.5,", "1e-999999999,").encode(),
    "a number of 100,000 figures": WHOLE.replace("3.5,", "9" * 100_000 + ",").encode(),
    "a fraction of 100,000 figures": WHOLE.replace("3.5,", "0." + "9" * 100_000 + ",").encode(),
    "five decimals": WHOLE.replace("3.5,", "3.12345,").encode(),
    "a total that is too large": WHOLE.replace("3.5,", "9999999999,").replace("20,", "9999999999,").encode(),
    "a number as words": WHOLE.replace("3.5,", '"many",').encode(),
    "a number of other figures": WHOLE.replace("3.5,", '"３.５",').encode(),
    "true for a number": WHOLE.replace("3.5,", "true,").encode(),
    "a doubled name": WHOLE.replace('"priority"', '"salesman"').encode(),
    "a NUL": put(WHOLE, HIGH="HI\\u0000GH"),
    "a lone surrogate": put(WHOLE, HIGH="HI\\ud800GH"),
    "a lone surrogate in the number": put(WHOLE, **{"LTPI-77282": "LT\\udfff"}),
    "a control sign": put(WHOLE, HIGH="HI\\u0008GH"),
    "surrogate bytes": put(WHOLE, HIGH="HI\ud800GH"),
    "latin-1": put(WHOLE).replace(b"HIGH", b"H\xe9"),
    "utf-16": WHOLE.encode("utf-16"),
    "utf-32": WHOLE.encode("utf-32"),
    "a date as a number": WHOLE.replace('"2025-01-18"', "20250118").encode(),
    "a day that is none": put(WHOLE, **{"2025-01-18": "2025-02-30"}),
    "the year 0000": put(WHOLE, **{"2025-01-18": "0000-01-01"}),
    "the year 9999": put(WHOLE, **{"2025-01-18": "9999-12-31"}),
    "a number for a text": WHOLE.replace('"HIGH"', "1").encode(),
    "a text for an object": json.dumps(sample(customer="LifeCare")).encode(),
    "an object for a list": json.dumps(sample(items={"0": {}})).encode(),
    "no items": json.dumps(sample(items=[])).encode(),
    "too many items": json.dumps(sample(items=[{"name": "x", "quantity": 1, "mrp": 1}] * 501)).encode(),
    "texts for items": json.dumps(sample(items=["x", None, 1])).encode(),
    "a number that is too long": put(WHOLE, **{"LTPI-77282": "L" * 61}),
    "a name of 100,000 signs": put(WHOLE, **{"LifeCare Pharmacy": "L" * 100_000}),
    "an empty number": put(WHOLE, **{"LTPI-77282": "  "}),
    "no customer": json.dumps(sample(customer={})).encode(),
    "another currency": json.dumps(sample(currency="EURO")).encode(),
    "a payment method of nobody": json.dumps(sample(payment_method="Shells")).encode(),
    "a VAT type of nobody": json.dumps(sample(items=[{"name": "x", "quantity": 1, "mrp": 1, "vat_type": 98}])).encode(),
    "a huge VAT type": json.dumps(sample(items=[{"name": "x", "quantity": 1, "mrp": 1, "vat_type": 10**30}])).encode(),
    "101 % VAT": json.dumps(sample(items=[{"name": "x", "quantity": 1, "mrp": 1, "vat_percentage": 101}])).encode(),
    "a comment": put(WHOLE) + b" // and more",
}


def ask(api: Api, body: bytes, content_type: str = "application/json", path: str = IMPORT) -> tuple[int, Any]:
    method = api.client.patch if path == UPDATE else api.client.post
    answer = method(path, data=body, headers=api.headers, content_type=content_type)
    assert answer.headers["X-Request-ID"]
    return answer.status_code, answer.get_json()


def nothing_written() -> None:
    release()
    assert current().query(Invoice).count() == current().query(Contact).count() == 0


@pytest.mark.portable
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_used_is_refused_in_the_printed_shape(api: Api, name: str) -> None:
    for path in (IMPORT, UPDATE):
        status, body = ask(api, BODIES[name], path=path)
        if path == UPDATE and status == 404:
            continue  # a correction may leave out what an import needs
        assert status == 400, body
        assert (body["success"], body["message"]) == (False, "Validation failed")
        assert body["errors"]
        assert all(field and sentences and all(sentences) for field, sentences in body["errors"].items())
        assert len(json.dumps(body)) < 30_000
    nothing_written()


@pytest.mark.portable
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_another_content_type_is_refused(api: Api, kind: str) -> None:
    status, body = ask(api, WHOLE.encode(), kind)
    assert (status, set(body["errors"])) == (400, {"body"})
    nothing_written()


def test_another_charset_is_refused_and_a_byte_order_mark_is_no_harm(api: Api) -> None:
    assert ask(api, WHOLE.encode("latin-1"), "application/json; charset=latin-1")[0] == 400
    nothing_written()
    assert ask(api, b"\xef\xbb\xbf" + WHOLE.encode(), "application/json; charset=UTF-8")[0] == 201


def test_what_is_larger_than_a_megabyte_is_too_large(api: Api) -> None:
    for body in (b" " * 1_000_001, WHOLE.encode() + b" " * 5_000_000):
        status, answer = ask(api, body)
        assert (status, answer["success"]) == (413, False)
    nothing_written()
    assert ask(api, WHOLE.encode().ljust(1_000_000))[0] == 201


def test_names_that_nobody_knows_are_left_alone(api: Api) -> None:
    assert api.post(IMPORT, sample(weather="rain", items=[sample()["items"][0] | {"colour": {"a": [1]}}]))[0] == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", IMPORT, 405), ("POST", UPDATE, 405), ("GET", "/api/nowhere", 404), ("POST", "/api/", 404)],
)
def test_addresses_and_methods_that_are_none_answer_in_json(
    app: Flask, api: Api, method: str, path: str, status: int
) -> None:
    answer = api.client.open(path, method=method, headers=api.headers)
    assert (answer.status_code, answer.get_json()["success"]) == (status, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5) | st.sampled_from(sorted(sample())), inner, max_size=4), max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(sorted(sample())), value=JSON, inner=st.booleans())
def test_whatever_stands_in_a_field_there_is_an_answer(api: Api, field: str, value: Any, inner: bool) -> None:
    body = sample()
    if inner:
        body["items"][0] = {**body["items"][0], **dict.fromkeys(("mrp", "name", "quantity"), value)}
    else:
        body[field] = value
    text = json.dumps(body)  # NaN and lone surrogates go along
    status, answer = ask(api, text.encode())
    assert status in (201, 400, 409)
    assert answer["success"] is (status == 201)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_there_is_an_answer(api: Api, body: bytes) -> None:
    assert ask(api, body)[0] == 400
