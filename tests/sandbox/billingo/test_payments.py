"""Payments, PDFs and public addresses of a document, and what the control API does to it."""

from decimal import Decimal

import pytest

from tests.sandbox.billingo.client import Billingo


def an_open_one(billingo: Billingo) -> dict[str, str]:
    return next(one for one in billingo.ledger() if one["status"] == "outstanding" and one["currency"] == "HUF")


def test_a_payment_in_part_and_then_of_the_rest(billingo: Billingo) -> None:
    one = an_open_one(billingo)
    path = f"documents/{one['id']}"
    billingo.control("pay", {"reference": one["reference"], "amount": "100.50", "date": "2026-02-03"})
    assert billingo.read(path)["payment_status"] == "partially_paid"
    assert billingo.read(path)["paid_date"] == "2026-02-03"
    assert billingo.control("pay", {"id": one["id"]})["open"] == "0.00"
    assert billingo.read(path)["payment_status"] == "paid"
    parts = billingo.read(f"{path}/payments")
    assert [part["price"] for part in parts] == [Decimal("100.5"), Decimal(one["gross"]) - Decimal("100.50")]
    assert parts[0] | {"price": 0} == {
        "date": "2026-02-03",
        "price": 0,
        "payment_method": billingo.read(path)["payment_method"],
        "voucher_number": None,
        "conversion_rate": None,
    }


@pytest.mark.parametrize("amount", ["0", "-1", "99999999999", "1.234", "many"])
def test_a_payment_that_does_not_fit_changes_nothing(billingo: Billingo, amount: str) -> None:
    one = an_open_one(billingo)
    said = billingo.control("pay", {"id": one["id"], "amount": amount}, expect=400)["error"]
    assert said.endswith(".")
    assert billingo.read(f"documents/{one['id']}/payments") == []


def test_nobody_pays_a_draft_or_a_document_that_is_not_there(billingo: Billingo) -> None:
    draft = billingo.control("insert", {"type": "draft"})
    assert "is open on it" in billingo.control("pay", {"id": draft["id"]}, expect=400)["error"]
    assert "There is no document" in billingo.control("pay", {"reference": "INV-1"}, expect=400)["error"]
    assert "There is no document" in billingo.control("pay", {}, expect=400)["error"]


def test_the_payments_of_each_document_make_its_status(billingo: Billingo) -> None:
    billingo.control("mode", {"rate_limit": 0})
    for one in billingo.page(payment_status="partially_paid"):
        paid = sum(part["price"] for part in billingo.read(f"documents/{one['id']}/payments"))
        assert 0 < paid < one["gross_total"]
    for one in billingo.page(payment_status="paid")[:20]:
        assert sum(part["price"] for part in billingo.read(f"documents/{one['id']}/payments")) == one["gross_total"]
    for one in billingo.page(payment_status="outstanding"):
        assert billingo.read(f"documents/{one['id']}/payments") == []


def test_a_pdf_is_not_yet_there_and_then_it_is(billingo: Billingo) -> None:
    path = f"documents/{billingo.page(1, 1)[0]['id']}/download"
    billingo.control("mode", {"pdf_delay": 2})
    first, second, third = (billingo.get(path) for _ in range(3))
    assert [(one.status_code, list(one.json())) for one in (first, second)] == [(202, ["message"])] * 2
    assert (third.status_code, third.headers["Content-Type"]) == (200, "application/pdf")
    assert third.content.startswith(b"%PDF-")
    assert third.content.endswith(b"%%EOF\n")


def test_the_cross_references_of_a_pdf_lead_to_its_objects(billingo: Billingo) -> None:
    billingo.control("mode", {"pdf_delay": 0})
    pdf = billingo.get(f"documents/{billingo.page(1, 1)[0]['id']}/download").content
    table = pdf[int(pdf.rsplit(b"startxref\n", 1)[1].split()[0]) :].splitlines()
    assert table[0] == b"xref"
    for number, line in enumerate(table[3:8], 1):
        assert pdf[int(line.split()[0]) :].startswith(b"%d 0 obj" % number)


def test_a_public_address_asks_for_no_key(billingo: Billingo) -> None:
    address = billingo.read(f"documents/{billingo.page(1, 1)[0]['id']}/public-url")["public_url"]
    assert address.startswith(billingo.url)
    assert billingo.http.get(address, timeout=30).headers["Content-Type"] == "application/pdf"
    assert billingo.http.get(f"{billingo.url}/document-access/nobody", timeout=30).status_code == 404


def test_what_was_never_reported_has_no_status_there(billingo: Billingo) -> None:
    draft = billingo.page(type="draft")[0]["id"]
    answer = billingo.get(f"documents/{draft}/online-szamla")
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "NavOnlineSzamla is not found.")


def test_the_control_api_makes_changes_cancels_and_removes(billingo: Billingo) -> None:
    made = billingo.control("insert", {"lines": 7})
    assert (made["items"], made["type"]) == (7, "invoice")
    billingo.control("modify", {"reference": made["reference"], "comment": "Új szöveg"})
    assert billingo.page(1, 1)[0]["comment"] == "Új szöveg"
    storno = billingo.control("cancel", {"id": made["id"]})
    assert (storno["type"], Decimal(storno["gross"])) == ("cancellation", -Decimal(made["gross"]))
    assert billingo.control("cancel", {"id": made["id"]}, expect=400)["error"].startswith("Only an issued")
    billingo.control("remove", {"id": storno["id"]})
    assert billingo.get(f"documents/{storno['id']}").status_code == 404


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("insert", {"type": "cheque"}),
        ("insert", {"lines": -1}),
        ("insert", {"account": "nobody"}),
        ("insert", [1]),
        ("reset", {"documents": -1}),
        ("reset", {"documents": 5, "items": 4}),
        ("reset", {"documents": 2_000_000}),
        ("reset", {"size": 1}),
        ("mode", {"nothing": 1}),
        ("mode", {"rate_headers": "maybe"}),
        ("faults", [{"operation": "*", "fault": "thunder"}]),
        ("faults", [{"operation": "*", "fault": "insert", "page": "2"}]),
        ("faults", {}),
    ],
)
def test_a_wrong_order_is_refused_in_a_sentence(billingo: Billingo, what: str, body: object) -> None:
    before = billingo.look("ledger")
    assert billingo.control(what, body, expect=400)["error"].endswith(".")
    assert billingo.look("ledger") == before
