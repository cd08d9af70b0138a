"""What every set of books promises, asked of each implementation: the fake, and Yuki's gateway over HTTP."""

import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.connectors.fake import FakeGateway, gross_amount
from tests.connectors.keeping import MemorySessions, MemoryWatch
from webapp.connectors.ports import (
    Access,
    AccessDenied,
    ConnectorError,
    LedgerGateway,
    OutcomeUnknown,
    QuotaExceeded,
    Unavailable,
)
from webapp.connectors.registry import make_gateway
from webapp.domain.documents import (
    DocumentContact,
    DocumentLine,
    DocumentProduct,
    PaymentMethod,
    SalesDocument,
)
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure

TODAY = datetime.now(UTC).date()


@dataclass
class Stand:
    """An implementation, and hands to move the books behind it."""

    gateway: LedgerGateway
    pay: Callable[[str, Decimal], None]
    lose_answer: Callable[[], None]
    lose_request: Callable[[], None]
    use_up: Callable[[], None]
    wrong_key: Callable[[], LedgerGateway]


def fake_stand() -> Stand:
    fake = FakeGateway()
    refusing = FakeGateway()
    refusing.trouble("check", Unavailable(Failure.AUTH, "wrong key"))
    return Stand(
        fake,
        fake.pay,
        lambda: fake.trouble("send", OutcomeUnknown("no answer"), after=True),
        lambda: fake.trouble("send", OutcomeUnknown("no answer")),
        lambda: fake.trouble("send", QuotaExceeded("used up")),
        lambda: refusing,
    )


class Control:
    """The sandbox's own control address."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_sandbox"

    def post(self, path: str, body: Any) -> None:
        answer = requests.post(f"{self._url}/{path}", json=body, timeout=5)
        assert answer.ok, answer.text

    def fault(self, name: str) -> None:
        self.post("faults", [{"operation": "ProcessSalesInvoices", "fault": name, "times": 1}])


def yuki_stand(url: str, key: str, administration: str) -> Stand:
    control = Control(url)

    def gateway(access_key: str = key) -> LedgerGateway:
        access = Access(url, access_key, administration, timeout=20)
        return make_gateway(
            "yuki", access, watch=MemoryWatch(), sessions=MemorySessions(), clock=lambda: datetime.now(UTC)
        )

    return Stand(
        gateway(),
        lambda reference, amount: control.post("pay", {"reference": reference, "amount": str(amount)}),
        lambda: control.fault("booked_html"),
        lambda: control.fault("html"),
        lambda: control.fault("quota"),
        lambda: gateway("00000000-0000-0000-0000-00000000dead"),
    )


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    create_app = importlib.import_module("webapp.sandbox.yuki").create_app
    start = importlib.import_module("webapp.sandbox.server").start
    with start(create_app()) as running:
        yield running.url


@pytest.fixture(params=["fake", "yuki"])
def stand(request: pytest.FixtureRequest) -> Stand:
    if request.param == "fake":
        return fake_stand()
    url = request.getfixturevalue("sandbox_url")
    requests.post(f"{url}/_sandbox/reset", timeout=5)
    opening = importlib.import_module("webapp.sandbox.yuki.opening")
    return yuki_stand(url, opening.DOMAIN_KEY, opening.NL_ADMINISTRATION)


def line(quantity: str = "2", price: str = "14.88", vat_type: int = 1, percentage: int = 21) -> DocumentLine:
    return DocumentLine(
        quantity=Decimal(quantity),
        description="Regel",
        remarks="één\ntwee",
        product=DocumentProduct(
            description=f"Product {price} {vat_type}",
            reference=f"TP-{price}-{vat_type}",
            sales_price=Decimal(price),
            vat_percentage=Decimal(percentage),
            vat_included=False,
            vat_type=vat_type,
            gl_account_code="80000",
        ),
    )


def invoice(reference: str | None, *lines: DocumentLine, method: PaymentMethod | None = None) -> SalesDocument:
    return SalesDocument(
        issue_date=TODAY,
        due_date=date(TODAY.year + 1, 1, 1),
        reference=reference,
        process=reference is not None,
        subject="Bakkerij & Zoon <test>",
        payment_method=method,
        contact=DocumentContact(
            full_name="Bäckerei Őri & Zn.", code="1122", country_code="NL", city="Ede", contact_type="Company"
        ),
        lines=lines or (line(),),
    )


def send(stand: Stand, *documents: SalesDocument) -> list[tuple[str, str, Failure | None]]:
    answers = stand.gateway.send([stand.gateway.build(document) for document in documents])
    return [(answer.reference, answer.outcome, answer.failure) for answer in answers]


def open_amounts(stand: Stand) -> dict[str, tuple[Decimal, Decimal]]:
    return {item.reference: (item.open_amount, item.original_amount) for item in stand.gateway.open_items()}


def test_what_is_built_is_stable_and_valid(stand: Stand) -> None:
    document = invoice("2026-0001")
    payload = stand.gateway.build(document)
    assert payload == stand.gateway.build(replace(document))
    assert stand.gateway.validate(payload) == ()


def test_what_is_incomplete_is_found_before_it_is_sent(stand: Stand) -> None:
    broken = replace(invoice("2026-0001"), reference=None)
    assert [one.field for one in stand.gateway.validate(stand.gateway.build(broken))] == ["reference"]
    empty = replace(invoice("2026-0001"), lines=())
    assert stand.gateway.validate(stand.gateway.build(empty))[0].field == "lines"


def test_an_invoice_is_booked_to_the_cent_and_is_open(stand: Stand) -> None:
    document = invoice("2026-0001", line("3", "0.335"), line("1", "19.99", 2, 9))
    assert send(stand, document) == [("2026-0001", "booked", None)]
    amount = gross_amount(document.lines)
    assert open_amounts(stand) == {"2026-0001": (amount, amount)}
    (item,) = stand.gateway.open_items()
    assert (item.contact_name, item.contact_code, item.type_id) == ("Bäckerei Őri & Zn.", "1122", "6")
    assert (item.issue_date, item.due_date) == (document.issue_date, document.due_date)


def test_what_was_booked_is_found_and_what_was_not_is_proved_absent(stand: Stand) -> None:
    send(stand, invoice("2026-0001"))
    found = stand.gateway.find("2026-0001", issued_from=TODAY)
    assert found is not None
    assert (found.where, found.amount, found.contact_name) == ("open_items", Decimal("36.01"), "Bäckerei Őri & Zn.")
    assert stand.gateway.find("2026-000", issued_from=TODAY) is None
    assert stand.gateway.find("2026-00011", issued_from=TODAY) is None


def test_the_card_an_invoice_would_be_booked_on_is_found_by_code_then_by_name(stand: Stand) -> None:
    assert stand.gateway.find_contact(code="1122", name="Bäckerei Őri & Zn.") is None
    send(stand, invoice("2026-0001"))
    for code, name, by in (("1122", "Een ander", "code"), ("7", "Bäckerei Őri & Zn.", "namesake"), ("7", "Bä", None)):
        found = stand.gateway.find_contact(code=code, name=name)
        assert (found and (found.by, found.code, found.name)) == (by and (by, "1122", "Bäckerei Őri & Zn."))


def test_the_same_number_twice_is_one_booking(stand: Stand) -> None:
    send(stand, invoice("2026-0001"))
    assert send(stand, invoice("2026-0001")) == [("2026-0001", "duplicate", Failure.DUPLICATE)]
    assert len(list(stand.gateway.open_items())) == 1


def test_each_invoice_of_a_batch_has_its_own_answer(stand: Stand) -> None:
    bad = invoice("B", line(vat_type=17, percentage=21))
    answers = send(stand, invoice("A"), bad, invoice("C"))
    assert answers == [("A", "booked", None), ("B", "refused", Failure.VAT), ("C", "booked", None)]
    assert set(open_amounts(stand)) == {"A", "C"}


def test_after_six_bad_ones_the_rest_is_not_mentioned_and_not_booked(stand: Stand) -> None:
    bad = [invoice(f"B{number}", line(vat_type=17, percentage=21)) for number in range(6)]
    answers = send(stand, invoice("A"), *bad, invoice("C"))
    assert [reference for reference, _, _ in answers] == ["A", *(f"B{number}" for number in range(6))]
    assert stand.gateway.find("C", issued_from=TODAY) is None


def test_a_draft_waits_and_is_no_booking(stand: Stand) -> None:
    ((_, outcome, failure),) = send(stand, invoice(None))
    assert (outcome, failure) == ("draft", None)
    assert open_amounts(stand) == {}


def test_a_part_payment_lowers_what_is_open(stand: Stand) -> None:
    send(stand, invoice("2026-0001"))
    stand.pay("2026-0001", Decimal("10.01"))
    assert open_amounts(stand) == {"2026-0001": (Decimal("26.00"), Decimal("36.01"))}


def test_what_is_paid_is_not_open_and_still_found(stand: Stand) -> None:
    send(stand, invoice("2026-0001"))
    stand.pay("2026-0001", Decimal("36.01"))
    assert open_amounts(stand) == {}
    found = stand.gateway.find("2026-0001", issued_from=TODAY)
    assert found is not None
    assert (found.where, found.amount) == ("archive", Decimal("36.01"))


def test_what_was_paid_by_card_is_never_open_and_still_found(stand: Stand) -> None:
    send(stand, invoice("2026-0001", method=PaymentMethod.IDEAL))
    assert open_amounts(stand) == {}
    found = stand.gateway.find("2026-0001", issued_from=TODAY)
    assert found is not None
    assert found.where == "archive"


def test_many_looked_up_at_once_are_found_as_one_by_one(stand: Stand) -> None:
    send(stand, invoice("2026-0001"), invoice("2026-0002"), invoice("2026-0003", method=PaymentMethod.IDEAL))
    stand.pay("2026-0002", Decimal("36.01"))
    asked = ["2026-0001", "2026-0002", "2026-0003", "2026-000"]
    found = stand.gateway.find_many(asked, issued_from=TODAY)
    assert {reference: one.where for reference, one in found.items()} == {
        "2026-0001": "open_items",
        "2026-0002": "archive",
        "2026-0003": "archive",
    }
    alone = {reference: stand.gateway.find(reference, issued_from=TODAY) for reference in found}
    assert {reference: one.amount for reference, one in found.items()} == {
        reference: one.amount if one else None for reference, one in alone.items()
    }


def test_a_credit_note_is_open_with_a_negative_amount(stand: Stand) -> None:
    send(stand, invoice("CN-1", line("-2")))
    assert open_amounts(stand) == {"CN-1": (Decimal("-36.01"), Decimal("-36.01"))}


def test_a_lost_answer_is_an_unknown_outcome_that_a_look_up_resolves(stand: Stand) -> None:
    stand.lose_answer()
    with pytest.raises(OutcomeUnknown):
        send(stand, invoice("2026-0001"))
    assert stand.gateway.find("2026-0001", issued_from=TODAY) is not None


def test_a_lost_request_is_an_unknown_outcome_too_and_is_proved_absent(stand: Stand) -> None:
    stand.lose_request()
    with pytest.raises(OutcomeUnknown):
        send(stand, invoice("2026-0001"))
    assert stand.gateway.find("2026-0001", issued_from=TODAY) is None
    assert send(stand, invoice("2026-0001")) == [("2026-0001", "booked", None)]


def test_when_the_quota_is_used_up_nothing_is_booked(stand: Stand) -> None:
    stand.use_up()
    with pytest.raises(QuotaExceeded):
        send(stand, invoice("2026-0001"))
    assert stand.gateway.find("2026-0001", issued_from=TODAY) is None


def test_a_good_connection_passes_its_test_and_a_wrong_key_does_not(stand: Stand) -> None:
    report = stand.gateway.check()
    assert report.ok
    assert report.administration is not None
    assert report.administration.name == "Voorbeeld B.V."
    wrong = stand.wrong_key().check()
    assert [step.failure for step in wrong.steps] == [Failure.AUTH, None, None, None, None, None]


def test_a_hundred_invoices_go_in_one_call(stand: Stand) -> None:
    started = time.monotonic()
    answers = send(stand, *(invoice(f"2026-{number:04}", line("1", f"{number + 1}.05")) for number in range(100)))
    assert [outcome for _, outcome, _ in answers] == ["booked"] * 100
    assert len(open_amounts(stand)) == 100
    assert time.monotonic() - started < 20


@pytest.fixture
def sandbox(sandbox_url: str) -> tuple[str, Any]:
    requests.post(f"{sandbox_url}/_sandbox/reset", timeout=5)
    return sandbox_url, importlib.import_module("webapp.sandbox.yuki.opening")


def booked(url: str, reference: str) -> int:
    """Count an invoice in the sandbox's own books, the judge."""
    ledger = requests.get(f"{url}/_sandbox/ledger", timeout=5).text
    return ledger.count(f'"{reference}"')


FAULTS = [
    "booked_late", "booked_then_500", "cut_answer", "truncated", "html", "html_503", "booked_html", "no_reference",
    "doctype", "reset", "reset_after", "timeout_before", "timeout_after", "slow", "session_expired", "quota",
    "unavailable", "no_right",
]  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_makes_the_gateway_say_more_than_is_true(sandbox: tuple[str, Any], name: str) -> None:
    url, opening = sandbox
    stand = yuki_stand(url, opening.DOMAIN_KEY, opening.NL_ADMINISTRATION)
    fault = {"operation": "ProcessSalesInvoices", "fault": name, "times": 1, "delay_ms": 100}
    Control(url).post("faults", [fault])
    outcome: ConnectorError | None = None
    answers: list[tuple[str, str, Failure | None]] = []
    try:
        answers = send(stand, invoice("2026-0001"))
    except ConnectorError as error:
        outcome = error
    is_booked = booked(url, "2026-0001") > 0
    if isinstance(outcome, OutcomeUnknown):
        assert (stand.gateway.find("2026-0001", issued_from=TODAY) is not None) is is_booked
    elif outcome is not None:
        assert not is_booked
    else:
        assert answers == [("2026-0001", "booked", None)]
        assert is_booked


@pytest.mark.parametrize("mode", [{"first_record": 1}, {"response_form": "2012"}, {"search_tabs": "fault"}])
def test_where_yuki_is_not_known_for_certain_either_way_works(sandbox: tuple[str, Any], mode: dict[str, Any]) -> None:
    url, opening = sandbox
    Control(url).post("mode", mode)
    stand = yuki_stand(url, opening.DOMAIN_KEY, opening.NL_ADMINISTRATION)
    references = [f"2026-{number:04}" for number in range(30)]
    for start in range(0, 30, 10):
        answers = send(stand, *(invoice(one, method=PaymentMethod.CASH) for one in references[start : start + 10]))
        assert {outcome for _, outcome, _ in answers} == {"booked"}
    assert stand.gateway.find(references[0], issued_from=TODAY) is not None
    assert stand.gateway.find("2026-9999", issued_from=TODAY) is None


@pytest.mark.parametrize(
    ("key", "administration", "step", "failure"),
    [
        ("NO_SALES_KEY", "NL_ADMINISTRATION", "sales", Failure.RIGHT),
        ("NL_KEY", "BE_ADMINISTRATION", "administration", Failure.ADMINISTRATION),
        ("DOMAIN_KEY", "INACTIVE_ADMINISTRATION", "administration", Failure.ADMINISTRATION),
    ],
)
def test_what_is_wrong_with_a_connection_is_named(
    sandbox: tuple[str, Any], key: str, administration: str, step: str, failure: Failure
) -> None:
    url, opening = sandbox
    report = yuki_stand(url, getattr(opening, key), getattr(opening, administration)).gateway.check()
    assert next((one.name, one.failure) for one in report.steps if one.failure) == (step, failure)


def test_a_key_of_the_other_country_is_an_administration_failure(sandbox: tuple[str, Any]) -> None:
    url, opening = sandbox
    stand = yuki_stand(url, opening.FOREIGN_KEY, opening.FOREIGN_ADMINISTRATION)
    assert Failure.ADMINISTRATION in [step.failure for step in stand.gateway.check().steps]
    with pytest.raises(AccessDenied) as error:
        send(stand, invoice("2026-0001"))
    assert error.value.failure is Failure.ADMINISTRATION


def test_a_portal_key_finds_what_it_booked_in_another_domain_than_its_first(sandbox: tuple[str, Any]) -> None:
    url, opening = sandbox
    stand = yuki_stand(url, opening.PORTAL_KEY, opening.SECOND_ADMINISTRATION)
    assert send(stand, invoice("2026-0001", method=PaymentMethod.CASH)) == [("2026-0001", "booked", None)]
    assert stand.gateway.find("2026-0001", issued_from=TODAY) is not None
    other = yuki_stand(url, opening.PORTAL_KEY, opening.NL_ADMINISTRATION)
    assert other.gateway.find("2026-0001", issued_from=TODAY) is None
