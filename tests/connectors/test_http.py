"""The way out: what may be called, and what is known when a call fails."""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.connectors.loopback import raw_server, read_request
from tests.support.ports import free_port
from webapp.connectors import http as way_out
from webapp.connectors.http import Http, Response, address_of
from webapp.connectors.ports import Access, NotUnderstood, OutcomeUnknown, Unavailable
from webapp.connectors.registry import open_http
from webapp.connectors.transport import Deadline
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure

Handler = Callable[[socket.socket], None]


def call(handle: Handler, *, write: bool = False, timeout: float = 3.0, limit: int | None = None) -> Response:
    with raw_server(handle) as url:
        http = Http([url], timeout=timeout)
        try:
            return http.post(f"{url}/ws/Sales.asmx", b"<a/>", headers={"X-Key": "k"}, write=write, limit=limit)
        finally:
            http.close()


def answering(head: bytes, body: bytes = b"") -> Handler:
    def handle(client: socket.socket) -> None:
        read_request(client)
        client.sendall(head + b"\r\n\r\n" + body)

    return handle


def test_an_answer_of_any_status_comes_back_whole() -> None:
    head = b"HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nRetry-After: 30\r\nContent-Length: 5"
    answer = call(answering(head, b"later"))
    assert (answer.status, answer.content_type, answer.body, answer.retry_after) == (503, "text/plain", b"later", 30)


def test_the_request_carries_its_length_and_body_and_no_cookie_from_before() -> None:
    seen: list[bytes] = []

    def handle(client: socket.socket) -> None:
        seen.append(read_request(client))
        client.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with raw_server(handle) as url:
        http = Http([url], timeout=3)
        for _ in range(2):
            http.post(url + "/x", b"<a/>", headers={"SOAPAction": '"x"'})
        http.close()
    assert all(b"Content-Length: 4" in item and item.endswith(b"\r\n\r\n<a/>") for item in seen)
    assert not any(b"cookie" in item.lower() for item in seen)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.yukiworks.nl",
        "ftp://127.0.0.1",
        "https://",
        "https://user:secret@api.yukiworks.nl",
        "file:///etc/passwd",
        "http://127.0.0.1.example.org",
    ],
)
def test_an_address_that_may_never_be_called_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|https") as error:
        Http([url])
    assert "secret" not in str(error.value)


def test_only_the_given_addresses_may_be_called() -> None:
    http = Http(["https://api.yukiworks.nl"])
    for url in ("https://api.yukiworks.be/ws", "https://api.yukiworks.nl:8443/ws", "http://127.0.0.1/ws"):
        with pytest.raises(ValueError, match="may not be called"):
            http.post(url, b"", headers={})
    assert address_of("https://API.yukiworks.nl/ws") == ("https", "api.yukiworks.nl", 443)


@pytest.mark.parametrize("write", [False, True])
def test_a_refused_connection_means_that_nothing_was_sent(write: bool) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable, match="nothing was sent: connection refused") as error:
        Http([url], timeout=2).post(url, b"x", headers={}, write=write)
    assert error.value.failure is Failure.NETWORK


def test_an_unknown_name_means_that_nothing_was_sent() -> None:
    url = "https://no-such-host.invalid"
    with pytest.raises(Unavailable, match="nothing was sent"):
        Http([url], timeout=5).post(url, b"x", headers={}, write=True)


def test_no_tls_on_the_other_side_means_that_nothing_was_sent() -> None:
    def handle(client: socket.socket) -> None:
        client.recv(1000)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw_server(handle) as url:
        secure = url.replace("http://", "https://")
        with pytest.raises(Unavailable, match=r"nothing was sent: .*TLS"):
            Http([secure], timeout=3).post(secure, b"x", headers={}, write=True)


def reset(client: socket.socket) -> None:
    read_request(client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(client: socket.socket) -> None:
    read_request(client)


def drip_head(client: socket.socket) -> None:
    read_request(client)
    drip(client, b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000)


def drip_body(client: socket.socket) -> None:
    read_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    drip(client, b"a" * 100_000)


def drip_unmeasured(client: socket.socket) -> None:
    read_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    drip(client, b"a" * 100_000)


def drip(client: socket.socket, data: bytes) -> None:
    for sign in data:
        client.sendall(bytes([sign]))
        time.sleep(0.01)


def silent(client: socket.socket) -> None:
    read_request(client)
    client.recv(1)


cut = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100", b"<half")
cut_chunk = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"10\r\n<half")
not_http = answering(b"SSH-2.0-OpenSSH_9.2")

LOST: list[tuple[str, Handler]] = [
    ("reset", reset),
    ("close", close),
    ("cut", cut),
    ("cut chunk", cut_chunk),
    ("not http", not_http),
    ("silent", silent),
    ("drip head", drip_head),
    ("drip body", drip_body),
    ("drip without length", drip_unmeasured),
]


@pytest.mark.parametrize(("name", "handle"), LOST, ids=[name for name, _ in LOST])
def test_after_a_write_has_left_only_a_whole_answer_proves_anything(name: str, handle: Handler) -> None:
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        call(handle, write=True, timeout=0.4)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(("name", "handle"), LOST, ids=[name for name, _ in LOST])
def test_a_read_without_a_whole_answer_is_tried_again_later(name: str, handle: Handler) -> None:
    with pytest.raises(Unavailable, match="no whole answer") as error:
        call(handle, timeout=0.4)
    assert error.value.failure is Failure.NETWORK


def huge(client: socket.socket) -> None:
    read_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    block = b"a" * 65536
    for _ in range(2000):
        client.sendall(block)


def test_an_answer_without_end_is_not_read_to_the_end() -> None:
    with pytest.raises(NotUnderstood, match="larger than 1000000 bytes"):
        call(huge, limit=1_000_000)
    with pytest.raises(OutcomeUnknown, match="larger than 8388608 bytes"):
        call(huge, write=True, timeout=20)


def test_a_read_takes_64_megabytes_and_no_more() -> None:
    with pytest.raises(NotUnderstood, match="larger than 67108864 bytes"):
        call(huge, timeout=30)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    asked: list[bytes] = []

    def handle(client: socket.socket) -> None:
        asked.append(read_request(client))
        client.sendall(b"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    assert call(handle).status == 307
    assert len(asked) == 1


def test_a_redirect_without_end_is_not_read_to_the_end() -> None:
    def handle(client: socket.socket) -> None:
        read_request(client)
        client.sendall(b"HTTP/1.1 302 Moved\r\nLocation: /x\r\nConnection: close\r\n\r\n")
        for _ in range(200):
            client.sendall(b"a" * 65536)

    with pytest.raises(NotUnderstood, match="larger than"):
        call(handle, limit=100_000)


def test_a_failing_call_is_made_exactly_once() -> None:
    asked: list[bytes] = []

    def handle(client: socket.socket) -> None:
        asked.append(read_request(client))

    with pytest.raises(OutcomeUnknown):
        call(handle, write=True)
    assert len(asked) == 1


def test_a_write_takes_a_fresh_connection() -> None:
    # The server closes a kept connection just when the second call comes: on a fresh one nobody notices.
    connections = 0

    def handle(client: socket.socket) -> None:
        nonlocal connections
        connections += 1
        read_request(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        client.settimeout(0.2)
        try:
            client.recv(1)
        except TimeoutError:
            pass

    with raw_server(handle) as url:
        http = Http([url], timeout=3)
        for _ in range(3):
            assert http.post(url, b"x", headers={}, write=True).body == b"ok"
        http.close()
    assert connections == 3


def test_who_comes_next_in_a_thread_need_not_connect_again_unless_nothing_went_over_it_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def handle(client: socket.socket) -> None:
        asked.append(0)
        while client.recv(1, socket.MSG_PEEK):
            read_request(client)
            asked[-1] += 1
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with raw_server(handle) as url:
        first, second = (Access(url, key, "administration", timeout=3) for key in ("one", "other"))
        for access in (first, second):
            assert open_http(access).post(url, b"x", headers={}).body == b"ok"
        monkeypatch.setattr(way_out, "IDLE", 0.0)
        assert open_http(first).post(url, b"x", headers={}).body == b"ok"
        open_http(first).close()
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(open_http, first).result() is not open_http(first)
    assert asked == [2, 1]


def test_errors_carry_neither_address_nor_headers() -> None:
    with pytest.raises(OutcomeUnknown) as error:
        call(reset, write=True)
    assert "127.0.0.1" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_the_environment_cannot_send_it_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert call(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2", b"ok")).body == b"ok"


def test_each_call_is_cut_when_its_own_time_is_over() -> None:
    here, there = socket.socketpair()
    with here, there, Deadline(30) as long, Deadline(0.05) as short:
        short.watch(here)
        there.settimeout(5)
        assert there.recv(1) == b""
        assert (short.expired, long.expired) == (True, False)
        child = os.fork()  # as for each job: the thread that cuts stays behind
        if not child:
            with Deadline(0.05) as own:
                for _ in range(500):
                    time.sleep(0.01)
                    if own.expired:
                        os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    for _ in range(5):
        call(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0"), timeout=30)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
