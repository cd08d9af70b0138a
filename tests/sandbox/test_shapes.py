"""What goes over the wire: WSDLs, envelopes, casing, namespaces, faults and the bindings without an envelope."""

import pytest
import zeep
from zeep.transports import Transport

from tests.sandbox.client import INVOICE_NS, NS, Yuki, invoice, sending
from webapp.sandbox.yuki.contract import SERVICES
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY

RESPONSE_NS = "urn:xmlns:http://www.theyukicompany.com:salesinvoicesresponse"


@pytest.mark.parametrize("service", SERVICES)
def test_every_wsdl_has_four_bindings_that_a_soap_client_reads(yuki: Yuki, service: str) -> None:
    transport = Transport(session=yuki.http, timeout=30, operation_timeout=5)
    client = zeep.Client(f"{yuki.url}/ws/{service}.asmx?WSDL", transport=transport)
    assert set(client.wsdl.services[service].ports) == {
        f"{service}{kind}" for kind in ("Soap", "Soap12", "HttpGet", "HttpPost")
    }
    assert client.service.Authenticate(NL_KEY)


def test_a_soap_client_reads_typed_results(yuki: Yuki, session: str) -> None:
    client = zeep.Client(f"{yuki.url}/ws/Vat.asmx?WSDL", transport=Transport(session=yuki.http))
    codes = client.service.ActiveVATCodesList(session, NL_ADMINISTRATION)
    assert {(code.type, str(code.percentage)) for code in codes} >= {(1, "21.00"), (2, "9.00"), (17, "0.00")}


def test_soap_1_2_is_answered_in_soap_1_2(yuki: Yuki) -> None:
    envelope = "http://www.w3.org/2003/05/soap-envelope"
    headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
    good = yuki.post(
        "Sales",
        f'<Authenticate xmlns="{NS}"><accessKey>{NL_KEY}</accessKey></Authenticate>',
        envelope=envelope,
        headers=headers,
    )
    bad = yuki.post(
        "Sales",
        f'<Authenticate xmlns="{NS}"><accessKey>no</accessKey></Authenticate>',
        envelope=envelope,
        headers=headers,
    )
    assert good.root.tag == f"{{{envelope}}}Envelope"
    assert good.response.headers["Content-Type"].startswith("application/soap+xml")
    assert (bad.status, "Invalid access key" in bad.one("Text")) == (500, True)


def test_an_import_response_has_its_own_namespace_and_children_without_one(yuki: Yuki, session: str) -> None:
    reply = yuki.send(session, invoice())
    response = reply.elements("SalesInvoicesImportResponse")[0]
    assert response.tag == f"{{{RESPONSE_NS}}}SalesInvoicesImportResponse"
    assert [child.tag for child in response] == [
        "TimeStamp", "AdministrationId", "TotalSucceeded", "TotalFailed", "TotalSkipped", "Invoice",
    ]  # fmt: skip
    assert [child.tag for child in response[5]] == [
        "Succeeded", "Processed", "EmailSent", "Reference", "Subject", "Contact", "Message",
    ]  # fmt: skip


def test_the_older_import_response_can_be_had(yuki: Yuki, session: str) -> None:
    yuki.control("mode", {"response_form": "2012"})
    reply = yuki.send(session, invoice())
    assert reply.elements("Invoice")[0].tag == f"{{{RESPONSE_NS}}}Invoice"
    assert reply.all("Contact") == []


def test_lists_lie_outside_yukis_namespace_and_typed_results_in_it(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice())
    assert yuki.open_items(session).elements("Item")[0].tag == "Item"
    items = yuki.call("Sales", "GetSalesItems", sessionID=session, administrationID=NL_ADMINISTRATION)
    assert items.elements("SalesItem")[0].tag == f"{{{NS}}}SalesItem"


def test_an_empty_list_is_an_empty_element(yuki: Yuki, session: str) -> None:
    assert '<OutstandingDebtorItems xmlns=""/>' in yuki.open_items(session).text


def test_a_parameter_in_the_wrong_case_is_null(yuki: Yuki, session: str) -> None:
    document = f'<SalesInvoices xmlns="{INVOICE_NS}">{invoice()}</SalesInvoices>'
    wrong = sending(session, document, name="sessionID")
    assert "Invalid session ID" in yuki.post("Sales", wrong).fault
    assert (
        "Invalid session ID"
        in yuki.call("Sales", "GetSalesItems", sessionId=session, administrationID=NL_ADMINISTRATION).fault
    )
    assert "Invalid document ID" in yuki.call("Archive", "FindDocument", sessionID=session, documentId="x").fault
    assert yuki.sales() == []


def test_a_document_that_inherits_yukis_namespace_is_not_known(yuki: Yuki, session: str) -> None:
    body = sending(session, f"<SalesInvoices>{invoice()}</SalesInvoices>")
    assert "Could not find schema information" in yuki.post("Sales", body).fault


def test_a_document_sent_as_text_has_no_root(yuki: Yuki, session: str) -> None:
    reply = yuki.call(
        "Sales",
        "ProcessSalesInvoices",
        sessionId=session,
        administrationId=NL_ADMINISTRATION,
        xmlDoc="<SalesInvoices/>",
    )
    assert "Root element is missing" in reply.fault


def test_the_soap_action_may_be_missing_but_not_be_another(yuki: Yuki) -> None:
    body = f'<Authenticate xmlns="{NS}"><accessKey>{NL_KEY}</accessKey></Authenticate>'
    assert yuki.post("Sales", body, headers={"SOAPAction": f'"{NS}Authenticate"'}).status == 200
    assert yuki.post("Sales", body).status == 200
    assert "did not recognize" in yuki.post("Sales", body, headers={"SOAPAction": f'"{NS}Domains"'}).fault


@pytest.mark.parametrize(
    "body", ["<Authenticate/>", f'<NoSuchThing xmlns="{NS}"/>', "<unclosed>", f'<GetGLAccountScheme xmlns="{NS}"/>']
)
def test_what_the_service_does_not_have_is_a_fault(yuki: Yuki, body: str) -> None:
    assert yuki.post("Sales", body).fault


def test_a_doctype_is_refused(yuki: Yuki) -> None:
    data = '<!DOCTYPE a [<!ENTITY b "c">]><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"/>'
    answer = yuki.http.post(f"{yuki.url}/ws/Sales.asmx", data=data, headers={"Content-Type": "text/xml"}, timeout=30)
    assert (answer.status_code, "DTD is prohibited" in answer.text) == (500, True)


def test_another_content_type_is_not_soap(yuki: Yuki) -> None:
    assert yuki.post("Sales", "", headers={"Content-Type": "application/json"}).status == 415


def test_a_wrong_sort_order_names_itself(yuki: Yuki, session: str) -> None:
    given = {"startDate": "2026-01-01", "endDate": "2026-12-31", "numberOfRecords": 10, "startRecord": 0}
    reply = yuki.call("Archive", "DocumentsInTab", sessionID=session, tabID=201, sortOrder="0", **given)
    assert "'0' is not a valid value for DocumentSortOrder" in reply.fault


@pytest.mark.parametrize(
    ("value", "fits"), [("2026-01-31", True), ("2026-01-31T00:00:00", True), ("31-01-2026", False)]
)
def test_dates_come_with_or_without_a_time(yuki: Yuki, session: str, value: str, fits: bool) -> None:
    reply = yuki.open_items(session, "OutstandingDebtorItemsByDateOutstanding", dateOutstanding=value)
    assert (reply.status == 200) is fits


def test_get_and_post_answer_without_an_envelope(yuki: Yuki) -> None:
    key = {"accessKey": NL_KEY}
    answer = yuki.http.get(f"{yuki.url}/ws/Accounting.asmx/Authenticate", params=key, timeout=30)
    session = answer.text.split(">")[-2].removesuffix("</string")
    listed = yuki.http.post(f"{yuki.url}/ws/Accounting.asmx/Administrations", data={"sessionID": session}, timeout=30)
    wrong = yuki.http.get(f"{yuki.url}/ws/Accounting.asmx/Administrations", params={"sessionId": session}, timeout=30)
    assert f'<string xmlns="{NS}">' in answer.text
    assert listed.text.count("<Administration ID=") == 1
    assert (wrong.status_code, wrong.text) == (500, "Missing parameter: sessionID.\n")


def test_the_schema_can_be_fetched_where_yuki_says(yuki: Yuki) -> None:
    path = yuki.call("Sales", "SalesInvoiceSchemaPath").one("SalesInvoiceSchemaPathResult")
    assert "salesinvoices" in yuki.http.get(path, timeout=30).text


def test_one_connection_serves_many_calls(yuki: Yuki) -> None:
    answers = [yuki.call("Sales", "Authenticate", accessKey=NL_KEY).response for _ in range(3)]
    assert all("close" not in one.headers.get("Connection", "") for one in answers)
