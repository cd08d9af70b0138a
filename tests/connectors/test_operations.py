"""The messages that leave: every operation with its parameters in the contract's order and casing."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from tests.connectors.conftest import KEY, Desk
from tests.connectors.loopback import administrations, documents, envelope, items
from webapp.connectors.ports import Access
from webapp.connectors.registry import LEDGERS, base_url, make_gateway, open_http
from webapp.connectors.yuki.client import Page, YukiClient
from webapp.connectors.yuki.contract import NAMESPACE, build_message

pytestmark = pytest.mark.pure

DAY = date(2026, 2, 1)
ADMINISTRATION = "11111111-2222-3333-4444-555555555555"
DOCUMENT_PARAMETERS = "sortOrder startDate endDate numberOfRecords startRecord"
OPEN_PARAMETERS = "sessionID administrationID includeBankTransactions sortOrder"

Ask = Callable[[YukiClient], object]

OPERATIONS: list[tuple[str, str, Ask, str]] = [
    ("Authenticate", "accessKey", lambda client: client.authenticate(), "SESSION-1"),
    ("Domains", "sessionID", lambda client: client.domains("S"), '<Domains><Domain ID="D"/></Domains>'),
    ("GetCurrentDomain", "sessionID", lambda client: client.current_domain("S"), ""),
    ("SetCurrentDomain", "sessionID domainID", lambda client: client.set_current_domain("S", "D"), ""),
    ("OutstandingDebtorItems", OPEN_PARAMETERS, lambda client: list(client.outstanding_debtor_items("S")), ""),
    ("OutstandingCreditorItems", OPEN_PARAMETERS, lambda client: list(client.outstanding_creditor_items("S")), ""),
    (
        "CheckOutstandingItemAdmin",
        "sessionID administrationID Reference",
        lambda client: client.check_outstanding_item_admin("S", "R"),
        "",
    ),
    ("GetSalesItems", "sessionID administrationID", lambda client: client.sales_items("S"), ""),
    (
        "ProcessSalesInvoices",
        "sessionId administrationId xmlDoc",
        lambda client: client.process_sales_invoices("S", etree.Element("{urn:x}SalesInvoices")),
        "<SalesInvoicesImportResponse/>",
    ),
    (
        "DocumentsInFolder",
        f"sessionID folderID {DOCUMENT_PARAMETERS}",
        lambda client: client.documents_in_folder("S", 2, pages=Page(), since=DAY, until=DAY),
        "",
    ),
    (
        "DocumentsInTab",
        f"sessionID tabID {DOCUMENT_PARAMETERS}",
        lambda client: client.documents_in_tab("S", 201, pages=Page(), since=DAY, until=DAY),
        "",
    ),
    (
        "ModifiedDocumentsInFolder",
        "sessionID folderID sortOrder modifiedSince numberOfRecords startRecord",
        lambda client: client.modified_documents_in_folder("S", 2, pages=Page(100, 100), since=DAY),
        "",
    ),
    (
        "SearchDocuments",
        f"sessionID searchOption searchText folderID tabID {DOCUMENT_PARAMETERS}",
        lambda client: client.search_documents("S", "R", pages=Page(), since=DAY, until=DAY),
        "",
    ),
    (
        "SearchContacts",
        "sessionID domainID searchOption searchValue sortOrder modifiedAfter active pageNumber",
        lambda client: client.search_contacts("S", "D", option="Code", value="1122", page=1),
        "<Contacts/>",
    ),
    ("ActiveVATCodesList", "sessionID administrationID", lambda client: client.active_vat_codes("S"), ""),
    (
        "GetGLAccountScheme",
        "sessionID administrationID",
        lambda client: client.gl_account_scheme("S"),
        "<GlAccount><code>80000</code><isEnabled>true</isEnabled><descripton>Omzet</descripton></GlAccount>",
    ),
    (
        "GetTransactionDetails",
        "sessionID administrationID GLAccountCode StartDate EndDate financialMode",
        lambda client: client.transaction_details("S", "13000", since=DAY, until=DAY),
        "",
    ),
]


@pytest.mark.parametrize(("operation", "names", "ask", "result"), OPERATIONS, ids=[row[0] for row in OPERATIONS])
def test_an_operation_sends_its_parameters_in_order_and_casing(
    desk: Desk, operation: str, names: str, ask: Ask, result: str
) -> None:
    desk.yuki.on(operation, envelope(operation, result))
    if operation.startswith(("Outstanding", "Check")):
        desk.yuki.on(operation, items(operation))
    if "Documents" in operation:
        desk.yuki.on(operation, documents(operation=operation))
    ask(desk.gateway._client)
    ((called, request),) = desk.yuki.requests
    body = etree.fromstring(request.encode())[0][0]
    assert (called, body.tag) == (operation, f"{{{NAMESPACE}}}{operation}")
    assert [element.tag.removeprefix(f"{{{NAMESPACE}}}") for element in body] == names.split()
    assert [exchange.operation for exchange in desk.watch.exchanges] == [operation]


def test_a_parameter_in_the_wrong_casing_is_our_error_and_never_leaves() -> None:
    with pytest.raises(TypeError):
        build_message("Accounting", "Administrations", sessionId="S")


def test_the_accounts_that_are_in_use_are_read(desk: Desk) -> None:
    *_, (operation, _, ask, result), _ = OPERATIONS
    off = result.replace("true", "false").replace("80000", "80001")
    desk.yuki.on(operation, envelope(operation, result + off))
    assert ask(desk.gateway._client) == [("80000", "Omzet")]


def test_domains_are_read_in_either_shape(desk: Desk) -> None:
    body = (
        '<Domains xmlns=""><Domain ID="D-1"><Name>One</Name></Domain><Domain Name="Two"><ID>D-2</ID></Domain></Domains>'
    )
    desk.yuki.on("Domains", envelope("Domains", body))
    assert desk.gateway._client.domains("S") == (("D-1", "One"), ("D-2", "Two"))


def test_no_log_of_any_library_carries_key_or_session(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk.yuki.on("Administrations", administrations((ADMINISTRATION, "D-1")))
    desk.yuki.on("CheckOutstandingItemAdmin", items("CheckOutstandingItemAdmin"))
    desk.yuki.on("ModifiedDocumentsInFolder", documents())
    assert desk.gateway.find("2026-1", issued_from=DAY) is None
    assert KEY not in caplog.text
    assert "SESSION-1" not in caplog.text


def test_the_registry_makes_the_gateway_of_a_provider(desk: Desk) -> None:
    addresses = {"nl": "https://api.yukiworks.nl/", "be": desk.yuki.url}
    assert base_url(addresses, "nl") == "https://api.yukiworks.nl"
    access = Access(base_url(addresses, "be"), KEY, ADMINISTRATION)
    desk.yuki.on("OutstandingDebtorItems", items("OutstandingDebtorItems"))
    made = make_gateway(
        "yuki", access, watch=desk.watch, sessions=desk.sessions, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC)
    )
    assert list(made.open_items()) == []
    assert set(LEDGERS) == {"yuki"}
    with pytest.raises(KeyError):
        base_url(addresses, "de")
    with pytest.raises(ValueError, match="https"):
        open_http(Access("http://api.yukiworks.nl", KEY, ADMINISTRATION))
