"""The page, books that outlive a restart, the log of calls, and the sandbox's independence."""

import ast
import threading
from pathlib import Path

import pytest

from tests.sandbox.billingo.client import Billingo
from webapp import sandbox
from webapp.sandbox.billingo import create_app
from webapp.sandbox.server import start

HERE = Path(sandbox.__file__).parent


@pytest.mark.parametrize("path", sorted((HERE / "billingo").glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_of_ours_but_what_the_sandboxes_share(path: Path) -> None:
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    ours = {name for name in names if name.split(".")[0] in ("webapp", "jobs", "tests")}
    shared = {f"webapp.sandbox.{one.stem}" for one in HERE.glob("*.py")} | {"webapp.sandbox"}
    assert {name for name in ours if not name.startswith("webapp.sandbox.billingo")} <= shared


def test_books_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "books" / "billingo.sqlite3"
    app = create_app(path)
    with start(app) as server:
        billingo = Billingo(server.url)
        unpaid = next(one for one in billingo.ledger() if one["open"] != "0.00")
        billingo.control("pay", {"id": unpaid["id"]})
        made = billingo.control("insert")
        billingo.control("cancel", {"id": made["id"]})
        billingo.control("remove", {"id": billingo.ledger()[-1]["id"]})
        billingo.control("remove", {"id": billingo.control("insert")["id"]})
        billingo.control("mode", {"quirks": False})
        before, pages = billingo.look("ledger"), billingo.all()
        billingo.http.close()
    app.extensions["books"].close()
    again = create_app(path)
    with start(again) as server:
        billingo = Billingo(server.url)
        assert billingo.look("ledger") == before
        assert billingo.all() == pages
        assert billingo.look("mode")["quirks"] is False
        numbers = [one["reference"] for one in billingo.ledger()]
        newer = billingo.control("insert")
        assert newer["reference"] not in numbers
        assert newer["id"] > before["documents"][0]["id"]
        billingo.control("reset")
        assert billingo.look("ledger")["count"] == 282
        billingo.http.close()
    again.extensions["books"].close()


def test_calls_are_logged_with_what_they_asked_for(billingo: Billingo) -> None:
    billingo.page(2, 50)
    billingo.get("documents/1")
    calls = billingo.look("calls")
    assert (calls["total"], calls["operations"]) == (2, {"ListDocument": 1, "GetDocument": 1})
    assert calls["statuses"] == {"200": 1, "404": 1}
    first = calls["last"][0]
    assert (first["query"], first["records"], first["status"]) == ("page=2&per_page=50", 50, 200)
    assert str(billingo.key) not in str(calls)


def test_many_readers_at_once_all_read_the_same(billingo: Billingo) -> None:
    billingo.control("mode", {"rate_limit": 0})
    read: list[list[int]] = []

    def work() -> None:
        client = Billingo(billingo.url)
        read.append([one["id"] for one in client.all()])
        client.http.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(read), len(set(map(tuple, read)))) == (8, 1)


def test_the_page_shows_keys_books_and_calls(billingo: Billingo) -> None:
    billingo.page()
    answer = billingo.http.get(f"{billingo.url}/", timeout=30)
    assert answer.status_code == 200
    words = ("X-API-KEY", str(billingo.key), "INV-2026", 'data-action="pay"', "per_page=100", "282 documents")
    assert [one for one in words if one not in answer.text] == []
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_page_pays_cancels_makes_and_starts_anew(billingo: Billingo) -> None:
    one = next(one for one in billingo.ledger() if one["status"] == "outstanding")

    def press(button: str, **form: object) -> int:
        answer = billingo.http.post(f"{billingo.url}/{button}", data=form, allow_redirects=False, timeout=30)
        return answer.status_code

    assert press("pay", id=one["id"], amount="1.00") == 303
    assert press("pay", id=one["id"]) == 303
    assert billingo.read(f"documents/{one['id']}")["payment_status"] == "paid"
    assert press("insert", type="draft") == 303
    assert billingo.ledger()[0]["type"] == "draft"
    invoice = next(one for one in billingo.ledger() if one["type"] == "invoice" and not one["cancelled"])
    assert press("cancel", id=invoice["id"]) == 303
    assert billingo.ledger()[0]["type"] == "cancellation"
    assert press("pay", id=one["id"], amount="5") == 400
    assert press("reset") == 303
    assert billingo.look("ledger")["count"] == 282


def test_pages_of_other_origins_and_other_hosts_are_refused(billingo: Billingo) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        assert billingo.http.post(f"{billingo.url}/reset", headers=headers, timeout=30).status_code == 403


def test_empty_books_are_books_too(billingo: Billingo) -> None:
    billingo.control("reset", {"documents": 0})
    assert billingo.read("documents")["data"] == []
    assert billingo.http.get(f"{billingo.url}/", timeout=30).status_code == 200
    assert billingo.control("insert")["reference"]
