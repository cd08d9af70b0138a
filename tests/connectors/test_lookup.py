"""Looking an invoice up: found, proved absent, or not to be told; never a guess."""

from datetime import date
from decimal import Decimal

import pytest

from tests.connectors.conftest import ADMINISTRATION, Desk
from tests.connectors.loopback import Reply, administrations, document, documents, envelope, fault, html, item, items
from webapp.connectors.ports import AccessDenied, ConnectorError, Found, NotUnderstood, Refused, Unavailable
from webapp.connectors.yuki.lookup import MAX_PAGES
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure

CHECK = "CheckOutstandingItemAdmin"
LIST = "ModifiedDocumentsInFolder"
ISSUED = date(2026, 2, 1)


@pytest.fixture(autouse=True)
def nothing_there(desk: Desk) -> None:
    desk.yuki.on(CHECK, items(CHECK))
    desk.yuki.on(LIST, documents())
    desk.yuki.on("Administrations", administrations((ADMINISTRATION, "D-1")))
    desk.yuki.on("Domains", domains("D-1"))


def domains(*ids: str) -> str:
    rows = "".join(f'<Domain ID="{one}"><Name>{one}</Name></Domain>' for one in ids)
    return envelope("Domains", f'<Domains xmlns="">{rows}</Domains>')


def find(desk: Desk, reference: str = "2026-1") -> Found | None:
    return desk.gateway.find(reference, issued_from=ISSUED)


def test_an_open_invoice_is_found_by_its_exact_reference_in_one_call(desk: Desk) -> None:
    desk.yuki.on(CHECK, items(CHECK, item("2026-12"), item(" 2026-1 ")))
    found = find(desk)
    assert found is not None
    assert (found.where, found.amount, found.contact_code) == ("open_items", Decimal("126.40"), "1122")
    assert desk.yuki.calls == ["Authenticate", CHECK]
    assert "Reference>2026-1<" in desk.yuki.requests[1][1]


def test_a_suppliers_invoice_with_the_same_number_is_not_ours(desk: Desk) -> None:
    desk.yuki.on(CHECK, items(CHECK, item("2026-1", kind="2")))
    assert find(desk) is None


def test_a_sales_invoice_comes_before_a_journal_with_the_same_reference(desk: Desk) -> None:
    desk.yuki.on(CHECK, items(CHECK, item("2026-1", kind="21", id="j"), item("2026-1", kind="6", id="s")))
    found = find(desk)
    assert found is not None
    assert found.remote_id == "s"


def test_what_is_paid_already_is_found_in_the_archive(desk: Desk) -> None:
    desk.yuki.on(LIST, documents(document("2026-9"), document("2026-1", id="d-7")))
    assert find(desk) == Found(
        "2026-1", "archive", Decimal("126.40"), "Bakkerij De Korenbloem", "", date(2026, 2, 1), "d-7"
    )


def test_absent_from_both_places_is_proved_absent(desk: Desk) -> None:
    desk.yuki.on(LIST, documents(document("2026-9")), documents())
    assert find(desk) is None
    assert desk.yuki.calls == ["Authenticate", CHECK, "Administrations", LIST, LIST]
    assert "modifiedSince>2026-01-31T00:00:00<" in desk.yuki.requests[3][1]


def test_an_invoice_dated_ahead_is_looked_for_since_today(desk: Desk) -> None:
    desk.gateway.find("2026-1", issued_from=date(2026, 12, 31))
    assert "modifiedSince>2026-03-01T00:00:00<" in desk.yuki.requests[3][1]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (document(None, subject="Factuur 2026-1 maart"), True),
        (document(None, subject="2026-1"), True),
        (document(None, subject="factuur_2026-1.pdf"), True),
        (document(None, subject="(2026-1)."), True),
        (document(None, subject="x").replace("document.pdf", "2026-1.pdf"), True),
        (document(None, subject="Factuur 2026-12"), False),
        (document(None, subject="Factuur 2026-1.2"), False),
        (document(None, subject="Factuur 5/2026-1"), False),
        (document(None, subject="Factuur 12026-1"), False),
        (document("2026-9", subject="Credit voor 2026-1"), False),
        (document("2026-12", subject="2026-1"), False),
    ],
)
def test_a_document_without_reference_is_known_by_the_word_in_its_name(desk: Desk, row: str, found: bool) -> None:
    desk.yuki.on(LIST, documents(row), documents())
    assert (find(desk) is not None) is found


def test_an_amount_that_was_not_recognised_yet_is_no_amount(desk: Desk) -> None:
    desk.yuki.on(LIST, documents(document("2026-1", amount="0.00")))
    found = find(desk)
    assert found is not None
    assert found.amount is None


def test_pages_are_read_until_nothing_new_comes_whatever_the_server_gives_at_once(desk: Desk) -> None:
    pages = [[f"a{number}" for number in range(start, start + 7)] for start in (0, 7)]
    pages[1][0] = "a6"  # counted from 1: the pages overlap by one
    desk.yuki.on(LIST, *(documents(*map(document, page)) for page in pages), documents(document("2026-1")))
    assert find(desk) is not None
    starts = [
        body.split("startRecord>")[1].split("<")[0] for operation, body in desk.yuki.requests if operation == LIST
    ]
    assert starts == ["0", "7", "14"]


def test_a_server_that_ignores_the_page_does_not_keep_us_for_ever(desk: Desk) -> None:
    desk.yuki.on(LIST, documents(document("2026-9")))
    assert find(desk) is None
    assert desk.yuki.calls.count(LIST) == 2


def test_an_archive_too_long_to_read_proves_nothing(desk: Desk) -> None:
    desk.yuki.on(LIST, *(documents(document(f"x{number}")) for number in range(MAX_PAGES + 1)))
    with pytest.raises(Unavailable, match="not read to its end"):
        find(desk)
    assert desk.yuki.calls.count(LIST) == MAX_PAGES


@pytest.mark.parametrize("operation", [CHECK, LIST, "Administrations"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (html(), NotUnderstood),
        (html(503), Unavailable),
        (fault("You do not have the rights"), AccessDenied),
        (fault("something else"), Unavailable),
        (Reply("<x/>"), NotUnderstood),
        (Reply(documents(), cut_at=100), Unavailable),
    ],
)
def test_when_one_place_does_not_answer_absence_is_not_proved(
    desk: Desk, operation: str, reply: Reply, error: type[ConnectorError]
) -> None:
    desk.yuki.on(operation, reply)
    with pytest.raises(error):
        find(desk)


@pytest.mark.parametrize("operation", [CHECK, LIST])
def test_an_empty_result_is_not_an_empty_list(desk: Desk, operation: str) -> None:
    body = (items(CHECK) if operation == CHECK else documents()).replace("<OutstandingItems", "<Other")
    body = (
        body.replace("</OutstandingItems", "</Other").replace("<Documents", "<Other").replace("</Documents", "</Other")
    )
    desk.yuki.on(operation, body)
    with pytest.raises(NotUnderstood):
        find(desk)


def test_with_a_key_of_several_domains_the_archive_of_the_right_one_is_read(desk: Desk) -> None:
    desk.yuki.on("Administrations", administrations(("other", "D-2"), (ADMINISTRATION.upper(), "D-1")))
    done = envelope("SetCurrentDomain", "").replace("<SetCurrentDomainResult></SetCurrentDomainResult>", "")
    desk.yuki.on("SetCurrentDomain", done)
    assert find(desk) is None
    assert find(desk, "2026-2") is None
    assert desk.yuki.calls == [
        "Authenticate", CHECK, "Administrations", "SetCurrentDomain", LIST, CHECK, LIST,
    ]  # fmt: skip
    assert "domainID>D-1<" in desk.yuki.requests[3][1]


def test_an_administration_that_the_key_does_not_see_proves_nothing(desk: Desk) -> None:
    desk.yuki.on("Administrations", administrations(("other", "D-1")))
    with pytest.raises(AccessDenied) as error:
        find(desk)
    assert error.value.failure is Failure.ADMINISTRATION


@pytest.mark.parametrize("reference", ["", "  ", "a\x00b"])
def test_without_a_reference_there_is_nothing_to_look_up(desk: Desk, reference: str) -> None:
    with pytest.raises(Refused):
        find(desk, reference)


def test_an_administration_of_another_domain_is_looked_for_there(desk: Desk) -> None:
    desk.yuki.on("Administrations", administrations(("other", "D-2")), administrations((ADMINISTRATION, "D-1")))
    desk.yuki.on("Domains", domains("D-2", "D-1", "D-3"))
    desk.yuki.on("SetCurrentDomain", envelope("SetCurrentDomain", ""))
    assert find(desk) is None
    assert desk.yuki.calls[2:] == ["Administrations", "Domains", "SetCurrentDomain", "Administrations", LIST]
    assert "domainID>D-1<" in desk.yuki.requests[4][1]


def test_a_key_of_very_many_domains_does_not_cost_very_many_calls(desk: Desk) -> None:
    desk.yuki.on("Administrations", administrations(("other", "D-2")))
    desk.yuki.on("Domains", domains(*(f"E-{number}" for number in range(500))))
    desk.yuki.on("SetCurrentDomain", envelope("SetCurrentDomain", ""))
    for _ in range(2):
        with pytest.raises(AccessDenied):
            find(desk)
    assert len(desk.yuki.calls) < 20
