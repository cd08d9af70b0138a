"""Where a webhook may go: hosts that the operator allows, by https, and never into a private network."""

import socket
from typing import Any

import pytest

from webapp.connectors import webhooks as connector
from webapp.connectors.ports import Unavailable
from webapp.domain.webhooks import BadAddress, fit_address, is_public, next_wait
from webapp.settings import BadSetting, load_settings

HOSTS = ("hooks.example.com", "*.example.org")


@pytest.mark.parametrize(
    "address",
    ["https://hooks.example.com/in", "https://HOOKS.example.com:8443/in?a=1", "https://a.b.example.org/"],
)
def test_an_allowed_host_is_taken_as_it_was_typed(address: str) -> None:
    assert fit_address(f" {address} ", hosts=HOSTS, loopback=False) == address


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://hooks.example.com/", "https"),
        ("https://elsewhere.example.net/", "host"),
        ("https://example.org/", "host"),
        ("https://evilexample.org/", "host"),
        ("https://hooks.example.com.evil.net/", "host"),
        ("https://user:secret@hooks.example.com/", "address"),
        ("https://hooks.example.com@evil.net/", "address"),
        ("https://hooks.example.com#@evil.net/", "address"),
        ("https://hooks.example.com/\r\nX: y", "address"),
        ("https://hooks.example.com:99999/", "address"),
        ("https://[::1/", "address"),
        ("ftp://hooks.example.com/", "address"),
        ("file:///etc/passwd", "address"),
        ("", "address"),
        ("https://hooks.example.com/" + "a" * 500, "address"),
        ("https://127.0.0.1/", "host"),
        ("http://localhost:6379/", "https"),
        ("https://169.254.169.254/latest", "host"),
    ],
)
def test_whatever_else_is_refused(address: str, code: str) -> None:
    with pytest.raises(BadAddress, match=f"^{code}$"):
        fit_address(address, hosts=HOSTS, loopback=False)


def test_without_allowed_hosts_there_are_no_webhooks_but_to_this_machine_in_the_demo() -> None:
    with pytest.raises(BadAddress, match="none_allowed"):
        fit_address("https://hooks.example.com/", hosts=(), loopback=True)
    assert fit_address("http://127.0.0.1:9/", hosts=(), loopback=True)
    with pytest.raises(BadAddress):
        fit_address("http://127.0.0.2:9/", hosts=(), loopback=True)


PRIVATE = (
    "10.0.0.1 192.168.1.1 172.16.0.1 127.0.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 ::1 fe80::1%eth0 fd00::1 "
    "::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: 2001:0:a00:1:: ff02::1"
)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_known_as_such(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public_addresses_are_known_as_such(address: str) -> None:
    assert is_public(address)


def _stands_for(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def look_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_that_stands_for_a_private_address_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    for addresses in (["10.0.0.1"], ["93.184.215.14", "127.0.0.1"]):
        _stands_for(monkeypatch, *addresses)
        with pytest.raises(BadAddress, match="private"):
            connector.post("https://hooks.example.com/", b"{}", headers={}, hosts=HOSTS, loopback=False)


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that says something else a moment later (DNS rebinding) changes nothing."""
    asked: list[str] = []

    def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
        private = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
        if host == "93.184.215.14":
            raise OSError("nothing leaves this machine in a test")
        return public if len(asked) == 1 else private

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(Unavailable):
        connector.post("https://hooks.example.com/", b"{}", headers={}, hosts=HOSTS, loopback=False)
    assert asked == ["hooks.example.com", "93.184.215.14"]


def test_waits_grow_up_to_the_longest() -> None:
    waits = [next_wait(attempts).total_seconds() for attempts in range(1, 15)]
    assert waits[:4] == [10, 20, 40, 80]
    assert waits == sorted(waits)
    assert waits[-1] == next_wait(10_000).total_seconds() == 3 * 3600


def test_a_setting_that_is_no_name_of_a_host_stops_the_start(tmp_path: Any) -> None:
    for value in ("https://hooks.example.com", "*", "*.com/", "10.0.0.1/8"):
        with pytest.raises(BadSetting, match="WEBHOOK_HOSTS"):
            load_settings({}, koppel_data=tmp_path, webhook_hosts=value)
