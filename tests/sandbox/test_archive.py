"""The archive: the documents of booked invoices, paging, changes, and uploads."""

import base64
from typing import Any

import pytest

from tests.sandbox.client import Reply, Yuki, invoice
from webapp.sandbox.yuki.opening import BE_KEY, NL_ADMINISTRATION, NL_KEY


def documents(yuki: Yuki, session: str, operation: str, **more: Any) -> Reply:
    given = {"sortOrder": "CreatedAsc", "numberOfRecords": 100, "startRecord": 0}
    dates = {} if "modifiedSince" in more else {"startDate": "0001-01-01", "endDate": "0001-01-01"}
    return yuki.call("Archive", operation, sessionID=session, **(given | dates | more))


def test_a_booked_invoice_has_a_document_and_a_draft_has_none(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", subject="Werk"), invoice(None, process="false"))
    reply = documents(yuki, session, "DocumentsInTab", tabID=201)
    assert (reply.one("Reference"), reply.one("Amount"), reply.one("VATAmount"), reply.one("Type")) == (
        "A",
        "121.00",
        "21.00",
        "6",
    )
    assert (reply.attributes("Folder"), reply.attributes("Tab"), reply.one("Subject")) == (["2"], ["201"], "Werk")
    assert reply.one("ContactName") == "Bakkerij De Korenbloem"
    assert len(reply.one("Created")) == len("2026-09-06T11:31:38")


@pytest.mark.parametrize(
    ("operation", "parameters", "found"),
    [
        ("DocumentsInFolder", {"folderID": 2}, ["A"]),
        ("DocumentsInFolder", {"folderID": 1}, ["F26-0031", "PN-2026-77"]),
        ("DocumentsByType", {"documentType": 6}, ["A"]),
        ("ModifiedDocumentsByType", {"documentType": 6, "modifiedSince": "2026-03-01"}, ["A"]),
        ("ModifiedDocumentsInFolder", {"folderID": 1, "modifiedSince": "2026-03-01"}, []),
        (
            "SearchDocuments",
            {"searchOption": "All", "searchText": "drukkerij", "folderID": -1, "tabID": -1},
            ["F26-0031"],
        ),
        ("Documents", {}, ["A", "F26-0031", "PN-2026-77"]),
    ],
)
def test_documents_are_listed_by_place_type_and_change(
    yuki: Yuki, session: str, operation: str, parameters: dict[str, Any], found: list[str]
) -> None:
    yuki.send(session, invoice("A"))
    assert sorted(documents(yuki, session, operation, **parameters).all("Reference")) == found


def test_dates_limit_a_list(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", date="2026-03-01"), invoice("B", date="2026-04-01"))
    reply = documents(yuki, session, "DocumentsInTab", tabID=201, startDate="2026-03-15", endDate="2026-04-30")
    assert reply.all("Reference") == ["B"]


@pytest.mark.parametrize("base", [0, 1])
def test_a_list_is_read_page_by_page(yuki: Yuki, session: str, base: int) -> None:
    yuki.control("mode", {"first_record": base})
    yuki.send(session, *(invoice(str(number), date=f"2026-03-0{number}") for number in range(1, 6)))
    pages = [
        documents(
            yuki,
            session,
            "DocumentsInTab",
            tabID=201,
            sortOrder="DocumentDateAsc",
            numberOfRecords=2,
            startRecord=start + base,
        )
        for start in (0, 2, 4, 6)
    ]
    assert [page.all("Reference") for page in pages] == [["1", "2"], ["3", "4"], ["5"], []]


def test_a_key_of_one_administration_sees_its_documents_only(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"))
    document = yuki.sales()[0]["document"]
    assert documents(yuki, yuki.login(NL_KEY), "DocumentsInTab", tabID=201).all("Reference") == ["A"]
    assert documents(yuki, yuki.login(BE_KEY), "DocumentsInTab", tabID=201).all("Reference") == []
    assert (
        "Invalid document ID"
        in yuki.call("Archive", "FindDocument", sessionID=yuki.login(BE_KEY), documentID=document).fault
    )


def test_a_document_gives_its_invoice_back(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A & co"))
    document = yuki.sales()[0]["document"]
    found = yuki.call("Archive", "FindDocument", sessionID=session, documentID=document)
    data = yuki.call("Archive", "DocumentXMLData", sessionID=session, documentID=document)
    text = yuki.call("Archive", "DocumentXMLDataAsString", sessionID=session, documentID=document)
    assert (found.attributes("Document"), data.one("Reference")) == ([document], "A & co")
    assert "<Reference>A &amp; co</Reference>" in text.one("DocumentXMLDataAsStringResult")


def test_wrong_tabs_are_faults(yuki: Yuki, session: str) -> None:
    assert "Invalid Tab ID" in documents(yuki, session, "DocumentsInTab", tabID=999).fault
    yuki.control("mode", {"search_tabs": "fault"})
    search = {"searchOption": "All", "searchText": "", "folderID": -1, "tabID": -1}
    assert "Invalid Tab ID" in documents(yuki, session, "SearchDocuments", **search).fault


def test_folders_and_tabs_are_listed(yuki: Yuki, session: str) -> None:
    folders = yuki.call("Archive", "DocumentFolders", sessionID=session)
    tabs = yuki.call("Archive", "DocumentFolderTabs", sessionID=session, folderID="2")
    assert {"1", "2", "7"} <= set(folders.attributes("DocumentFolder"))
    assert set(folders.all("ProcessedByYuki")) == {"True", "False"}
    assert tabs.attributes("DocumentFolderTab") == ["201"]


def upload(yuki: Yuki, session: str, folder: int = 1, **more: Any) -> Reply:
    given = {
        "sessionID": session,
        "fileName": "bon.pdf",
        "data": base64.b64encode(b"%PDF-1.7").decode(),
        "folder": folder,
    }
    operation = "UploadDocumentWithData" if more else "UploadDocument"
    return yuki.call("Archive", operation, **given, administrationID=NL_ADMINISTRATION, **more)


def test_an_upload_waits_with_no_amount_until_it_is_recognised(yuki: Yuki, session: str) -> None:
    document = upload(yuki, session).one("UploadDocumentResult")
    found = yuki.call("Archive", "FindDocument", sessionID=session, documentID=document)
    assert (found.one("Amount"), found.all("Reference"), found.attributes("Tab")) == ("0.00", [], ["101"])
    said = {
        "document": document,
        "contact": "Taxi Zuid",
        "reference": "T-9",
        "amount": "12.10",
        "vat": "2.10",
        "date": "2026-03-05",
    }
    yuki.control("recognise", said)
    found = yuki.call("Archive", "FindDocument", sessionID=session, documentID=document)
    assert (found.one("Amount"), found.one("Reference"), found.one("ContactName")) == ("12.10", "T-9", "Taxi Zuid")
    assert "T-9" in yuki.open_items(session, "OutstandingCreditorItems").all("Reference")
    assert yuki.control("recognise", said, expect=400)


def test_an_uploaded_sales_invoice_is_of_type_31_on_the_same_tab(yuki: Yuki, session: str) -> None:
    upload(yuki, session, folder=2)
    assert documents(yuki, session, "DocumentsInTab", tabID=201).all("Type") == ["31"]
    assert documents(yuki, session, "DocumentsByType", documentType=6).all("Type") == []


def test_two_uploads_are_two_documents(yuki: Yuki, session: str) -> None:
    assert upload(yuki, session).one("UploadDocumentResult") != upload(yuki, session).one("UploadDocumentResult")


def test_an_upload_says_what_it_is(yuki: Yuki, session: str) -> None:
    data = {
        "currency": "EUR",
        "amount": "12.10",
        "costCategory": "40300",
        "paymentMethod": 5,
        "project": "",
        "remarks": "Lunch",
    }
    document = upload(yuki, session, **data).one("UploadDocumentWithDataResult")
    (kept,) = [one for one in yuki.look("ledger")["documents"] if one["id"] == document]
    assert (kept["amount"], kept["data"]["remarks"], kept["data"]["paymentMethod"]) == ("12.10", "Lunch", "5")


@pytest.mark.parametrize(
    ("folder", "more"), [(99, {}), (1, {"paymentMethod": 3, "amount": "1"}), (1, {"currency": "XXX", "amount": "1"})]
)
def test_a_wrong_upload_is_a_fault(yuki: Yuki, session: str, folder: int, more: dict[str, Any]) -> None:
    before = len(yuki.look("ledger")["documents"])
    assert upload(yuki, session, folder, **more).fault
    assert len(yuki.look("ledger")["documents"]) == before
