"""The document and its page: whole, local, and true; every example is run as it stands there."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest
from flask import Flask
from lxml import html

from tests.api.conftest import key_of
from tests.api.test_import import stored
from tests.conftest import PASSWORD
from tests.security.test_api_routes import operations
from tests.security.test_pages import inline_parts
from tests.support.web import Web
from webapp.api import models
from webapp.api.bodies import parse
from webapp.api.document import document
from webapp.api.examples import BODIES, examples
from webapp.services.actors import person
from webapp.services.invoices import move
from webapp.store.organisations import Organisation
from webapp.store.session import release
from webapp.store.users import User

UNDESCRIBED = {"api_docs.openapi", "api_docs.docs"}


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """A real web server over the database of this test."""
    web = Web(app.extensions["koppel"])
    yield web.address
    web.stop()


def shown(app: Flask, server: str) -> dict[str, str]:
    """The examples as the page shows them, read from the page."""
    with urllib.request.urlopen(f"{server}/api/docs") as answer:
        page = answer.read().decode()
    blocks = html.fromstring(page).xpath("//*[@data-example]")
    return {block.get("data-example"): block.xpath(".//code")[0].text_content() for block in blocks}


def test_every_operation_is_in_the_document_with_its_refusals(app: Flask) -> None:
    made = document("http://x")
    listed = {(method.upper(), path) for path, methods in made["paths"].items() for method in methods}
    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    for one in operations(app):
        if one.endpoint in UNDESCRIBED:
            continue
        view = app.view_functions[one.endpoint]
        assert hasattr(view, "description"), f"{one.endpoint} does not describe itself: see webapp/api/describing.py"
        assert "<" in rules[one.endpoint] or (one.method, rules[one.endpoint]) in listed
        if one.access is not None:
            assert {401, 403} <= set(view.description.answers), one.endpoint
        if view.description.body is not None:
            assert 400 in view.description.answers, one.endpoint


def test_the_document_is_openapi_3_1_and_complete_in_itself(app: Flask) -> None:
    made = app.test_client().get("/api/openapi.json").get_json()
    assert made["openapi"].startswith("3.1")
    known = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}

    def refs(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for value in part.values():
                yield from refs(value)
        elif isinstance(part, list):
            for value in part:
                yield from refs(value)

    assert set(refs(made)) <= known
    assert made["components"]["schemas"]["ImportBody"]["required"] == [
        "invoice_no", "invoice_date", "customer", "items",
    ]  # fmt: skip


def test_the_page_needs_no_other_host_and_nothing_inline(app: Flask) -> None:
    answer = app.test_client().get("/api/docs")
    assert answer.status_code == 200
    assert not list(inline_parts(answer.text))
    for path in document("http://x")["paths"]:
        assert path in answer.text


def test_the_bodies_of_the_examples_pass_their_models() -> None:
    for name, body in BODIES.items():
        getattr(models, name).model_validate(parse(json.dumps(body).encode()))


def test_every_example_on_the_page_does_what_it_says(
    app: Flask, server: str, organisation: Organisation, staff: User
) -> None:
    found = shown(app, server)
    assert set(found) == {one.name for one in examples(server)}
    assert server in found["setup"]
    key = key_of(organisation)
    release()
    env = {
        "PATH": os.environ["PATH"], "KOPPEL_URL": server, "KOPPEL_KEY": key, "KOPPEL_USER": staff.email,
        "KOPPEL_PASSWORD": PASSWORD, "no_proxy": "127.0.0.1",
    }  # fmt: skip

    def run(name: str) -> str:
        command = [sys.executable, "-c", found[name]] if name.endswith("python") else ["bash", "-c", found[name]]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert '"Invoice imported successfully"' in run("import-curl")
    invoice = stored("WEB-2026-0001")
    assert run("import-python").split() == ["409", "invoice", str(invoice.id)]
    move(person(organisation.id, "Marieke"), invoice.id, "review", reason="De prijs klopt niet")
    assert '"Invoice updated successfully"' in run("update-curl")
    assert '"access"' in run("token-curl")
    told, kinds = "", ("invoice_created", "invoice_review", "invoice_updated")
    command = ["timeout", "30", "bash", "-c", found["stream-curl"]]  # the stream itself never ends
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as stream:
        for line in stream.stdout or ():
            told += line
            if all(kind in told for kind in kinds):
                stream.terminate()
                break
    assert [kind in told for kind in kinds] == [True] * 3
