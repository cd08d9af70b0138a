"""koppel statements import: files in, figures out, one sentence for each that cannot be read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.statements.samples import Tx, camt, mt940
from tests.support.records import make_invoice
from webapp.cli import koppel
from webapp.store.organisations import Organisation
from webapp.store.session import release

Run = Callable[..., Result]


@pytest.fixture
def run(organisation: Organisation, monkeypatch: pytest.MonkeyPatch, settings: object, app: object) -> Run:
    """Call a command as it is typed, with no read of this test open meanwhile: the command ends all connections."""
    monkeypatch.setattr("webapp.commands.common.make_app", lambda: app)

    def call(*words: str) -> Result:
        release()
        return CliRunner().invoke(koppel, list(words))

    return call


def test_files_are_taken_in_and_what_is_certain_is_matched(
    organisation: Organisation, run: Run, tmp_path: Path
) -> None:
    make_invoice(organisation.id, "2026-0001")
    (tmp_path / "a.xml").write_bytes(camt([Tx("121.00")]))
    (tmp_path / "b.sta").write_bytes(mt940([Tx("5.00", "iets")], opening="1121.00"))
    words = ["statements", "import", str(tmp_path / "a.xml"), str(tmp_path / "b.sta")]
    answer = run(*words, "--organisation", organisation.name, "--json")
    assert answer.exit_code == 0, answer.output
    first, second = json.loads(answer.stdout)["files"]
    assert (first["payments"], first["matched"], first["statements"][0]["fresh"]) == (1, 1, 1)
    assert (second["payments"], second["matched"], second["gaps"]) == (1, 0, [])
    again = run(*words, "--organisation", organisation.name)
    assert "1 lines, 0 new; 0 payments, 0 matched." in again.output


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_taken_in(
    organisation: Organisation, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "good.xml").write_bytes(camt([Tx("121.00")]))
    (tmp_path / "bad.xml").write_bytes(b"<Invoice/>")
    files = [str(tmp_path / name) for name in ("bad.xml", "good.xml")]
    answer = run("statements", "import", *files, "--organisation", organisation.name)
    assert answer.exit_code == 1
    assert "1 lines, 1 new" in answer.output
    assert "bad.xml: Line 1: This XML is no bank statement" in answer.output


def test_an_unknown_organisation_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(camt([]))
    answer = run("statements", "import", str(tmp_path / "a.xml"), "--organisation", "Niemand")
    assert answer.exit_code == 1
    assert "Niemand" in answer.output
