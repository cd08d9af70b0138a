"""The demo data: once, never over somebody's own, and also without a sandbox."""

import json
from pathlib import Path

import pytest

from tests.running.house import koppel

pytestmark = [pytest.mark.pure, pytest.mark.timeout(120)]
NOBODY = "http://127.0.0.1:1"


def test_it_is_loaded_once_and_nothing_is_sent_where_no_sandbox_answers(tmp_path: Path) -> None:
    assert koppel(tmp_path, "init").returncode == 0

    first = koppel(tmp_path, "demo", "--json", YUKI_NL_URL=NOBODY)
    second = koppel(tmp_path, "demo", "--json", YUKI_NL_URL=NOBODY)
    listed = koppel(tmp_path, "invoices", "list", "--organisation", "Demo B.V.", "--json")

    assert json.loads(first.stdout)["made"], first.stderr
    assert not json.loads(second.stdout)["made"]
    assert json.loads(first.stdout)["logins"] == json.loads(second.stdout)["logins"]
    invoices = json.loads(listed.stdout)
    assert len(invoices) == 68
    assert {one["delivery"] for one in invoices} == {"not_sent"}
    assert {"draft", "approved", "authorised", "sent", "review", "cancelled"} == {one["status"] for one in invoices}


def test_it_is_not_loaded_beside_other_data(tmp_path: Path) -> None:
    koppel(tmp_path, "init")
    assert koppel(tmp_path, "organisation", "add", "Echt B.V.").returncode == 0

    plain = koppel(tmp_path, "demo")
    empty = koppel(tmp_path, "demo", "--if-empty", "--json")

    assert plain.returncode == 1
    assert plain.stderr == "koppel: There is other data in this database; demo data beside it needs --force.\n"
    assert (empty.returncode, json.loads(empty.stdout)["made"]) == (0, False)
