"""Billingo's gateway against the sandbox over HTTP: what is read, what is set aside, and what is tried again."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.connectors.keeping import MemoryWatch
from webapp.connectors.billingo.client import Pace
from webapp.connectors.billingo.gateway import BillingoGateway
from webapp.connectors.http import Http
from webapp.connectors.pacing import Patience, TokenBucket
from webapp.connectors.ports import Access, AccessDenied, ConnectorError, NotUnderstood, Unavailable
from webapp.connectors.sources import Asked, InvoicePage
from webapp.domain.failures import Failure
from webapp.domain.remote_invoices import RemoteInvoice, digest

pytestmark = pytest.mark.pure

NOW = datetime.now(UTC)
YESTERDAY = NOW.date() - timedelta(days=1)
"""A Retry-After as a date is measured against the Date of its answer, which a test cannot set."""


@dataclass
class Desk:
    """A gateway to the sandbox, what was waited for, and hands to move the books behind it."""

    url: str
    keys: Any
    watch: MemoryWatch = field(default_factory=MemoryWatch)
    waits: list[float] = field(default_factory=list)

    def gateway(self, key: str = "") -> BillingoGateway:
        base = f"{self.url}/v3"
        patience = Patience(sleep=self.waits.append, jitter=lambda: 0.0)
        pace = Pace(TokenBucket(300, burst=299), patience)
        access = Access(base, key or self.keys.MAIN_KEY, "", timeout=5)
        return BillingoGateway(access, http=Http([base], timeout=5), watch=self.watch, clock=lambda: NOW, pace=pace)

    def control(self, what: str, body: Any = None) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{what}", json=body or {}, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, name: str, *, operation: str = "ListDocument", **options: Any) -> None:
        self.control("faults", [{"operation": operation, "fault": name, **options}])

    def all(self, asked: Asked | None = None) -> list[InvoicePage]:
        gateway, pages = self.gateway(), []
        while not pages or pages[-1].number < pages[-1].last:
            pages.append(gateway.page(asked or Asked(), len(pages) + 1))
        return pages

    def invoices(self, asked: Asked | None = None) -> list[RemoteInvoice]:
        return [invoice for page in self.all(asked) for invoice in page.invoices]

    def one(self, **wanted: str) -> RemoteInvoice:
        return next(
            one for one in self.invoices() if all(getattr(one, name) == value for name, value in wanted.items())
        )


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[str, Any]]:
    sandbox = importlib.import_module("webapp.sandbox.billingo")
    with importlib.import_module("webapp.sandbox.server").start(
        sandbox.create_app(clock=lambda: datetime.now(UTC))
    ) as server:
        yield server.url, importlib.import_module("webapp.sandbox.billingo.opening")


@pytest.fixture
def desk(running: tuple[str, Any]) -> Desk:
    made = Desk(*running)
    made.control("reset")
    made.control("mode", {"rate_limit": 0})
    return made


def test_282_documents_with_their_lines_are_read_in_three_calls(desk: Desk) -> None:
    pages = desk.all()
    assert desk.watch.counted == ["ListDocument"] * 3
    assert [page.bad for page in pages] == [(), (), ()]
    read = [invoice for page in pages for invoice in page.invoices]
    assert len({one.remote_id for one in read}) == len(read) == pages[0].total == 282
    assert sum(len(one.lines) for one in read) == 581
    assert all(type(line.unit_price_e6) is int for one in read for line in one.lines)
    assert any(line.unit_price_e6 for one in read for line in one.lines), "the unit price is net_unit_amount"


def test_a_day_of_payment_is_kept_only_of_what_was_paid(desk: Desk) -> None:
    for one in desk.invoices():
        assert (one.paid_date is not None) == (one.payment_status in ("paid", "partially_paid")), one.payment_status


def test_words_that_nobody_knows_and_values_that_are_missing_fail_nothing(desk: Desk) -> None:
    read = desk.invoices()
    assert not any("--" in (one.contact.account_number, one.contact.iban) for one in read)
    desk.fault("unknown_enum", count=5)
    strange = desk.gateway().page(Asked(), 1)
    assert (len(strange.invoices), strange.bad) == (100, ())
    words = (
        {one.payment_status for one in read}
        | {one.payment_method for one in read}
        | {one.document_type for one in read}
    )
    assert (
        {one.payment_status for one in strange.invoices}
        | {one.payment_method for one in strange.invoices}
        | {one.document_type for one in strange.invoices} - words
    )


@pytest.mark.parametrize(
    ("fault", "field", "reason"),
    [
        ("bad_date", "date", "not_a_date"),
        ("bad_amount", "", "not_an_amount"),
        ("huge_amount", "", "too_large"),
        ("missing_id", "id", "missing"),
        ("null_items", "items", "missing"),
        ("not_an_object", "", "not_an_object"),
    ],
)
def test_one_bad_record_is_set_aside_with_its_payload_and_the_others_are_read(
    desk: Desk, fault: str, field: str, reason: str
) -> None:
    desk.fault(fault, count=1)
    page = desk.gateway().page(Asked(), 1)
    assert (len(page.invoices), len(page.bad)) == (99, 1)
    bad = page.bad[0]
    assert (field in bad.field, bad.reason, bool(bad.payload)) == (True, reason, True)


def test_the_noise_of_a_float_is_no_part_of_an_amount(desk: Desk) -> None:
    clean = {one.remote_id: one for one in desk.gateway().page(Asked(), 1).invoices}
    desk.fault("noisy_amount", count=3)
    noisy = desk.gateway().page(Asked(), 1)
    assert noisy.bad == ()
    assert {one.remote_id: one.gross_total for one in noisy.invoices} == {
        key: one.gross_total for key, one in clean.items()
    }


def test_an_amount_that_is_no_number_spoils_the_answer_and_nothing_is_guessed(desk: Desk) -> None:
    desk.fault("nan_amount", count=1)
    with pytest.raises(NotUnderstood):
        desk.gateway().page(Asked(), 1)


def test_a_storno_and_its_original_name_each_other(desk: Desk) -> None:
    original = next(one for one in desk.invoices() if one.document_type == "invoice" and not one.cancelled)
    made = desk.control("cancel", {"id": int(original.remote_id)})
    read = {one.remote_id: one for one in desk.invoices()}
    storno = read[str(made["id"])]
    assert (storno.document_type, storno.gross_total) == ("cancellation", -original.gross_total)
    assert original.remote_id in [key for key, _ in storno.related]
    assert read[original.remote_id].cancelled


def test_payments_of_one_document_are_read_with_their_days(desk: Desk) -> None:
    open_one = next(one for one in desk.invoices() if one.payment_status == "outstanding" and one.gross_total > 1000)
    desk.control("pay", {"id": int(open_one.remote_id), "amount": 100, "date": YESTERDAY.isoformat()})
    (paid,) = desk.gateway().payments(open_one.remote_id)
    assert (paid.amount, paid.day) == (Decimal(100), YESTERDAY)
    assert desk.one(remote_id=open_one.remote_id).payment_status == "partially_paid"


def test_what_changed_since_a_moment_is_asked_for_in_the_earliest_zone_there_may_be(desk: Desk) -> None:
    target = desk.invoices()[-1]
    for zone in ("Europe/Budapest", "UTC"):
        desk.control("reset")
        desk.control("mode", {"rate_limit": 0, "time_zone": zone})
        desk.control("modify", {"id": int(target.remote_id), "comment": f"changed {zone}"})
        found = desk.invoices(Asked(modified_since=NOW - timedelta(minutes=1)))
        assert target.remote_id in [one.remote_id for one in found], zone


def test_since_a_date_and_paid_since_narrow_the_list(desk: Desk) -> None:
    everything = desk.invoices()
    day = sorted(one.issue_date for one in everything)[200]
    since = desk.invoices(Asked(issued_since=day))
    assert {one.remote_id for one in since} == {one.remote_id for one in everything if one.issue_date >= day}
    assert all(one.paid_date and one.paid_date >= day for one in desk.invoices(Asked(paid_since=day)))


def test_a_pdf_is_there_or_not_yet(desk: Desk) -> None:
    one = next(one for one in desk.invoices() if one.issued)
    assert desk.gateway().pdf(one.remote_id) is None
    assert (desk.gateway().pdf(one.remote_id) or b"").startswith(b"%PDF")


def test_a_document_exists_or_it_does_not(desk: Desk) -> None:
    one = desk.invoices()[0]
    assert desk.gateway().document(one.remote_id).invoices == (one,)
    assert desk.gateway().document("1").total == 0


@pytest.mark.parametrize(
    ("key", "failure"),
    [
        ("ffffffff-0000-0000-0000-000000000000", Failure.AUTH),
        ("UNPAID_KEY", Failure.SUBSCRIPTION),
        ("POWERLESS_KEY", Failure.RIGHT),
    ],
)
def test_a_key_that_may_not_costs_one_call_and_says_why(desk: Desk, key: str, failure: Failure) -> None:
    secret = getattr(desk.keys, key, key)
    with pytest.raises(AccessDenied) as caught:
        desk.gateway(secret).page(Asked(), 1)
    assert (caught.value.failure, desk.watch.counted, desk.waits) == (failure, ["ListDocument"], [])
    report = desk.gateway(secret).check()
    assert not report.ok
    assert next(step.failure for step in report.steps if step.ok is False) is failure
    assert secret not in repr(desk.watch.exchanges) + repr(report)


def test_a_good_key_names_its_account(desk: Desk) -> None:
    report = desk.gateway().check()
    assert report.ok
    assert report.administration is not None
    assert (report.administration.id, report.administration.name) == ("10000003-2-43", "Mintavölgy Gyógyászati Kft.")


@pytest.mark.parametrize(
    ("fault", "wait"), [("429_seconds", 7.0), ("429_absent", 0.5), ("500", 0.5), ("503_html", 0.5)]
)
def test_a_busy_or_broken_remote_is_asked_again_after_the_wait_it_names(desk: Desk, fault: str, wait: float) -> None:
    desk.fault(fault, retry_after=7)
    assert len(desk.gateway().page(Asked(), 1).invoices) == 100
    assert (desk.waits, len(desk.watch.exchanges)) == ([wait], 2)


def test_a_wait_named_as_a_date_is_understood(desk: Desk) -> None:
    desk.fault("429_date", retry_after=7)
    assert len(desk.gateway().page(Asked(), 1).invoices) == 100
    assert 0 < desk.waits[0] <= 8


def test_three_retries_and_no_more(desk: Desk) -> None:
    desk.fault("500", times=9)
    with pytest.raises(Unavailable) as caught:
        desk.gateway().page(Asked(), 1)
    assert (desk.waits, len(desk.watch.exchanges)) == ([0.5, 1.0, 2.0], 4)
    assert (caught.value.failure, "trace_id" in caught.value.remote_text) == (Failure.REMOTE, True)


def test_a_long_wait_is_left_to_whoever_asked(desk: Desk) -> None:
    desk.fault("429_seconds", retry_after=600)
    with pytest.raises(Unavailable) as caught:
        desk.gateway().page(Asked(), 1)
    assert (caught.value.retry_after, caught.value.failure, desk.waits) == (600, Failure.BUSY, [])


@pytest.mark.parametrize("fault", ["400", "404", "422", "half", "empty", "not_json", "html_200", "a_list"])
def test_what_no_retry_mends_is_not_retried(desk: Desk, fault: str) -> None:
    desk.fault(fault, times=9)
    with pytest.raises(ConnectorError) as caught:
        desk.gateway().page(Asked(), 1)
    assert not isinstance(caught.value, Unavailable | AccessDenied)
    assert desk.waits == []


def test_an_unchanged_document_has_the_same_digest_day_after_day(desk: Desk) -> None:
    before = {one.remote_id: digest(one) for one in desk.invoices()}
    again = {one.remote_id: digest(one) for one in desk.invoices()}
    assert before == again
    assert len(set(before.values())) == len(before)
    key = next(iter(before))
    desk.control("modify", {"id": int(key), "comment": "another word"})
    after = {one.remote_id: digest(one) for one in desk.invoices()}
    assert [one for one in before if before[one] != after[one]] == [key]
