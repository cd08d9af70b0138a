"""The control API, the page, and books that outlive a restart."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.sandbox.client import Yuki, invoice
from webapp.sandbox.server import start
from webapp.sandbox.yuki import create_app


def test_a_reset_forgets_everything(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"))
    yuki.control("mode", {"duplicates": "book"})
    yuki.fault("*", "html")
    yuki.control("reset")
    assert (yuki.sales(), yuki.look("faults"), yuki.look("mode")["duplicates"]) == ([], [], "refuse")
    assert yuki.look("calls")["total"] == 0
    assert "Invalid session ID" in yuki.call("Sales", "Language", sessionID=session).fault


def test_a_mode_changes_only_what_is_named(yuki: Yuki) -> None:
    yuki.control("mode", {"daily_limit": 7})
    assert yuki.control("mode", {"latency_ms": 1})["daily_limit"] == 7


@pytest.mark.parametrize(
    "body",
    [{"duplicates": "maybe"}, {"nothing": 1}, {"daily_limit": "7"}, {"latency_ms": -1}, [1], {"daily_limit": True}],
)
def test_a_wrong_mode_changes_nothing(yuki: Yuki, body: object) -> None:
    before = yuki.look("mode")
    assert yuki.control("mode", body, expect=400)["error"].endswith(".")
    assert yuki.look("mode") == before


def test_a_body_that_is_not_json_is_refused(yuki: Yuki) -> None:
    assert yuki.http.post(f"{yuki.url}/_sandbox/pay", data="{", timeout=30).status_code == 400


def test_latency_holds_up_every_call_but_not_the_control_api(yuki: Yuki) -> None:
    yuki.control("mode", {"latency_ms": 300})
    started = time.monotonic()
    yuki.login()
    middle = time.monotonic()
    yuki.look("calls")
    assert middle - started >= 0.3
    assert time.monotonic() - middle < 0.3


def test_calls_are_counted_with_their_invoices_and_control_calls_are_not(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"), invoice("B"))
    calls = yuki.look("calls")
    assert (calls["total"], calls["operations"]) == (2, {"Authenticate": 1, "ProcessSalesInvoices": 1})
    assert [(one["operation"], one["invoices"]) for one in calls["last"]] == [
        ("Authenticate", 0),
        ("ProcessSalesInvoices", 2),
    ]
    assert len(yuki.look("calls", last=1)["last"]) == 1


def test_the_ledger_can_be_narrowed_to_a_reference(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"), invoice("B"))
    assert [one["reference"] for one in yuki.look("ledger", reference="B")["bookings"]] == ["B"]


def test_many_clients_at_once_book_each_invoice_once(yuki: Yuki, session: str) -> None:
    def work() -> None:
        client = Yuki(yuki.url)
        for number in range(10):
            client.send(session, invoice(f"N-{number}"))
        client.http.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["reference"] for one in yuki.sales()) == [f"N-{number}" for number in range(10)]
    assert yuki.look("calls")["operations"]["ProcessSalesInvoices"] == 80


def test_books_sessions_and_counts_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "books" / "yuki.sqlite3"
    app = create_app(path)
    with start(app) as server:
        yuki = Yuki(server.url)
        session = yuki.login()
        yuki.send(session, invoice("A"), invoice(None))
        yuki.control("pay", {"reference": "A", "amount": "21.00"})
        yuki.control("mode", {"daily_limit": 50})
        before = yuki.look("ledger")
        yuki.http.close()
    app.extensions["books"].shelf.close()
    again = create_app(path)
    with start(again) as server:
        yuki = Yuki(server.url)
        assert yuki.look("ledger") == before
        assert yuki.look("mode")["daily_limit"] == 50
        assert yuki.send(session, invoice("A")).one("Succeeded") == "false"
        assert yuki.send(session, invoice(None)).one("Reference") not in {
            one["reference"] for one in before["bookings"]
        }
        assert [list(days.values()) for days in yuki.look("calls")["domains"].values()] == [[4]]
        yuki.http.close()
    again.extensions["books"].shelf.close()


# The page


def test_the_page_shows_keys_books_and_open_items(yuki: Yuki, session: str) -> None:
    yuki.send(
        session,
        invoice("A-1", contact="<FullName>&lt;b&gt;Klant</FullName>"),
        invoice(None, process="false", subject="Concept"),
    )
    answer = yuki.http.get(f"{yuki.url}/", timeout=30)
    assert answer.status_code == 200
    assert all(
        words in answer.text for words in ("domain key", "A-1", "&lt;b&gt;Klant", "Concept", 'data-action="pay"')
    )
    assert "<b>Klant" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_page_pays_in_part_and_in_full(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"))
    for amount, still_open in (("21.00", "100.00"), ("", "0.00")):
        answer = yuki.http.post(
            f"{yuki.url}/pay", data={"reference": "A", "amount": amount}, allow_redirects=False, timeout=30
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert yuki.sales()[0]["open"] == still_open


def test_the_page_says_why_a_payment_does_not_fit(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"))
    answer = yuki.http.post(f"{yuki.url}/pay", data={"reference": "A", "amount": "500"}, timeout=30)
    assert (answer.status_code, "500.00 does not fit" in answer.text) == (400, True)


def test_the_page_sends_drafts_and_starts_anew(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice(None, process="false"))
    yuki.http.post(f"{yuki.url}/send", data={"id": yuki.sales()[0]["id"]}, timeout=30)
    assert yuki.sales()[0]["draft"] is False
    yuki.http.post(f"{yuki.url}/reset", timeout=30)
    assert yuki.sales() == []


# The process


def test_a_closed_server_serves_nobody_on_an_old_connection() -> None:
    server = start(create_app())
    client = Yuki(server.url)
    client.login()
    server.close()
    with pytest.raises(requests.ConnectionError):
        client.login()
    client.http.close()


def test_the_command_serves_both_and_ends_on_sigterm(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "webapp.sandbox",
        "--yuki-port",
        "0",
        "--billingo-port",
        "0",
        "--state",
        str(tmp_path),
    ]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        client = Yuki(lines[0].split(": ")[1].strip().rstrip("/"))
        assert client.login()
        other = lines[1].split(": ")[1].strip()
        assert client.http.get(f"{other}v3/documents", timeout=30).status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        client.http.close()
    assert [one.split(":")[0] for one in lines] == ["Yuki's sandbox", "Billingo's sandbox"]
    assert (tmp_path / "yuki.sqlite3").exists()
    assert (tmp_path / "billingo.sqlite3").exists()
