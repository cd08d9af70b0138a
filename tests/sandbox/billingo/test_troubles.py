"""Keys, the rate limit, and the faults that can be played: what the client sees, and what is left as it was."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.sandbox.billingo.client import Billingo
from webapp.sandbox.billingo import create_app
from webapp.sandbox.billingo.faults import KINDS
from webapp.sandbox.billingo.opening import MAIN_KEY, POWERLESS_KEY, UNPAID_KEY
from webapp.sandbox.server import start

DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "status"), [(None, 401), ("", 401), ("nobody", 401), (UNPAID_KEY, 402), (POWERLESS_KEY, 403)]
)
def test_a_key_that_may_not_is_told_why(billingo: Billingo, key: str | None, status: int) -> None:
    client = Billingo(billingo.url, key)
    answer = client.get("documents")
    client.http.close()
    assert (answer.status_code, list(answer.json()["error"])) == (status, ["message"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_every_key_is_a_read_key(billingo: Billingo, method: str) -> None:
    answer = billingo.http.request(
        method, f"{billingo.url}/v3/documents/1/payments", headers={"X-API-KEY": MAIN_KEY}, json=[], timeout=30
    )
    assert answer.status_code == 403
    assert billingo.look("calls")["operations"] == {"Write": 1}


def test_a_path_that_is_not_there_is_not_found(billingo: Billingo) -> None:
    for path in ("nothing", "documents/1", "documents/x", "documents/1/nothing"):
        answer = billingo.get(path)
        assert (answer.status_code, "not found" in answer.json()["error"]["message"]) == (404, True)


def test_300_calls_a_minute_and_no_more() -> None:
    times = [DAY]
    with start(create_app(clock=lambda: times[0])) as server:
        billingo = Billingo(server.url)
        remaining = [billingo.get("utils/time").headers["X-RateLimit-Remaining"] for _ in range(300)]
        assert remaining == [str(left) for left in range(299, -1, -1)]
        times[0] += timedelta(seconds=20)
        refused = billingo.get("utils/time")
        assert (refused.status_code, refused.json()) == (429, {"error": {"message": "Too many requests"}})
        assert refused.headers["Retry-After"] == "40"
        assert refused.headers["X-RateLimit-Limit"] == "300"
        assert int(refused.headers["X-RateLimit-Reset"]) == int(DAY.timestamp()) + 60
        other = Billingo(server.url, UNPAID_KEY)
        assert other.get("utils/time").status_code == 402, "every key has a limit of its own"
        times[0] += timedelta(seconds=40)
        assert billingo.get("utils/time").status_code == 200
        billingo.http.close()
        other.http.close()


def test_the_limit_its_headers_and_the_way_to_say_when_can_be_chosen() -> None:
    times = [DAY]
    with start(create_app(clock=lambda: times[0])) as server:
        billingo = Billingo(server.url)
        billingo.control("mode", {"rate_limit": 1, "retry_after": "date", "rate_headers": "observed"})
        assert billingo.get("utils/time").headers["x-ratelimit-remaining"] == "0"
        refused = billingo.get("utils/time")
        assert parsedate_to_datetime(refused.headers["Retry-After"]) >= DAY + timedelta(seconds=60)
        billingo.control("mode", {"retry_after": "absent", "rate_headers": "none"})
        refused = billingo.get("utils/time")
        assert refused.status_code == 429
        assert not {"retry-after", "x-ratelimit-limit"} & {name.lower() for name in refused.headers}
        billingo.control("mode", {"rate_window": 5})
        times[0] += timedelta(seconds=5)
        assert billingo.get("utils/time").status_code == 200
        billingo.http.close()


@pytest.mark.parametrize(
    ("fault", "expected"), [("429_seconds", "7"), ("429_date", "GMT"), ("429_absent", None), ("500", None)]
)
def test_a_scripted_refusal_says_when_to_come_back(billingo: Billingo, fault: str, expected: str | None) -> None:
    billingo.fault("ListDocument", fault, retry_after=7)
    answer = billingo.get("documents")
    said = answer.headers.get("Retry-After")
    assert answer.status_code == int(fault[:3])
    assert said is None if expected is None else said is not None and said.endswith(expected)
    assert billingo.get("documents").status_code == 200


def test_a_server_error_has_a_trace(billingo: Billingo) -> None:
    billingo.fault("*", "500")
    assert set(billingo.get("documents").json()["error"]) == {"message", "trace_id"}


@pytest.mark.parametrize(("fault", "status"), [("502_html", 502), ("503_html", 503), ("html_200", 200)])
def test_a_page_in_place_of_an_answer_costs_nothing(billingo: Billingo, fault: str, status: int) -> None:
    billingo.fault("ListDocument", fault)
    answer = billingo.get("documents")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=UTF-8")
    assert "x-ratelimit-remaining" not in answer.headers
    assert billingo.get("documents").headers["X-RateLimit-Remaining"] == "299"


@pytest.mark.parametrize("fault", ["half", "empty", "not_json"])
def test_an_answer_that_is_no_json(billingo: Billingo, fault: str) -> None:
    billingo.fault("ListDocument", fault)
    answer = billingo.get("documents")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


def test_an_answer_of_another_kind(billingo: Billingo) -> None:
    billingo.fault("ListDocument", "wrong_type")
    assert billingo.get("documents").headers["Content-Type"].startswith("text/plain")
    billingo.fault("ListDocument", "a_list")
    assert billingo.read("documents") == []


@pytest.mark.parametrize("fault", ["reset", "close", "cut"])
def test_a_connection_that_ends_without_an_answer(billingo: Billingo, fault: str) -> None:
    billingo.fault("ListDocument", fault)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        billingo.get("documents")
    assert billingo.get("documents").status_code == 200


def test_a_slow_answer_is_too_late_for_some_and_comes_in_the_end_for_others(billingo: Billingo) -> None:
    billingo.fault("ListDocument", "slow", delay_ms=600, times=2)
    with pytest.raises(requests.ReadTimeout):
        billingo.get("documents", timeout=0.1)
    assert len(billingo.page()) == 100


SPOILED = {
    "bad_date": lambda one: one["invoice_date"] == "2026-02-30",
    "bad_amount": lambda one: isinstance(one["gross_total"], str),
    "huge_amount": lambda one: one["gross_total"].adjusted() == 999,
    "nan_amount": lambda one: one["gross_total"] != one["gross_total"],
    "noisy_amount": lambda one: len(str(one["gross_total"])) > 14,
    "unknown_enum": lambda one: (one["type"], one["currency"]) == ("holdfeny", "XQX"),
    "missing_id": lambda one: "id" not in one,
    "null_items": lambda one: one["items"] is None,
    "not_an_object": lambda one: isinstance(one, str),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_one_bad_record_stands_among_good_ones(billingo: Billingo, fault: str) -> None:
    good = billingo.page()
    billingo.fault("ListDocument", fault)
    read = billingo.page()
    assert SPOILED[fault](read[0])
    assert read[1:] == good[1:]
    billingo.fault("ListDocument", fault, count=2)
    assert all(SPOILED[fault](one) for one in billingo.page()[:2])
    assert billingo.page() == good


def test_every_fault_can_be_played_on_every_kind_of_call(billingo: Billingo) -> None:
    billingo.control("mode", {"rate_limit": 0})
    key = billingo.page(1, 1)[0]["id"]
    paths = ("documents", f"documents/{key}", f"documents/{key}/payments", f"documents/{key}/download", "organization")
    for fault in KINDS:
        for path in paths:
            billingo.fault("*", fault, delay_ms=1)
            try:
                billingo.get(path)
            except requests.RequestException:
                continue
    last = billingo.look("calls", last=1000)["last"]
    assert not [one for one in last if "defect" in one["fault"]]
