"""koppel invoices at the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.invoices.samples import ROW, as_json, csv, invoice
from tests.support.apps import closing_others
from webapp.cli import koppel
from webapp.settings import Settings
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import release

Run = Callable[..., Result]
KEYS = {
    "id",
    "number",
    "kind",
    "status",
    "delivery",
    "payment",
    "contact",
    "issue_date",
    "due_date",
    "currency",
    "total_amount",
    "outstanding_amount",
}


@pytest.fixture
def run(app: Flask, settings: Settings, organisation: Organisation) -> Iterator[Run]:
    environment = {
        "DATABASE_URL": settings.database_url,
        "KOPPEL_DATA": str(settings.koppel_data),
        "ENCRYPTION_KEYS": settings.fernet_keys[0],
        "SECRET_KEY": settings.secret_key.get_secret_value(),
    }

    def call(*words: str) -> Result:
        release()
        return CliRunner().invoke(koppel, ["invoices", *words], env=environment)

    with closing_others(app):
        yield call


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes], str]:
    def write(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


def test_a_file_is_imported_listed_and_shown(run: Run, file: Callable[[str, bytes], str]) -> None:
    path = file("maart.json", as_json(invoice(), invoice(number="A-2", status="draft", issue_date="2026-03-09")))
    done = answer(run("import", path, "--organisation", "Voorbeeld Groep", "--json"))
    assert (done["imported"], done["numbers"], done["totals"]) == (2, ["A-1", "A-2"], {"EUR": "24.20"})
    listed = answer(run("list", "--json"))
    assert [one["number"] for one in listed] == ["A-2", "A-1"]
    assert set(listed[0]) == KEYS
    assert (listed[1]["status"], listed[1]["delivery"], listed[1]["payment"]) == ("sent", "not_sent", "open")
    assert (listed[1]["total_amount"], listed[1]["due_date"], listed[1]["contact"]) == (
        "12.10",
        "2026-04-01",
        "Bakkerij",
    )
    assert [one["number"] for one in answer(run("list", "--status", "draft", "--json"))] == ["A-2"]
    shown = answer(run("show", "A-1", "--json"))
    assert set(shown) == KEYS | {"lines", "history"}
    assert shown["history"][0]["text"] == "Invoice: imported from maart.json"
    assert "A-1" in run("show", "A-1").output


def test_a_bad_row_is_named_on_stderr_and_nothing_goes_in(run: Run, file: Callable[[str, bytes], str]) -> None:
    path = file("maart.csv", csv(ROW, "A-2;2026-02-30;K;Brood;1;1;21"))
    result = run("import", path, "--organisation", "Voorbeeld Groep")
    assert result.exit_code == 1
    assert "Nothing was imported from maart.csv." in result.output
    assert "Line 3, column issue_date: “2026-02-30” is a date that does not exist." in result.output
    assert answer(run("list", "--json")) == []


@pytest.mark.portable
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("import", "/nowhere.csv", "--organisation", "Voorbeeld Groep"), 1, "No such file"),
        (("import", "x.csv", "--organisation", "Niemand"), 1, "There is no organisation Niemand."),
        (("import", "x.csv"), 2, "--organisation"),
        (("show", "A-9"), 1, "There is no invoice A-9."),
        (("list", "--status", "paid"), 2, "--status: there is no paid"),
        (("review", "A-9", "--reason", "x"), 1, "There is no invoice A-9."),
        (("review", "A-9"), 2, "--reason"),
    ],
)
def test_wrong_use_is_one_sentence(run: Run, words: tuple[str, ...], code: int, sentence: str) -> None:
    result = run(*words)
    assert result.exit_code == code, result.output
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_an_invoice_is_returned_for_correction_with_its_reason(run: Run, make: Callable[..., Invoice]) -> None:
    make("A-1", status="sent")
    assert answer(run("review", "A-1", "--reason", "Wrong price", "--json"))["status"] == "review"
    history = answer(run("show", "A-1", "--json"))["history"]
    assert (history[0]["user"], history[0]["text"]) == ("koppel", "Invoice: In review. Wrong price")
    again = run("review", "A-1", "--reason", "Again")
    assert again.exit_code == 1
    assert "was not returned" in again.output
