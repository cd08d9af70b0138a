"""The faults that can be played: what the client sees, and what stands on the books afterwards."""

import socket
import threading
import time
from collections.abc import Callable

import pytest
import requests
from lxml import etree

from tests.sandbox.client import NS, Yuki, invoice
from webapp.sandbox.yuki.faults import KINDS


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not happened():
        assert time.monotonic() < deadline, "It never happened."
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("fault", "status", "booked"),
    [("html", 200, False), ("html_503", 503, False), ("booked_html", 200, True), ("booked_then_500", 500, True)],
)
def test_an_answer_that_is_no_soap(yuki: Yuki, session: str, fault: str, status: int, booked: bool) -> None:
    yuki.fault("ProcessSalesInvoices", fault)
    reply = yuki.send(session, invoice("A"))
    assert (reply.status, "Envelope" in reply.text, len(yuki.sales()) == 1) == (status, False, booked)


@pytest.mark.parametrize(
    ("fault", "booked"),
    [
        ("reset", False),
        ("reset_after", True),
        ("timeout_before", False),
        ("timeout_after", True),
        ("booked_late", True),
        ("cut_answer", True),
    ],
)
def test_a_connection_that_ends_without_an_answer(yuki: Yuki, session: str, fault: str, booked: bool) -> None:
    yuki.fault("ProcessSalesInvoices", fault, delay_ms=20)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        yuki.send(session, invoice("A"))
    assert len(yuki.sales()) == booked
    assert yuki.send(session, invoice("B")).one("Succeeded") == "true"


def test_a_cut_answer_promises_more_than_it_brings(yuki: Yuki, session: str) -> None:
    yuki.fault("Language", "cut_answer")
    body = f'<Language xmlns="{NS}"><sessionID>{session}</sessionID></Language>'
    data = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
    head = "POST /ws/Sales.asmx HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
    head += f"Content-Length: {len(data)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(yuki.url.rsplit(":", 1)[1])), timeout=30) as connection:
        connection.sendall((head + data).encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    lines, _, brought = answer.partition(b"\r\n\r\n")
    (promised,) = [int(one.split(b":")[1]) for one in lines.split(b"\r\n") if one.lower().startswith(b"content-length")]
    assert len(brought) == promised // 2
    assert brought.startswith(b"<?xml")


def test_a_reset_is_a_reset(yuki: Yuki, session: str) -> None:
    yuki.fault("Language", "reset")
    with pytest.raises(requests.ConnectionError) as caught:
        yuki.call("Sales", "Language", sessionID=session)
    assert "ConnectionResetError" in str(caught.value)


def test_a_late_booking_comes_after_the_client_gave_up(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "booked_late", delay_ms=800)
    with pytest.raises(requests.ReadTimeout):
        yuki.send(session, invoice("A"), timeout=0.1)
    assert yuki.sales() == []
    wait_until(lambda: yuki.sales(reference="A"))


def test_a_late_booking_does_not_come_into_fresh_books(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "booked_late", delay_ms=300)
    ended: list[str] = []

    def send() -> None:
        with pytest.raises(requests.ConnectionError):
            Yuki(yuki.url).send(session, invoice("A"))
        ended.append("dropped")

    late = threading.Thread(target=send)
    late.start()
    wait_until(lambda: yuki.look("calls")["operations"].get("ProcessSalesInvoices"))
    yuki.control("reset")
    late.join()
    assert (ended, yuki.sales()) == (["dropped"], [])


def test_a_time_out_after_booking(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "timeout_after", delay_ms=400)
    with pytest.raises(requests.ReadTimeout):
        yuki.send(session, invoice("A"), timeout=0.15)
    wait_until(lambda: yuki.sales(reference="A"))


def test_a_truncated_answer_has_the_length_it_says_and_no_end(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "truncated")
    reply = yuki.send(session, invoice("A"))
    assert (reply.status, len(yuki.sales())) == (200, 1)
    with pytest.raises(etree.XMLSyntaxError):
        _ = reply.root


def test_an_answer_that_does_not_say_which_invoice(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "no_reference")
    reply = yuki.send(session, invoice("A"))
    assert (reply.one("Succeeded"), reply.one("Reference"), len(yuki.sales())) == ("true", "", 1)


def test_an_answer_with_a_doctype(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "doctype")
    assert "<!DOCTYPE" in yuki.send(session, invoice("A")).text


def test_a_session_that_expires_stays_gone(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "session_expired")
    assert "Invalid session ID" in yuki.send(session, invoice("A")).fault
    assert "Invalid session ID" in yuki.call("Sales", "Language", sessionID=session).fault
    assert yuki.send(yuki.login(), invoice("A")).one("Succeeded") == "true"


@pytest.mark.parametrize(
    ("fault", "words"),
    [("quota", "Daily limit exceeded"), ("unavailable", "Server was unable to process"), ("no_right", "no right")],
)
def test_faults_before_booking(yuki: Yuki, session: str, fault: str, words: str) -> None:
    yuki.fault("ProcessSalesInvoices", fault)
    assert words in yuki.send(session, invoice("A")).fault
    assert yuki.sales() == []


def test_a_slow_call_is_answered_all_the_same(yuki: Yuki, session: str) -> None:
    yuki.fault("*", "slow", delay_ms=80)
    started = time.monotonic()
    assert yuki.send(session, invoice("A")).one("Succeeded") == "true"
    assert time.monotonic() - started >= 0.08


def test_slow_calls_do_not_hold_others_up(yuki: Yuki, session: str) -> None:
    yuki.fault("Language", "slow", delay_ms=1000)
    slow = threading.Thread(target=Yuki(yuki.url).call, args=("Sales", "Language"), kwargs={"sessionID": session})
    slow.start()
    assert yuki.open_items(session).status == 200
    assert slow.is_alive()
    slow.join()


def test_times_and_after_say_which_calls_are_hit(yuki: Yuki, session: str) -> None:
    yuki.fault("ProcessSalesInvoices", "unavailable", after=1, times=2)
    assert [yuki.send(session, invoice(str(number))).status for number in range(5)] == [200, 500, 500, 200, 200]
    assert yuki.look("faults")[0]["hits"] == 2


def test_steps_follow_each_other_and_leave_other_operations_alone(yuki: Yuki, session: str) -> None:
    names = ("unavailable", "html_503")
    yuki.control("faults", [{"operation": "ProcessSalesInvoices", "fault": name} for name in names])
    assert yuki.open_items(session).status == 200
    assert [yuki.send(session, invoice(str(number))).status for number in range(3)] == [500, 503, 200]


@pytest.mark.parametrize(
    "script",
    [
        {"operation": "x"},
        [{"operation": "ProcessSalesInvoices", "fault": "no such"}],
        [{"fault": "html"}],
        [{"operation": "Domains", "fault": "html", "times": -1}],
        [{"operation": "Domains", "fault": "html", "when": 1}],
    ],
)
def test_a_script_that_is_not_understood_is_refused(yuki: Yuki, script: object) -> None:
    assert yuki.control("faults", script, expect=400)["error"].endswith(".")


def test_calls_that_never_reached_yuki_cost_nothing(yuki: Yuki, session: str) -> None:
    yuki.control(
        "faults", [{"operation": "Language", "fault": "html_503"}, {"operation": "Language", "fault": "unavailable"}]
    )
    for _ in range(2):
        yuki.call("Sales", "Language", sessionID=session)
    calls = yuki.look("calls")
    assert calls["operations"]["Language"] == 2
    assert [list(days.values()) for days in calls["domains"].values()] == [[2]]


def test_every_fault_can_be_played_on_every_kind_of_call(yuki: Yuki) -> None:
    for fault in KINDS:
        yuki.control("faults", [{"operation": "Language", "fault": fault, "delay_ms": 1}])
        session = yuki.login()
        try:
            yuki.call("Sales", "Language", sessionID=session)
        except requests.RequestException:
            continue
    assert all(not entry["outcome"].startswith("defect") for entry in yuki.look("calls")["last"])
