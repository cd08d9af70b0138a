"""koppel runs: the same facts at the command line, and as JSON for scripts."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import update

from tests.logs.conftest import Books
from tests.support.runs import make_run
from webapp.cli import koppel
from webapp.store.runs import Run
from webapp.store.session import release, transaction

ROOT = Path(__file__).resolve().parents[2]
KOPPEL = [sys.executable, "-u", "-c", "from webapp.cli import main; main()", "runs"]
KEYS = [
    "id",
    "category",
    "trigger",
    "status",
    "started_at",
    "ended_at",
    "result",
    "offered",
    "succeeded",
    "failed",
    "skipped",
    "unknown",
    "calls",
    "items",
]


Command = Callable[..., Result]


@pytest.fixture
def environment(app: Flask, database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a koppel command on the database of this test."""
    return {"DATABASE_URL": database_url, "KOPPEL_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}


@pytest.fixture
def command(environment: dict[str, str]) -> Command:
    """Return a function that calls `koppel runs …`."""

    def call(*words: str) -> Result:
        release()
        return CliRunner().invoke(koppel, ["runs", *words], env=environment)

    return call


def test_a_run_as_json_is_what_the_contract_says(books: Books, command: Command) -> None:
    outcomes = [(books.invoices[0], "succeeded", ""), (books.invoices[1], "failed", "vat")]
    run_id = make_run(books.organisation_id, books.connection_id, outcomes)
    result = command("show", str(run_id), "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    assert list(data) == KEYS
    assert data["offered"] == data["succeeded"] + data["failed"] + data["skipped"] + data["unknown"] == 2
    assert data["items"] == [
        {"invoice": "26-0001", "outcome": "succeeded", "message": "Booked in Yuki."},
        {
            "invoice": "26-0002",
            "outcome": "failed",
            "message": "A VAT code or rate on the invoice is not active in this administration.",
        },
    ]


def test_runs_are_listed_newest_first(books: Books, command: Command) -> None:
    made = [make_run(books.organisation_id, books.connection_id) for _ in range(3)]
    data = json.loads(command("list", "--json").stdout)
    assert [row["id"] for row in data] == made[::-1]
    assert "Completed without errors" in command("list").stdout


def test_watching_prints_how_far_it_is_until_it_ends(app: Flask, books: Books, environment: dict[str, str]) -> None:
    outcomes = [(books.invoices[0], "succeeded", ""), (books.invoices[1], "pending", "")]
    run_id = make_run(books.organisation_id, books.connection_id, outcomes)
    release()
    words = [*KOPPEL, "watch", str(run_id), "--timeout", "90"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running: 1 of 2 done\n"
        with transaction() as session:
            session.execute(update(Run).where(Run.id == run_id).values(status="completed", succeeded=2))
        release()
        assert process.stdout.readline() == "completed: Completed without errors\n"
        assert process.wait(30) == 0


def test_watching_a_run_that_failed_exits_with_one(books: Books, command: Command) -> None:
    run_id = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "failed", "vat")])
    result = command("watch", str(run_id))
    assert result.exit_code == 1
    assert "1 rejected: VAT code not active" in result.stdout


def test_a_retry_names_the_new_run(books: Books, command: Command) -> None:
    run_id = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "failed", "vat")])
    made = json.loads(command("retry", str(run_id), "--json").stdout)["runs"]
    assert len(made) == 1
    assert made[0] > run_id


def test_what_does_not_exist_is_one_sentence(books: Books, command: Command) -> None:
    for words in (("show", "99"), ("watch", "99"), ("retry", "99")):
        result = command(*words)
        assert result.exit_code == 1
        assert "There is no run 99." in result.stderr
    good = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "succeeded", "")])
    result = command("retry", str(good))
    assert result.exit_code == 1
    assert "There is nothing to send" in result.stderr
