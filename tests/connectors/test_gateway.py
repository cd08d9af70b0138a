"""The Yuki gateway against a scripted Yuki: answers, sessions, and what is known when something goes wrong."""

from dataclasses import replace

import pytest

from tests.connectors.conftest import ADMINISTRATION, KEY, Desk
from tests.connectors.loopback import (
    Reply,
    administrations,
    envelope,
    fault,
    html,
    import_answer,
    invoice_answer,
    items,
)
from tests.connectors.test_mapping import DOCUMENT
from webapp.connectors.ports import (
    AccessDenied,
    NotUnderstood,
    OutcomeUnknown,
    QuotaExceeded,
    Refused,
    Unavailable,
)
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure

SEND = "ProcessSalesInvoices"
OPEN = "OutstandingDebtorItems"


def payload(desk: Desk, reference: str | None) -> bytes:
    return desk.gateway.build(replace(DOCUMENT, reference=reference, process=reference is not None))


def send(desk: Desk, *references: str | None) -> list[tuple[str, str, Failure | None]]:
    answers = desk.gateway.send([payload(desk, reference) for reference in references])
    return [(answer.reference, answer.outcome, answer.failure) for answer in answers]


TAKEN = "Er bestaat al een factuur met het factuurnummer 2026-0002"
TWO = (
    invoice_answer("2026-0001"),
    invoice_answer("2026-0002", succeeded=False, processed=False, message=TAKEN),
)


def escaped(text: str) -> str:
    declared = '<?xml version="1.0" encoding="utf-16"?>' + text
    return declared.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize(
    "result",
    [import_answer(*TWO), import_answer(*TWO, plain=True), escaped(import_answer(*TWO))],
    ids=["without namespace", "older form", "escaped text"],
)
def test_each_printed_form_of_an_answer_is_understood(desk: Desk, result: str) -> None:
    desk.yuki.on(SEND, envelope(SEND, result))
    assert send(desk, "2026-0001", "2026-0002") == [
        ("2026-0001", "booked", None),
        ("2026-0002", "duplicate", Failure.DUPLICATE),
    ]


def test_a_refusal_keeps_yukis_own_words(desk: Desk) -> None:
    words = "Geen btw-code voor &lt;9&gt;"
    desk.yuki.on(
        SEND, envelope(SEND, import_answer(invoice_answer("A", succeeded=False, processed=False, message=words)))
    )
    (answer,) = desk.gateway.send([payload(desk, "A")])
    assert (answer.outcome, answer.failure, answer.remote_text) == ("refused", Failure.VAT, "Geen btw-code voor <9>")
    assert answer.contact == "Bakkerij De Korenbloem"


def test_a_batch_leaves_in_one_call_under_one_root(desk: Desk) -> None:
    references = [f"2026-{number:04}" for number in range(100)]
    desk.yuki.on(SEND, envelope(SEND, import_answer(*(invoice_answer(one) for one in references))))
    assert [outcome for _, outcome, _ in send(desk, *references)] == ["booked"] * 100
    assert desk.yuki.calls == ["Authenticate", SEND]
    _, request = desk.yuki.requests[1]
    assert request.count("<SalesInvoices ") == 1
    assert request.count("<SalesInvoice>") == 100
    assert "sessionId>SESSION-1<" in request
    assert "administrationId>11111111-" in request


def test_nothing_to_send_costs_nothing(desk: Desk) -> None:
    assert desk.gateway.send([]) == []
    assert desk.yuki.calls == []


def test_the_schema_judges_the_whole_of_what_leaves_and_one_bad_invoice_keeps_all_here(desk: Desk) -> None:
    good, bad = payload(desk, "2026-0001"), payload(desk, "2026-0002")
    broken = bad.replace(b"<Date>", b"<Datum>").replace(b"</Date>", b"</Datum>")

    with pytest.raises(Refused, match="2026-0002") as refusal:
        desk.gateway.send([good, broken])

    assert refusal.value.failure is Failure.SCHEMA
    assert desk.yuki.calls == []


def test_what_is_not_mentioned_is_the_callers_business(desk: Desk) -> None:
    # Yuki stops after six bad ones; and it may mention one that was not asked for.
    desk.yuki.on(SEND, envelope(SEND, import_answer(invoice_answer("B"), invoice_answer("X"))))
    assert send(desk, "A", "B", "C") == [("B", "booked", None), ("X", "booked", None)]


def test_an_answer_that_says_nothing_was_booked_is_believed(desk: Desk) -> None:
    desk.yuki.on(SEND, envelope(SEND, import_answer(succeeded=0)))
    assert send(desk, "A", "B") == []


@pytest.mark.parametrize(
    "result",
    [
        import_answer(succeeded=1),
        import_answer(invoice_answer("other")),
        import_answer(invoice_answer("other")).replace('<TotalSucceeded xmlns="">1</TotalSucceeded>', ""),
        "",
        "<Other/>",
        "fine",
        import_answer(invoice_answer("A")).replace("<Succeeded>true", "<Succeeded>maybe"),
        import_answer(invoice_answer("A")).replace("<Processed>true</Processed>", ""),
    ],
)
def test_an_answer_that_does_not_tell_is_an_unknown_outcome(desk: Desk, result: str) -> None:
    desk.yuki.on(SEND, envelope(SEND, result))
    with pytest.raises(OutcomeUnknown):
        send(desk, "A", "B")


def test_an_answer_that_contradicts_itself_counts_as_not_mentioned(desk: Desk) -> None:
    odd = invoice_answer("A", succeeded=False, processed=True)
    desk.yuki.on(SEND, envelope(SEND, import_answer(odd, invoice_answer("B"))))
    assert send(desk, "A", "B") == [("B", "booked", None)]


GOOD = envelope(SEND, import_answer(invoice_answer("A")))


@pytest.mark.parametrize(
    "reply",
    [
        html(),
        html(502),
        Reply("", 200),
        Reply("Bad Gateway", 502, "text/plain"),
        Reply(GOOD, cut_at=200),
        Reply(GOOD[:-30]),
        Reply(GOOD, 500),
        Reply(GOOD, 202),
        Reply("", 307, headers={"Location": "/x"}),
        Reply("no", 403),
        Reply("slow down", 429, headers={"Retry-After": "5"}),
        Reply("<!DOCTYPE x>" + GOOD.split("?>")[1]),
        Reply(envelope("Administrations", "")),
        fault("Object reference not set to an instance of an object."),
        fault("Timeout expired"),
        fault(""),
    ],
)
def test_without_proof_a_write_is_an_unknown_outcome(desk: Desk, reply: Reply) -> None:
    desk.yuki.on(SEND, reply)
    with pytest.raises(OutcomeUnknown):
        send(desk, "A")
    assert desk.yuki.calls.count(SEND) == 1


@pytest.mark.parametrize(
    ("text", "error", "failure"),
    [
        ("Daily limit exceeded", QuotaExceeded, Failure.QUOTA),
        ("Domain has no active database", AccessDenied, Failure.ADMINISTRATION),
        ("You do not have sufficient rights", AccessDenied, Failure.RIGHT),
        ("The element 'SalesInvoice' has invalid child element 'Date'", Refused, Failure.SCHEMA),
    ],
)
def test_a_fault_before_processing_says_that_nothing_was_booked(
    desk: Desk, text: str, error: type[AccessDenied], failure: Failure
) -> None:
    desk.yuki.on(SEND, fault(f"Server was unable to process request. ---> {text}"))
    with pytest.raises(error) as raised:
        send(desk, "A", "B")
    assert raised.value.failure is failure
    assert text in raised.value.remote_text


def test_a_fault_about_the_only_invoice_is_its_refusal_but_proves_nothing_in_a_batch(desk: Desk) -> None:
    desk.yuki.on(SEND, fault("An invoice with number A already exists"))
    assert send(desk, "A") == [("A", "duplicate", Failure.DUPLICATE)]
    with pytest.raises(OutcomeUnknown):
        send(desk, "A", "B")


def test_a_draft_travels_alone_and_its_only_answer_is_its_own(desk: Desk) -> None:
    desk.yuki.on(SEND, envelope(SEND, import_answer(invoice_answer("", processed=False))))
    assert send(desk, None) == [("", "draft", None)]
    with pytest.raises(Refused, match="alone"):
        send(desk, None, "B")
    assert desk.yuki.calls == ["Authenticate", SEND]


@pytest.mark.parametrize("rows", [(), ("", "")])
def test_a_draft_with_no_or_two_answers_is_an_unknown_outcome(desk: Desk, rows: tuple[str, ...]) -> None:
    answers = [invoice_answer(one, processed=False) for one in rows]
    desk.yuki.on(SEND, envelope(SEND, import_answer(*answers, succeeded=1)))
    with pytest.raises(OutcomeUnknown):
        send(desk, None)


def test_a_session_is_shared_and_renewed_once_when_it_is_refused(desk: Desk) -> None:
    desk.sessions.put("OLD")
    desk.yuki.on(SEND, fault("Invalid session ID"), GOOD)
    assert send(desk, "A") == [("A", "booked", None)]
    assert desk.yuki.calls == [SEND, "Authenticate", SEND]
    assert "sessionId>OLD<" in desk.yuki.requests[0][1]
    assert "sessionId>SESSION-1<" in desk.yuki.requests[2][1]
    assert desk.sessions.session == "SESSION-1"


def test_a_session_that_another_worker_renewed_is_used_without_a_login(desk: Desk) -> None:
    class Renewed:
        def get(self) -> str:
            return sessions.pop(0)

        def put(self, session: str) -> None:
            raise AssertionError("nobody logs in")

        def drop(self, session: str) -> None:
            assert session == "OLD"

    sessions = ["OLD", "NEW"]
    desk.gateway._sessions = Renewed()
    desk.yuki.on(OPEN, fault("Invalid session ID"), items(OPEN))
    assert list(desk.gateway.open_items()) == []
    assert desk.yuki.calls == [OPEN, OPEN]


def test_a_session_refused_twice_is_denied_access_and_not_an_endless_login(desk: Desk) -> None:
    desk.sessions.put("OLD")
    desk.yuki.on(OPEN, fault("Invalid session ID"))
    with pytest.raises(AccessDenied) as error:
        desk.gateway.open_items()
    assert error.value.failure is Failure.AUTH
    assert desk.yuki.calls == [OPEN, "Authenticate", OPEN]
    assert desk.sessions.session is None


@pytest.mark.parametrize(
    ("reply", "error", "failure"),
    [
        (fault("Invalid access key"), AccessDenied, Failure.AUTH),
        (Reply(envelope("Authenticate", "")), AccessDenied, Failure.AUTH),
        (Reply(envelope("Authenticate", "00000000-0000-0000-0000-000000000000")), AccessDenied, Failure.AUTH),
        (Reply(envelope("Authenticate", "a b")), NotUnderstood, Failure.NOT_UNDERSTOOD),
        (html(503), Unavailable, Failure.REMOTE),
        (html(), NotUnderstood, Failure.NOT_UNDERSTOOD),
    ],
)
def test_a_login_that_fails_sends_nothing(
    desk: Desk, reply: Reply, error: type[AccessDenied], failure: Failure
) -> None:
    desk.yuki.on("Authenticate", reply)
    with pytest.raises(error) as raised:
        send(desk, "A")
    assert raised.value.failure is failure
    assert desk.yuki.calls == ["Authenticate"]
    assert desk.sessions.session is None


def test_every_exchange_is_kept_without_key_and_session(desk: Desk) -> None:
    desk.yuki.on(SEND, fault(f"Object not found for {KEY} and SESSION-1"))
    with pytest.raises(OutcomeUnknown) as error:
        send(desk, "A")
    assert [exchange.operation for exchange in desk.watch.exchanges] == ["Authenticate", SEND]
    login, sent = desk.watch.exchanges
    assert login.request.count("***") == 1
    assert "<AuthenticateResult>***</AuthenticateResult>" in login.response
    assert "<Reference>A</Reference>" in sent.request
    assert (sent.http_status, sent.error) == (500, "")
    assert sent.request_bytes > 0 < sent.response_bytes
    kept = " ".join(f"{one.request} {one.response} {one.error}" for one in desk.watch.exchanges)
    for secret in (KEY, "SESSION-1"):
        assert secret not in kept + error.value.remote_text + repr(error.value)


def test_an_exchange_is_kept_of_a_call_that_failed_on_the_way(desk: Desk) -> None:
    desk.yuki.on(SEND, Reply(GOOD, cut_at=10))
    with pytest.raises(OutcomeUnknown):
        send(desk, "A")
    last = desk.watch.exchanges[-1]
    assert (last.operation, last.http_status, last.response) == (SEND, None, "")
    assert last.error.startswith("OutcomeUnknown: no whole answer")


def test_a_call_that_the_budget_forbids_does_not_leave(desk: Desk) -> None:
    desk.watch.budget = 1
    with pytest.raises(QuotaExceeded):
        send(desk, "A")
    assert desk.yuki.calls == ["Authenticate"]
    assert len(desk.watch.exchanges) == 1


def test_an_access_does_not_show_its_key(desk: Desk) -> None:
    assert KEY not in repr(desk.gateway._client._access) + repr(vars(desk.gateway)) + repr(vars(desk.gateway._client))


def test_a_key_of_several_domains_is_moved_to_the_right_one_when_yuki_minds(desk: Desk) -> None:
    desk.yuki.on(SEND, fault("Invalid administration ID"), GOOD, fault("Invalid administration ID"))
    desk.yuki.on("Administrations", administrations(("other", "D-2"), (ADMINISTRATION, "D-1")))
    desk.yuki.on("SetCurrentDomain", envelope("SetCurrentDomain", ""))
    assert send(desk, "A") == [("A", "booked", None)]
    assert desk.yuki.calls == ["Authenticate", SEND, "Administrations", "SetCurrentDomain", SEND]
    with pytest.raises(AccessDenied):
        send(desk, "A")
    assert desk.yuki.calls[5:] == [SEND]


@pytest.mark.parametrize("seen", [ADMINISTRATION, "other"])
def test_with_a_key_of_one_domain_an_unknown_administration_is_not_tried_again(desk: Desk, seen: str) -> None:
    desk.yuki.on(SEND, fault("Domain has no active database"))
    desk.yuki.on("Administrations", administrations((seen, "D-1")))
    desk.yuki.on("Domains", envelope("Domains", '<Domains xmlns=""><Domain ID="D-1"/></Domains>'))
    with pytest.raises(AccessDenied) as error:
        send(desk, "A")
    assert error.value.remote_text == "Domain has no active database"
    asked = [] if seen == ADMINISTRATION else ["Domains"]
    assert desk.yuki.calls == ["Authenticate", SEND, "Administrations", *asked]
    with pytest.raises(AccessDenied):
        send(desk, "A")
    assert desk.yuki.calls[3 + len(asked) :] == [SEND]
