"""What every connector promises, whatever it reads or writes: asked alike of the fakes, of Yuki and of Billingo.

The two real ones talk over HTTP to the sandboxes of this machine; a provider without a stand here fails.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.connectors.fake import FakeGateway
from tests.connectors.fake_source import FakeSource
from tests.connectors.keeping import MemorySessions, MemoryWatch
from webapp.connectors.billingo.client import Pace
from webapp.connectors.billingo.gateway import BillingoGateway
from webapp.connectors.http import Http
from webapp.connectors.pacing import Patience, TokenBucket
from webapp.connectors.ports import (
    Access,
    AccessDenied,
    CheckReport,
    ConnectorError,
    NotUnderstood,
    QuotaExceeded,
    Unavailable,
)
from webapp.connectors.registry import LEDGERS, SOURCES, make_gateway
from webapp.connectors.sources import Asked
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure
NOBODY = "00000000-0000-0000-0000-00000000dead"
AWAY, CUT, PAGE = "away", "cut", "page"
ANSWERS = {AWAY: Unavailable, CUT: NotUnderstood, PAGE: NotUnderstood}
"""What goes wrong with a read, and the class of error it is: somebody else's, or nobody can tell what was said."""


@dataclass
class Stand:
    """A connector, one read of it, and hands to break it; `watch` is None where nothing leaves the process."""

    check: Callable[[], CheckReport]
    read: Callable[[], Any]
    spoil: Callable[[str], None]
    stranger: Callable[[], "Stand"]
    key: str = ""
    watch: MemoryWatch | None = None
    waits: list[float] = field(default_factory=list)


def _scripted(fake: Any, read: Callable[[], Any], operation: str) -> Stand:
    errors: dict[str, ConnectorError] = {
        AWAY: Unavailable(Failure.REMOTE, "away"),
        CUT: NotUnderstood("cut"),
        PAGE: NotUnderstood("a web page"),
    }

    def stranger() -> Stand:
        other = type(fake)()
        denied = AccessDenied(Failure.AUTH, "wrong key")
        other.trouble("check", denied)
        other.trouble(operation, denied)
        again = (lambda: list(other.open_items())) if operation == "open_items" else (lambda: other.page(Asked(), 1))
        return _scripted(other, again, operation)

    return Stand(fake.check, read, lambda what: fake.trouble(operation, errors[what]), stranger)


def fake_books(_url: Callable[[str], str]) -> Stand:
    fake = FakeGateway()
    return _scripted(fake, lambda: list(fake.open_items()), "open_items")


def fake_source(_url: Callable[[str], str]) -> Stand:
    fake = FakeSource()
    return _scripted(fake, lambda: fake.page(Asked(), 1), "page")


def _faults(url: str, operation: str, names: dict[str, str], times: int) -> Callable[[str], None]:
    def spoil(what: str) -> None:
        body = [{"operation": operation, "fault": names[what], "times": times}]
        assert requests.post(f"{url}/_sandbox/faults", json=body, timeout=5).ok

    return spoil


def yuki(url: Callable[[str], str], key: str = "", watch: MemoryWatch | None = None) -> Stand:
    base, opening = url("yuki"), importlib.import_module("webapp.sandbox.yuki.opening")
    key, watch = key or opening.DOMAIN_KEY, watch or MemoryWatch()
    access = Access(base, key, opening.NL_ADMINISTRATION, timeout=5)
    gateway = make_gateway("yuki", access, watch=watch, sessions=MemorySessions(), clock=lambda: datetime.now(UTC))
    spoil = _faults(base, "OutstandingDebtorItems", {AWAY: "html_503", CUT: "truncated", PAGE: "html"}, 1)
    return Stand(
        gateway.check, lambda: list(gateway.open_items()), spoil, lambda: yuki(url, NOBODY), key=key, watch=watch
    )


def billingo(url: Callable[[str], str], key: str = "", watch: MemoryWatch | None = None) -> Stand:
    root, opening = url("billingo"), importlib.import_module("webapp.sandbox.billingo.opening")
    base, key, watch = f"{root}/v3", key or opening.OTHER_KEY, watch or MemoryWatch()
    waits: list[float] = []
    pace = Pace(TokenBucket(300, burst=299), Patience(sleep=waits.append, jitter=lambda: 0.0))
    access = Access(base, key, "", timeout=5)
    gateway = BillingoGateway(
        access, http=Http([base], timeout=5), watch=watch, clock=lambda: datetime.now(UTC), pace=pace
    )
    spoil = _faults(root, "ListDocument", {AWAY: "503_html", CUT: "half", PAGE: "html_200"}, 4)
    read = lambda: gateway.page(Asked(), 1)  # noqa: E731
    return Stand(gateway.check, read, spoil, lambda: billingo(url, NOBODY), key=key, watch=watch, waits=waits)


STANDS: dict[str, Callable[..., Stand]] = {
    "fake books": fake_books,
    "fake source": fake_source,
    "yuki": yuki,
    "billingo": billingo,
}


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    start = importlib.import_module("webapp.sandbox.server").start
    made = {name: importlib.import_module(f"webapp.sandbox.{name}").create_app for name in ("yuki", "billingo")}
    with start(made["yuki"]()) as one, start(made["billingo"]()) as other:
        yield {"yuki": one.url, "billingo": other.url}


@pytest.fixture(params=sorted(STANDS))
def stand(request: pytest.FixtureRequest) -> Stand:
    def url(name: str) -> str:
        found: str = request.getfixturevalue("urls")[name]
        requests.post(f"{found}/_sandbox/reset", json={}, timeout=30)
        return found

    return STANDS[request.param](url)


def test_every_provider_stands_here() -> None:
    assert {*LEDGERS, *SOURCES} <= set(STANDS)


def test_a_good_key_passes_every_step_and_names_the_account(stand: Stand) -> None:
    report = stand.check()
    assert report.ok
    assert report.administration is not None
    assert report.administration.id
    assert report.administration.name


def test_a_wrong_key_is_a_step_that_failed_and_never_an_error_of_the_test(stand: Stand) -> None:
    report = stand.stranger().check()
    assert not report.ok
    assert report.steps[0].ok is False
    assert report.steps[0].failure is Failure.AUTH
    assert all(step.ok is None for step in report.steps[1:])


def test_a_wrong_key_stops_a_read_at_once(stand: Stand) -> None:
    other = stand.stranger()
    with pytest.raises(AccessDenied) as refused:
        other.read()
    assert refused.value.failure is Failure.AUTH
    assert other.watch is None or len(other.watch.counted) <= 2
    assert other.waits == []


@pytest.mark.parametrize("what", sorted(ANSWERS))
def test_what_goes_wrong_with_a_read_says_who_must_act_and_the_next_one_is_whole(stand: Stand, what: str) -> None:
    whole = stand.read()
    stand.spoil(what)
    with pytest.raises(ANSWERS[what]):
        stand.read()
    assert _patient(stand) == whole


def _patient(stand: Stand) -> Any:
    """Read until the trouble is over: one that is not tried again leaves some of it for the next read."""
    while True:
        try:
            return stand.read()
        except ConnectorError:
            continue


def test_every_call_is_counted_before_it_leaves_and_kept_without_the_key(stand: Stand) -> None:
    stand.read()
    if stand.watch is None:
        return
    assert len(stand.watch.counted) == len(stand.watch.exchanges) > 0
    for exchange in stand.watch.exchanges:
        assert exchange.operation in stand.watch.counted
        assert exchange.started_at.tzinfo is not None
        assert stand.key not in exchange.request + exchange.response + exchange.error


def test_a_call_that_may_not_leave_does_not(stand: Stand) -> None:
    if stand.watch is None:
        return
    stand.watch.budget = 0
    with pytest.raises(QuotaExceeded):
        stand.read()
    assert stand.watch.exchanges == []


def test_what_did_not_change_reads_the_same(stand: Stand) -> None:
    assert stand.read() == stand.read()
