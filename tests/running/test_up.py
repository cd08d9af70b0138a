"""Everything runs, and goes on running."""

import json
import re
import sqlite3
import time
import urllib.request
from contextlib import closing

import pytest

from tests.running.house import Up, eventually, koppel
from webapp.commands.demo import PEOPLE
from webapp.sandbox.billingo.opening import MAIN_KEY

pytestmark = [pytest.mark.pure, pytest.mark.timeout(300), pytest.mark.xdist_group("running")]


def test_the_login_page_answers(house: Up) -> None:
    status, page = house.get("/login")

    assert status == 200
    assert 'name="password"' in page


def test_it_says_where_it_is_and_who_can_log_in(house: Up) -> None:
    assert f"Koppel is ready: http://127.0.0.1:{house.ports[0]}/" in house.output
    for one in PEOPLE:
        assert f"{one.email} / {one.password}" in house.output


def test_every_line_is_labelled_with_its_process(house: Up) -> None:
    labels = {line.partition("|")[0].strip() for line in house.lines if " | " in line}

    assert {"web", "sandbox"} <= labels
    # A blank line inside of a traceback keeps nothing but its label.
    assert not [line for line in house.lines if line and " |" not in line and not line.startswith("  ")]


def test_it_is_ready_when_database_migrations_and_redis_are(house: Up) -> None:
    status, body = house.get("/readyz")

    assert status == 200
    assert json.loads(body)["parts"] == {"database": "ok", "migrations": "ok", "redis": "ok"}


def test_the_demo_was_really_sent_to_the_sandbox_and_paid(house: Up) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.ports[1]}/_sandbox/ledger", timeout=10) as answer:
        booked = [one for one in json.loads(answer.read())["bookings"] if one["kind"] == "sales"]
    listed = json.loads(koppel(house.data, "invoices", "list", "--organisation", "Demo B.V.", "--json").stdout)
    in_yuki = [one for one in listed if one["delivery"] == "sent"]

    assert len(in_yuki) > 40
    assert {one["number"] for one in in_yuki} == {one["reference"] for one in booked}
    assert {"paid", "partially_paid"} <= {one["payment"] for one in in_yuki}
    assert "rejected" in {one["delivery"] for one in listed}


def test_the_sandbox_billingo_answers_where_it_says(house: Up) -> None:
    address = f"http://127.0.0.1:{house.ports[2]}/"
    assert address in house.output
    wanted = urllib.request.Request(f"{address}v3/documents?per_page=100", headers={"X-API-KEY": MAIN_KEY})
    with urllib.request.urlopen(wanted, timeout=10) as answer:
        assert json.loads(answer.read())["total"] == 282


def test_only_this_machine_reaches_it(house: Up) -> None:
    listening = house.listening()

    assert {address for address, _ in listening} == {"127.0.0.1"}
    assert {port for _, port in listening} == set(house.ports)


def test_its_files_are_for_this_user_alone(house: Up) -> None:
    open_to_others = [path.name for path in house.data.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]

    assert open_to_others == []


def test_a_worker_that_is_killed_is_started_again(house: Up) -> None:
    old = house.find("main()", "worker")
    old.kill()

    eventually(lambda: not old.is_running() and house.has("main()", "worker"), "another worker")
    assert re.search(r"worker \d was ended by SIGKILL; starts again in", house.output)


def test_work_that_waits_while_valkey_is_killed_is_done_afterwards(house: Up) -> None:
    """The outbox keeps what the queue cannot take, and the embedded Valkey comes back with what it had."""
    made = json.loads(koppel(house.data, "invoices", "list", "--organisation", "Demo B.V.", "--json").stdout)
    ready = [one["number"] for one in made if one["status"] == "sent" and one["delivery"] == "not_sent"][:2]
    assert len(ready) == 2
    sandbox = f"http://127.0.0.1:{house.ports[1]}"
    house.find("valkey-server").kill()

    asked = koppel(house.data, "send", *ready, "--organisation", "Demo B.V.", YUKI_NL_URL=sandbox)
    assert asked.returncode == 0, asked.stderr

    def states() -> set[str]:
        with closing(sqlite3.connect(f"file:{house.data / 'koppel.db'}?mode=ro", uri=True)) as books:
            return {row[0] for row in books.execute("SELECT delivery FROM invoices WHERE number IN (?, ?)", ready)}

    eventually(lambda: states() == {"sent"}, "both invoices in Yuki", 60)


def test_metrics_tell_what_is_to_be_done(house: Up) -> None:
    status, text = house.get("/metrics")

    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert status == 200
    assert float(figures['koppel_deliveries{state="sent"}']) > 40
    assert float(figures["koppel_redis_up"]) == 1
    assert {"koppel_outbox_entries", "koppel_queue_jobs", "koppel_unknown_outcomes"} <= set(figures)


def test_the_doctor_finds_a_running_koppel_in_order(house: Up) -> None:
    told = koppel(house.data, "doctor", "--json", YUKI_NL_URL=f"http://127.0.0.1:{house.ports[1]}")

    findings = {one["check"]: one["state"] for one in json.loads(told.stdout)}
    assert told.returncode == 0
    assert set(findings.values()) == {"ok"}, told.stdout


def test_a_second_one_on_the_same_folder_is_refused(house: Up) -> None:
    begun = time.monotonic()
    told = koppel(house.data, "up", "--no-sandbox", "--port", "1")

    assert told.returncode == 1
    assert told.stderr == (
        f"koppel: Another koppel is already running on the folder {house.data} (process {house.process.pid}); "
        "stop it first.\n"
    )
    assert time.monotonic() - begun < 15
