"""The list of documents: its size, order, paging, filters, and the amounts in it."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.sandbox.billingo.client import Billingo
from webapp.sandbox.billingo import create_app
from webapp.sandbox.billingo.opening import OTHER_KEY
from webapp.sandbox.server import start

DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_reset_makes_282_documents_with_581_items_on_three_pages(billingo: Billingo) -> None:
    bodies = [billingo.read("documents", page=page, per_page=100) for page in (1, 2, 3)]
    assert [len(one["data"]) for one in bodies] == [100, 100, 82]
    assert {(one["total"], one["per_page"], one["last_page"]) for one in bodies} == {(282, 100, 3)}
    assert [one["current_page"] for one in bodies] == [1, 2, 3]
    documents = [one for body in bodies for one in body["data"]]
    assert sum(len(one["items"]) for one in documents) == 581
    assert max(len(one["items"]) for one in documents) >= 19
    assert len({one["id"] for one in documents}) == 282


def test_the_newest_come_first(billingo: Billingo) -> None:
    ids = [one["id"] for one in billingo.all()]
    assert ids == sorted(ids, reverse=True)
    made = billingo.control("insert")
    assert billingo.page(1, 1)[0]["id"] == made["id"]


def test_a_page_says_where_the_next_and_the_one_before_are(billingo: Billingo) -> None:
    first = billingo.read("documents", per_page=100, type="invoice")
    assert first["prev_page_url"] is None
    answer = billingo.http.get(first["next_page_url"], headers={"X-API-KEY": str(billingo.key)}, timeout=30).json()
    assert (answer["current_page"], answer["per_page"]) == (2, 100)
    assert {one["type"] for one in answer["data"]} <= {"invoice", "gyujtoszamla"}


def test_25_are_on_a_page_that_does_not_say_how_many_and_none_beyond_the_last(billingo: Billingo) -> None:
    assert len(billingo.read("documents")["data"]) == 25
    assert billingo.read("documents", page=999)["data"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"per_page": "101"}, "per_page"),
        ({"per_page": "0"}, "per_page"),
        ({"page": "one"}, "page"),
        ({"start_date": "2026-02-30"}, "start_date"),
        ({"last_modified_date": "2026-02-03"}, "last_modified_date"),
        ({"type": "nothing"}, "type"),
        ({"payment_status": "unpaid"}, "payment_status"),
        ({"payment_method": "gold"}, "payment_method"),
        ({"start_number": "1"}, "start_year"),
        ({"end_year": "2026"}, "end_number"),
        ({"block_id": "x"}, "block_id"),
    ],
)
def test_a_parameter_that_does_not_hold_is_named(billingo: Billingo, query: dict[str, str], field: str) -> None:
    answer = billingo.get("documents", **query)
    assert answer.status_code == 422
    body = answer.json()
    assert (body["message"], [one["field"] for one in body["errors"]]) == ("Validation Failed", [field])


def test_every_filter_gives_just_what_fits(billingo: Billingo) -> None:
    billingo.control("mode", {"quirks": False, "rate_limit": 0})
    everything = billingo.all()
    sample = everything[150]
    partner, block = sample["document_partner"]["id"], sample["block_id"]
    day, late = sample["invoice_date"], sample["fulfillment_date"]

    def ids(**query: object) -> set[int]:
        return {one["id"] for one in billingo.all(**query)}

    def fits(test: object) -> set[int]:
        return {one["id"] for one in everything if test(one)}  # type: ignore[operator]

    assert ids(partner_id=partner) == fits(lambda one: one["partner"]["id"] == partner) != set()
    assert ids(block_id=block) == fits(lambda one: one["block_id"] == block)
    assert ids(payment_method="cash") == fits(lambda one: one["payment_method"] == "cash")
    for status in ("paid", "partially_paid", "outstanding", "expired", "none"):
        assert ids(payment_status=status) == fits(lambda one, wanted=status: one["payment_status"] == wanted) != set()
    for kind in ("draft", "proforma", "cancellation", "receipt", "modification", "advance"):
        assert ids(type=kind) == fits(lambda one, wanted=kind: one["type"] == wanted) != set()
    assert ids(start_date=day) == fits(lambda one: one["invoice_date"] >= day)
    assert ids(end_date=day) == fits(lambda one: one["invoice_date"] <= day)
    assert ids(start_date=day, end_date=day) == fits(lambda one: one["invoice_date"] == day) != set()
    assert ids(fulfillment_start_date=late) == fits(lambda one: one["fulfillment_date"] >= late)
    paid = ("paid", "partially_paid")
    assert ids(paid_start_date=day) == fits(lambda one: one["payment_status"] in paid and one["paid_date"] >= day)
    assert ids(paid_end_date=day) == fits(lambda one: one["payment_status"] in paid and one["paid_date"] <= day)
    name = sample["partner"]["name"]
    assert ids(query=name.upper()) == fits(lambda one: name in one["partner"]["name"])
    assert len(ids(query="INV-2026-1", type="invoice")) > 1


def test_numbers_are_asked_for_with_their_years(billingo: Billingo) -> None:
    found = billingo.all(start_number=5, start_year=2026, end_number=7, end_year=2026, block_id=200001)
    assert [one["invoice_number"] for one in found] == ["INV-2026-7", "INV-2026-6", "INV-2026-5"]


def test_numbers_run_without_a_gap_on_each_pad(billingo: Billingo) -> None:
    seen: dict[str, list[int]] = {}
    for one in billingo.all():
        if one["type"] != "draft" and one["invoice_number"]:
            pad, _, number = one["invoice_number"].rpartition("-")
            seen.setdefault(pad, []).append(int(number))
    assert len(seen) >= 4
    assert all(numbers == list(range(len(numbers), 0, -1)) for numbers in seen.values())


def test_what_was_modified_since_is_asked_in_the_time_of_budapest() -> None:
    times = [DAY]
    with start(create_app(clock=lambda: times[0])) as server:
        billingo = Billingo(server.url)
        times[0] += timedelta(hours=2)
        old = billingo.ledger(last=200)[-1]
        billingo.control("modify", {"id": old["id"]})
        assert [one["id"] for one in billingo.all(last_modified_date="2026-03-02 12:00:00")] == [old["id"]]
        assert billingo.all(last_modified_date="2026-03-02 12:00:01") == []
        billingo.control("mode", {"modified_from": "exclusive"})
        assert billingo.all(last_modified_date="2026-03-02 12:00:00") == []
        billingo.control("mode", {"time_zone": "UTC"})
        assert len(billingo.all(last_modified_date="2026-03-02 10:59:59")) == 1
        billingo.http.close()


def test_whether_a_payment_modifies_a_document_can_be_chosen() -> None:
    times = [DAY]
    with start(create_app(clock=lambda: times[0])) as server:
        billingo = Billingo(server.url)
        times[0] += timedelta(hours=1)
        unpaid = next(one for one in billingo.ledger() if one["open"] != "0.00")
        billingo.control("pay", {"id": unpaid["id"]})
        assert [one["id"] for one in billingo.all(last_modified_date="2026-03-02 11:00:00")] == [unpaid["id"]]
        billingo.control("mode", {"payments_modify": False})
        assert billingo.all(last_modified_date="2026-03-02 11:00:00") == []
        billingo.http.close()


def test_the_same_seed_gives_the_same_documents_and_another_gives_others() -> None:
    with start(create_app(clock=lambda: DAY)) as server:
        billingo = Billingo(server.url)
        billingo.control("mode", {"rate_limit": 0})
        first = billingo.get("documents", per_page=100, page=2).content
        billingo.control("reset", {"seed": 1})
        assert billingo.get("documents", per_page=100, page=2).content == first
        billingo.control("reset", {"seed": 2})
        assert billingo.get("documents", per_page=100, page=2).content != first
        billingo.http.close()


def test_amounts_are_json_numbers_whole_where_they_are_whole(billingo: Billingo) -> None:
    text = billingo.get("documents", per_page=100).text
    written = re.findall(r'"(?:gross_total|net_amount|quantity|net_unit_amount|price)":([^,}]+)', text)
    assert all(re.fullmatch(r"-?\d+(\.\d*[1-9])?", one) for one in written)
    assert any("." in one for one in written)
    assert any("." not in one for one in written)


def test_lines_add_up_and_only_forints_are_rounded_at_the_end(billingo: Billingo) -> None:
    differences = Counter[str]()
    for one in billingo.all():
        for item in one["items"]:
            assert item["gross_amount"] == item["net_amount"] + item["vat_amount"]
            if one["discount"] is None:
                exact = item["net_unit_amount"] * item["quantity"]
                assert abs(exact - item["net_amount"]) <= Decimal("0.005")
        lines = sum((item["gross_amount"] for item in one["items"]), Decimal(0))
        assert one["summary"]["net_amount"] == sum(item["net_amount"] for item in one["items"])
        difference = abs(lines - one["gross_total"])
        assert difference <= (Decimal("2.5") if one["settings"]["round"] == "five" else Decimal("0.5"))
        if one["currency"] in ("EUR", "USD"):
            assert difference == 0
        differences[one["currency"]] += difference != 0
    assert differences["HUF"] > 0


def test_paid_date_is_today_unless_something_was_paid(billingo: Billingo) -> None:
    today = billingo.read("utils/time")["formatted"][:10]
    documents = billingo.all()
    unpaid = [one for one in documents if one["payment_status"] in ("outstanding", "expired", "none")]
    paid = [one for one in documents if one["payment_status"] in ("paid", "partially_paid")]
    assert {one["paid_date"] for one in unpaid} == {today}
    assert len({one["paid_date"] for one in paid}) > 20


def test_missing_values_come_in_three_forms(billingo: Billingo) -> None:
    documents = billingo.all()
    assert {"", "--"} < {one["document_partner"]["account_number"] for one in documents}
    assert {None} < {item["entitlement"] for one in documents for item in one["items"]}
    assert {None} < {item["product_id"] for one in documents for item in one["items"]}
    assert any(one["partner"]["name"] != one["document_partner"]["name"] for one in documents)
    assert max(one["partner"]["id"] for one in documents) > 2**31


def test_tax_numbers_have_the_right_form_and_are_nobodys(billingo: Billingo) -> None:
    codes = {one["document_partner"]["taxcode"] for one in billingo.all()} - {""}
    assert len(codes) > 10
    for code in codes | {billingo.read("organization")["tax_code"]}:
        assert re.fullmatch(r"\d{8}-[1-5]-\d{2}", code)
        total = sum(weight * int(digit) for weight, digit in zip((9, 7, 3, 1, 9, 7, 3), code, strict=False))
        assert (10 - total % 10) % 10 != int(code[7])


def test_a_cancellation_and_its_original_name_one_another(billingo: Billingo) -> None:
    documents = {one["id"]: one for one in billingo.all()}
    stornos = [one for one in documents.values() if one["type"] == "cancellation"]
    assert stornos
    for one in stornos:
        (link,) = one["related_documents"]
        original = documents[link["id"]]
        assert link["invoice_number"] == original["invoice_number"]
        assert (original["cancelled"], original["correction_type"], original["payment_status"]) == (
            True,
            "canceled",
            "none",
        )
        assert one["id"] in {back["id"] for back in original["related_documents"]}
        assert one["gross_total"] == -original["gross_total"]
    billingo.control("mode", {"cancellation_sign": "positive"})
    assert all(one["gross_total"] > 0 for one in billingo.page(type="cancellation"))


def test_what_is_not_known_of_drafts_and_part_payments_can_be_chosen(billingo: Billingo) -> None:
    draft = billingo.page(type="draft")[0]
    assert draft["invoice_number"] == ""
    billingo.control("mode", {"draft_number": "null"})
    assert billingo.read(f"documents/{draft['id']}")["invoice_number"] is None
    billingo.control("mode", {"draft_number": "absent"})
    assert "invoice_number" not in billingo.read(f"documents/{draft['id']}")
    before = len(billingo.page(payment_status="partially_paid"))
    billingo.control("mode", {"overdue_in_part": "expired"})
    assert len(billingo.page(payment_status="partially_paid")) < before
    billingo.control("mode", {"deprecated_partner": False, "types": "narrow"})
    assert "partner" not in billingo.page(1, 1)[0]
    assert billingo.get("documents", type="draft").status_code == 422


def test_an_account_sees_its_own_and_ids_of_another_are_forbidden(billingo: Billingo) -> None:
    other = Billingo(billingo.url, OTHER_KEY)
    own, foreign = other.page(), billingo.page(1, 1)[0]["id"]
    assert 0 < len(own) < 100
    assert other.read("organization")["tax_code"] != billingo.read("organization")["tax_code"]
    assert other.get(f"documents/{foreign}").status_code == 403
    assert other.get(f"documents/{foreign}/payments").status_code == 403
    assert billingo.get(f"partners/{own[0]['partner']['id']}").status_code == 403
    other.http.close()


def test_twenty_thousand_documents_are_served_from_the_first_to_the_last(billingo: Billingo) -> None:
    made = billingo.control("reset", {"documents": 20_000})
    assert (made["documents"], made["items"]) == (20_000, 41_205)
    billingo.control("mode", {"rate_limit": 0})
    seen = [one["id"] for page in (1, 100, 200) for one in billingo.page(page)]
    assert len(seen) == 300
    assert seen == sorted(seen, reverse=True)
    body = json.loads(billingo.get("documents", per_page=1, last_modified_date="2000-01-01 00:00:00").content)
    assert body["total"] == 20_000
    assert date.fromisoformat(body["data"][0]["invoice_date"])
    billingo.control("reset")
