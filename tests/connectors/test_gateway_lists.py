"""The gateway reads lists: open items, creditors and VAT codes, whole or not at all."""

from datetime import date
from decimal import Decimal

import pytest

from tests.connectors.conftest import Desk
from tests.connectors.loopback import (
    Reply,
    envelope,
    fault,
    html,
    item,
    items,
)
from webapp.connectors.ports import (
    AccessDenied,
    NotUnderstood,
    QuotaExceeded,
    Unavailable,
)

pytestmark = pytest.mark.pure


OPEN = "OutstandingDebtorItems"


def test_open_items_arrive_in_one_call_with_their_amounts_to_the_cent(desk: Desk) -> None:
    receipt = (
        '<Item ID="r-1"><Date>2026-02-05T00:00:00</Date><Description/><Contact/><ContactID/>'
        '<OpenAmount>-99999999.01</OpenAmount><OriginalAmount>-99999999.01</OriginalAmount><Type ID="">Bank</Type>'
        "<Reference/><DueDate/><DocumentID/><PaymentMethod/><ContactCode/></Item>"
    )
    desk.yuki.on(OPEN, items(OPEN, item("2026-0001"), receipt))
    one, other = desk.gateway.open_items()
    assert (one.remote_id, one.reference, one.contact_code) == ("item-2026-0001", "2026-0001", "1122")
    assert (one.open_amount, one.original_amount) == (Decimal("26.40"), Decimal("126.40"))
    assert (one.issue_date, one.due_date, one.type_id) == (date(2026, 2, 1), date(2026, 3, 3), "6")
    assert (other.open_amount, other.type_id, other.due_date) == (Decimal("-99999999.01"), "", None)
    assert desk.yuki.calls == ["Authenticate", OPEN]
    assert "<ns0:includeBankTransactions>true<" in desk.yuki.requests[1][1]


@pytest.mark.parametrize(
    "row",
    [
        item("1").replace("26.40</Open", "26,40</Open"),
        item("1").replace("26.40</Open", "</Open"),
        item("1").replace("126.40", "1.264E2"),
        item("1").replace("126.40", "NaN"),
        item("1").replace("126.40", "١٢"),
        item("1").replace("2026-02-01", "01-02-2026"),
        item("1").replace("2026-02-01", "2026-02-30"),
        item("1", id=" ").replace('ID=" "', 'ID=""'),
    ],
)
def test_an_item_that_cannot_be_read_is_named_and_never_guessed(desk: Desk, row: str) -> None:
    desk.yuki.on(OPEN, items(OPEN, item("0"), row))
    with pytest.raises(NotUnderstood, match=r"item-1|no ID"):
        list(desk.gateway.open_items())


def test_a_list_that_breaks_off_is_never_a_complete_list(desk: Desk) -> None:
    whole = items(OPEN, *(item(str(number)) for number in range(500)))
    desk.yuki.on(OPEN, Reply(whole[: len(whole) // 2]))
    found = desk.gateway.open_items()
    with pytest.raises(NotUnderstood):
        list(found)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(envelope(OPEN, "")), NotUnderstood),
        (Reply(envelope(OPEN, "<Other/>")), NotUnderstood),
        (html(), NotUnderstood),
        (html(503), Unavailable),
        (Reply("", 302, headers={"Location": "/"}), NotUnderstood),
        (Reply("busy", 429, headers={"Retry-After": "7"}), Unavailable),
        (Reply("no", 401), AccessDenied),
        (Reply(items(OPEN), cut_at=40), Unavailable),
        (fault("Object reference not set"), Unavailable),
        (fault("Daily limit exceeded", "1000 free webservice calls a day.", status=200), QuotaExceeded),
    ],
)
def test_a_list_is_not_taken_for_empty_when_it_did_not_come(desk: Desk, reply: Reply, error: type[Exception]) -> None:
    desk.yuki.on(OPEN, reply)
    with pytest.raises(error) as raised:
        desk.gateway.open_items()
    if isinstance(raised.value, Unavailable) and reply.status == 429:
        assert raised.value.retry_after == 7


def test_creditor_items_and_vat_codes_can_be_read(desk: Desk) -> None:
    desk.yuki.on("OutstandingCreditorItems", items("OutstandingCreditorItems", item("P-1", kind="2")))
    code = (
        "<VATCode><description>BTW hoog 21%</description><type>1</type><typeDescription>x</typeDescription>"
        '<percentage>21.00</percentage><startDate xsi:nil="true"/></VATCode>'
    )
    desk.yuki.on("ActiveVATCodesList", envelope("ActiveVATCodesList", code))
    assert [one.reference for one in desk.gateway.creditor_items()] == ["P-1"]
    assert [(one.type, one.percentage) for one in desk.gateway.vat_codes()] == [(1, Decimal("21.00"))]
