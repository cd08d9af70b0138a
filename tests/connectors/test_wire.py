"""Yuki's answers as XML: hostile ones are refused, faults are understood, and nothing secret is kept."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.loopback import SOAP, envelope, fault, html, item, items
from webapp.connectors.ports import AccessDenied, OutcomeUnknown, QuotaExceeded, Refused, Unavailable
from webapp.connectors.yuki import faults, wire
from webapp.connectors.yuki.redaction import KEPT_BYTES, clean, redact
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure

OPERATION = "OutstandingDebtorItems"
LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (i, *[i - 1] * 8) for i in range(98, 112))
    + b"]>"
)

HOSTILE = {
    "empty": b"",
    "blank": b" \n ",
    "html": html().body.encode() if isinstance(html().body, str) else b"",
    "old html": b"<HTML><body>x<br></body></HTML>",
    "text": b"Service Unavailable",
    "cut": envelope(OPERATION, f"<{OPERATION}><Item").encode(),
    "half an envelope": items(OPERATION, item("1")).encode()[:-40],
    "doctype": b"<!DOCTYPE x><x/>",
    "external entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "laughs": LAUGHS + b"<x>&o;</x>",
    "laughs in an attribute": LAUGHS + b'<x a="&o;"/>',
    "doctype in utf-16": '<!DOCTYPE x [<!ENTITY e "y">]><x>&e;</x>'.encode("utf-16"),
    "another root": b"<x/>",
    "another envelope": b'<Envelope xmlns="urn:x"><Body/></Envelope>',
    "no body": f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(),
    "empty body": f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(),
    "another answer": envelope("Administrations", "").encode(),
    "a bad encoding": b'<?xml version="1.0" encoding="no-such"?><x/>',
    "bad bytes": b"<x>\xff\xfe\x00</x>",
    "control characters": b"<x>\x01</x>",
    "deep": b"<x>" * 5000 + b"</x>" * 5000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_not_an_answer_is_unreadable_and_quickly_so(body: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(wire.Unreadable):
        wire.open_envelope(body, OPERATION)
    with pytest.raises(wire.Unreadable):
        list(wire.stream_rows(body, OPERATION, OPERATION, "Item"))
    assert time.monotonic() - started < 2


def test_an_envelope_with_a_doctype_is_refused_even_if_the_rest_is_right() -> None:
    body = items(OPERATION, item("1")).replace("?>", "?><!DOCTYPE x>", 1).encode()
    for read in (
        lambda: wire.open_envelope(body, OPERATION),
        lambda: list(wire.stream_rows(body, OPERATION, OPERATION, "Item")),
    ):
        with pytest.raises(wire.Unreadable, match="DOCTYPE"):
            read()


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_unreadable(body: bytes) -> None:
    with pytest.raises(wire.Unreadable):
        wire.open_envelope(body, OPERATION)


@given(st.integers(0, 2000), st.integers(0, 255))
def test_one_wrong_byte_never_escapes_as_another_error(place: int, value: int) -> None:
    body = bytearray(items(OPERATION, item("1"), item("2")).encode())
    body[place % len(body)] = value
    try:
        rows = list(wire.stream_rows(bytes(body), OPERATION, OPERATION, "Item"))
    except (wire.Unreadable, wire.SoapFault):
        return
    assert len(rows) <= 2


def test_rows_come_one_by_one_and_memory_does_not_grow_with_the_list() -> None:
    body = items(OPERATION, *(item(str(number)) for number in range(20_000))).encode()
    tracemalloc.start()
    count = sum(1 for _ in wire.stream_rows(body, OPERATION, OPERATION, "Item"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < len(body) / 4


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_list_of_none_one_or_many_reads_alike(count: int) -> None:
    body = items(OPERATION, *(item(str(number)) for number in range(count))).encode()
    rows = [wire.text_of(row, "Reference") for row in wire.stream_rows(body, OPERATION, OPERATION, "Item")]
    assert rows == [str(number) for number in range(count)]


def test_a_result_without_its_list_is_not_an_empty_list() -> None:
    with pytest.raises(wire.Unreadable, match="no OutstandingDebtorItems"):
        wire.stream_rows(envelope(OPERATION, "").encode(), OPERATION, OPERATION, "Item")


def test_a_header_before_the_body_does_no_harm() -> None:
    body = items(OPERATION, item("1")).replace("<soap:Body>", "<soap:Header><a>b</a></soap:Header><soap:Body>").encode()
    assert len(list(wire.stream_rows(body, OPERATION, OPERATION, "Item"))) == 1
    assert wire.local_name(wire.open_envelope(body, OPERATION)) == f"{OPERATION}Response"


def read_fault(body: str | bytes) -> wire.Fault:
    with pytest.raises(wire.SoapFault) as error:
        wire.open_envelope(body if isinstance(body, bytes) else body.encode(), "Anything")
    return error.value.fault


def test_a_fault_of_soap_1_1_has_code_text_and_detail() -> None:
    found = read_fault(fault("Daily limit exceeded", "Every domain has 1000 calls.", code="soap:Client").body)
    assert found == wire.Fault("soap:Client", "Daily limit exceeded", "Every domain has 1000 calls.")
    assert found.words == "Daily limit exceeded · Every domain has 1000 calls."


def test_a_fault_of_soap_1_2_has_them_too() -> None:
    found = read_fault(
        f'<s:Envelope xmlns:s="{wire.SOAP_12}"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>'
        '<s:Reason><s:Text xml:lang="en">Invalid session ID</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>'
    )
    assert (found.code, found.text) == ("s:Sender", "Invalid session ID")


def test_a_fault_instead_of_a_list_is_seen_before_the_first_row() -> None:
    body = fault("Invalid session ID").body
    assert isinstance(body, str)
    with pytest.raises(wire.SoapFault):
        wire.stream_rows(body.encode(), OPERATION, OPERATION, "Item")


ASMX = "System.Web.Services.Protocols.SoapException: Server was unable to process request. ---> "

KNOWN = [
    ("Invalid access key", AccessDenied, Failure.AUTH),
    ("Invalid session ID", faults.SessionExpired, Failure.AUTH),
    ("The session has expired", faults.SessionExpired, Failure.AUTH),
    ("Domain has no active database", AccessDenied, Failure.ADMINISTRATION),
    ("Administration not found", AccessDenied, Failure.ADMINISTRATION),
    ("Daily limit exceeded", QuotaExceeded, Failure.QUOTA),
    ("You do not have the rights for this web service", AccessDenied, Failure.RIGHT),
    ("Geen rechten voor deze webservice", AccessDenied, Failure.RIGHT),
    ("Invalid Tab ID", Refused, Failure.INTERNAL),
    ("'0' is not a valid value for DocumentSortOrder", Refused, Failure.INTERNAL),
    ("The element 'SalesInvoice' has invalid child element 'Date'", Refused, Failure.SCHEMA),
    (
        "The 'urn:x:Gender' element is invalid - The value 'Invalid session ID' is invalid according to its datatype",
        Refused,
        Failure.SCHEMA,
    ),
]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(("text", "error", "failure"), KNOWN, ids=[text[:30] for text, _, _ in KNOWN])
def test_a_known_fault_means_that_nothing_was_done(
    text: str, error: type[Exception], failure: Failure, write: bool, wrapped: bool
) -> None:
    found = faults.error_for(wire.Fault("soap:Server", ASMX * wrapped + text), write=write, words=text)
    assert type(found) is error
    assert found.failure is failure


@pytest.mark.parametrize(
    "text", ["Object reference not set to an instance of an object.", "Timeout expired.", "Please contact support", ""]
)
def test_an_unknown_fault_proves_nothing_for_a_write(text: str) -> None:
    found = wire.Fault("soap:Server", ASMX + text)
    assert isinstance(faults.error_for(found, write=True, words=text), OutcomeUnknown)
    read = faults.error_for(found, write=False, words=text)
    assert isinstance(read, Unavailable)
    assert read.failure is Failure.REMOTE


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("Er bestaat al een factuur met het factuurnummer 2026-0002", Failure.DUPLICATE),
        ("An invoice with number 2026-0002 already exists", Failure.DUPLICATE),
        ("The pricelist's currency \"EUR\" does not match with the invoice's", Failure.PRICE_LIST),
        ("Het artikel staat niet in de prijslijst", Failure.PRICE_LIST),
        ("No tax code for VATPercentage 21 & VATType 9", Failure.VAT),
        ("Er is geen btw-code met deze combinatie", Failure.VAT),
        ("Contact not found", Failure.CONTACT),
        ("Het btw-nummer is ongeldig", Failure.CONTACT),
        ("Please contact support", Failure.REFUSED),
        ("Computer says no", Failure.REFUSED),
        ("", Failure.REFUSED),
    ],
)
def test_a_refusal_of_one_invoice_has_a_cause(text: str, failure: Failure) -> None:
    assert faults.classify_message(text) is failure


KEY = "0f4b2c66-1111-2222-3333-9a8b7c6d5e4f"


@pytest.mark.parametrize(
    "xml",
    [
        f"<accessKey>{KEY}</accessKey>",
        f"<ns0:sessionID xmlns:ns0='x'>{KEY}</ns0:sessionID>",
        f"<sessionId>\n{KEY}\n</sessionId>",
        f'<SessionID a="b">{KEY}</SessionID>',
        f"<AuthenticateResult>{KEY}</AuthenticateResult>",
        f"<AuthenticateResult>{KEY}",
        f"<password><![CDATA[{KEY}]]></password>",
        f"&lt;sessionId&gt;{KEY}&lt;/sessionId&gt;",
        f"<string>https://x/ws?sessionID={KEY}&amp;x=1</string>",
        f"<clientSecret>{KEY}</clientSecret>",
    ],
)
def test_no_key_or_session_is_kept_wherever_it_stands(xml: str) -> None:
    for body in (xml.encode(), xml.encode("utf-16"), xml.encode("utf-16-le")):
        assert KEY not in redact(body)
        assert "***" in redact(body)


def test_a_secret_that_the_remote_repeats_is_not_kept_either() -> None:
    assert KEY not in redact(f"<faultstring>Key {KEY.upper()} unknown</faultstring>".encode(), [KEY]).lower()
    assert clean(f" Key {KEY} unknown\x00 ", ["", KEY]) == "Key *** unknown\ufffd"


def test_what_is_not_secret_is_kept() -> None:
    xml = "<sessionless>1</sessionless><a>é &lt; 1</a><Reference>2026-1</Reference>"
    assert redact(xml.encode()) == xml


@given(st.integers(0, 200))
def test_a_secret_at_the_cut_does_not_survive_in_part(shift: int) -> None:
    body = b"x" * (4 * KEPT_BYTES - shift) + KEY.encode() + b"y" * 100
    kept = redact(b"<DocumentBase64>" + b"A" * 5000 + b"</DocumentBase64>" + body, [KEY])
    assert KEY[:8] not in kept


def test_documents_are_cut_and_bodies_kept_to_64_kilobytes() -> None:
    kept = redact(b"<a><DocumentBase64>" + b"QUJD" * 500_000 + b"</DocumentBase64><b>end</b></a>")
    assert kept == "<a><DocumentBase64>[2000000 characters]</DocumentBase64><b>end</b></a>"
    long = redact("é".encode() * 200_000)
    assert len(long.encode()) <= KEPT_BYTES
    assert long.endswith("[cut; 400000 bytes]")


def test_signs_that_xml_cannot_carry_are_replaced_and_all_others_kept() -> None:
    for sign in "\x00\x0b\x1f\ufffe\uffff":
        assert redact(f"<a>é {sign} 한</a>".encode()) == "<a>é \ufffd 한</a>"
    kept = "<a>\t\r\n é € 한 \uffed \U0001f600 \x7f</a>"
    assert redact(kept.encode()) == kept


def test_what_a_database_cannot_hold_is_replaced() -> None:
    assert "\x00" not in redact(b"<a>\x00\x01b</a>")
