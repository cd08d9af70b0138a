"""Schemathesis over the whole document: whatever a call says, no 5xx, and an answer that the document names."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings

from tests.api.conftest import key_of
from tests.conftest import PASSWORD
from webapp.api.billingo import settings as billingo
from webapp.api.document import document
from webapp.services import api_logins
from webapp.store.organisations import Organisation
from webapp.store.session import release, transaction
from webapp.store.users import User

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
EXAMPLES = 25


def operations(app: Flask) -> list[tuple[str, str]]:
    made = document("http://localhost")
    return [
        (method.upper(), path)
        for path, methods in made["paths"].items()
        for method, one in methods.items()
        if "text/event-stream" not in one["responses"].get("200", {}).get("content", {})
    ]


@pytest.mark.portable
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_generated_calls_get_an_answer_that_the_document_names(
    app: Flask, organisation: Organisation, admin: User, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billingo, "WAIT", 0)  # nobody works here
    with transaction() as session:
        session.get_one(Organisation, organisation.id).features = ["billingo_sync", "import_api", "yuki"]
    login = api_logins.log_in(admin.email, PASSWORD, address="")
    assert login is not None
    by_key, by_token = {"X-API-KEY": key_of(organisation)}, {"Authorization": f"Bearer {login.access}"}
    release()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    for method, path in operations(app):
        headers = by_token if path.startswith("/api/billingo") else by_key
        asking(schema[path][method].as_strategy(generation_mode=mode), headers)()


def asking(strategy: Any, headers: dict[str, str]) -> Callable[[], None]:
    """Return a test that calls one operation as the strategy says."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=strategy)
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    found: Callable[[], None] = ask
    return found
