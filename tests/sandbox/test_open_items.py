"""What is open, what is paid, and how it shows on the ledger accounts."""

from decimal import Decimal

import pytest

from tests.sandbox.client import Yuki, invoice, line
from webapp.sandbox.yuki.opening import BE_ADMINISTRATION, NL_ADMINISTRATION


def test_a_booked_invoice_is_open_with_its_amounts_and_ids(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", contact="<ContactCode>C1</ContactCode><FullName>Klant</FullName><City>Gent</City>"))
    reply = yuki.open_items(session)
    assert (reply.one("OpenAmount"), reply.one("OriginalAmount"), reply.one("DueDate")) == (
        "121.00",
        "121.00",
        "2026-04-01",
    )
    assert (reply.attributes("Type"), reply.one("Type"), reply.one("PaymentMethod")) == (
        ["6"],
        "Verkoopfactuur",
        "Overschrijving",
    )
    assert (reply.one("ContactCode"), reply.one("City")) == ("C1", "Gent")
    assert reply.one("DocumentID") == yuki.sales()[0]["document"]


def test_labels_follow_the_language_of_the_session(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice())
    yuki.call("Sales", "SetLanguage", sessionID=session, language="en")
    assert yuki.open_items(session).one("Type") == "Sales invoice"


def test_a_part_payment_lowers_what_is_open_and_the_rest_ends_it(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"))
    assert yuki.control("pay", {"reference": "A", "amount": "100.00", "date": "2026-03-10"})["open"] == "21.00"
    assert (yuki.open_items(session).one("OpenAmount"), yuki.open_items(session).one("OriginalAmount")) == (
        "21.00",
        "121.00",
    )
    yuki.control("pay", {"reference": "A"})
    assert yuki.open_items(session).elements("Item") == []
    assert [one["amount"] for one in yuki.sales()[0]["payments"]] == ["100.00", "21.00"]


def test_a_payment_that_bounces_opens_the_invoice_again(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"))
    yuki.control("pay", {"reference": "A"})
    yuki.control("pay", {"reference": "A", "amount": "-121.00"})
    assert yuki.open_items(session).one("OpenAmount") == "121.00"


@pytest.mark.parametrize(
    "body",
    [
        {"reference": "A", "amount": "121.01"},
        {"reference": "A", "amount": "-0.01"},
        {"reference": "A", "amount": "0"},
        {"reference": "A", "amount": "1.001"},
        {"reference": "A", "amount": "NaN"},
        {"reference": "A", "amount": "12,00"},
        {"reference": "A", "date": "yesterday"},
        {"reference": "nobody's"},
        {},
    ],
)
def test_a_payment_that_does_not_fit_is_refused_with_a_sentence(yuki: Yuki, session: str, body: dict[str, str]) -> None:
    yuki.send(session, invoice("A"))
    assert yuki.control("pay", body, expect=400)["error"].endswith(".")
    assert yuki.sales()[0]["open"] == "121.00"


def test_a_credit_note_is_a_negative_open_item_that_is_paid_back(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("C", line(quantity="-1")))
    assert yuki.open_items(session).one("OpenAmount") == "-121.00"
    assert yuki.control("pay", {"reference": "C", "amount": "-21.00"})["open"] == "-100.00"
    assert yuki.control("pay", {"reference": "C"})["open"] == "0.00"


@pytest.mark.parametrize("method", ["CreditCard", "DebitCard", "Cash", "iDeal", "Online"])
def test_what_is_paid_by_card_or_cash_never_becomes_an_open_item(yuki: Yuki, session: str, method: str) -> None:
    yuki.send(session, invoice("A", method=method))
    assert yuki.open_items(session).elements("Item") == []
    assert yuki.call("Accounting", "CheckOutstandingItem", sessionID=session, Reference="A").elements("Item") == []
    assert yuki.control("pay", {"reference": "A"}, expect=400)
    assert len(yuki.sales()) == 1


@pytest.mark.parametrize("method", ["", "Unspecified", "DirectDebit", "ToSettle"])
def test_other_methods_are_open(yuki: Yuki, session: str, method: str) -> None:
    yuki.send(session, invoice("A", method=method))
    assert yuki.open_items(session).all("Reference") == ["A"]


def test_one_item_is_checked_by_its_reference(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"), invoice("B"))
    anywhere = yuki.call("Accounting", "CheckOutstandingItem", sessionID=session, Reference="A")
    here = yuki.call(
        "Accounting", "CheckOutstandingItemAdmin", sessionID=session, administrationID=NL_ADMINISTRATION, Reference="A"
    )
    there = yuki.call(
        "Accounting", "CheckOutstandingItemAdmin", sessionID=session, administrationID=BE_ADMINISTRATION, Reference="A"
    )
    assert (anywhere.all("Reference"), here.all("Reference"), there.all("Reference")) == (["A"], ["A"], [])
    assert (len(there.elements("OutstandingItems")), here.all("DocumentID")) == (1, [])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("DateAsc", "ABC"),
        ("DateDesc", "CBA"),
        ("AmountDesc", "BAC"),
        ("AmountAsc", "CAB"),
        ("ContactAsc", "CBA"),
        ("ContactDesc", "ABC"),
    ],
)
def test_open_items_are_sorted(yuki: Yuki, session: str, order: str, expected: str) -> None:
    given = [("A", "2026-03-01", "20", "Zus"), ("B", "2026-03-02", "30", "Mies"), ("C", "2026-03-03", "10", "Aap")]
    yuki.send(
        session,
        *(
            invoice(ref, line(price=price), date=date, contact=f"<FullName>{name}</FullName>")
            for ref, date, price, name in given
        ),
    )
    assert "".join(yuki.open_items(session, sortOrder=order).all("Reference")) == expected


def test_open_items_of_a_period_and_as_of_a_day(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", date="2026-03-01"), invoice("B", date="2026-03-15"))
    yuki.control("pay", {"reference": "A", "date": "2026-03-20"})
    period = yuki.open_items(session, "OutstandingDebtorItemsByDate", startDate="2026-03-10", endDate="2026-03-31")
    before = yuki.open_items(session, "OutstandingDebtorItemsByDateOutstanding", dateOutstanding="2026-03-10")
    after = yuki.open_items(session, "OutstandingDebtorItemsByDateOutstanding", dateOutstanding="2026-03-20")
    assert (period.all("Reference"), before.all("Reference"), after.all("Reference")) == (["B"], ["A"], ["B"])


def test_the_payment_reference_comes_along_where_it_is_asked_for(yuki: Yuki, session: str) -> None:
    wanted = invoice("A").replace("<Process>", "<PaymentID>+++090/9337/55493+++</PaymentID><Process>")
    yuki.send(session, wanted)
    reply = yuki.open_items(
        session, "OutstandingDebtorWithPaymentReference", startDate="2026-01-01", endDate="2026-12-31"
    )
    assert reply.one("PaymentReference") == "+++090/9337/55493+++"


def test_an_unmatched_receipt_shows_only_with_the_bank_s_lines(yuki: Yuki, session: str) -> None:
    yuki.control("receipt", {"administration": NL_ADMINISTRATION, "amount": "50.00", "date": "2026-03-05"})
    assert yuki.open_items(session).elements("Item") == []
    reply = yuki.open_items(session, includeBankTransactions="true")
    assert (reply.one("OpenAmount"), reply.one("Reference"), reply.attributes("Type")) == ("-50.00", "", [""])


def test_there_are_creditors_from_the_start(yuki: Yuki, session: str) -> None:
    reply = yuki.open_items(session, "OutstandingCreditorItems")
    assert (reply.all("Reference"), set(reply.attributes("Type"))) == (["PN-2026-77", "F26-0031"], {"2"})
    yuki.control("pay", {"reference": "PN-2026-77"})
    assert yuki.open_items(session, "OutstandingCreditorItems").all("Reference") == ["F26-0031"]


def test_bookings_and_payments_stand_on_the_debtors_account(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"), invoice("K", method="iDeal"))
    yuki.control("pay", {"reference": "A", "amount": "100.00", "date": "2026-03-10"})
    period = {"StartDate": "2026-01-01", "EndDate": "2026-12-31"}
    given = {"sessionID": session, "administrationID": NL_ADMINISTRATION}
    plain = yuki.call("Accounting", "GLAccountTransactions", **given, GLAccountCode="13000", **period)
    detail = yuki.call(
        "AccountingInfo", "GetTransactionDetails", **given, GLAccountCode="13000", **period, financialMode=0
    )
    everything = yuki.call(
        "AccountingInfo", "GetTransactionDetails", **given, GLAccountCode="", **period, financialMode=0
    )
    assert plain.all("Amount") == ["121.00", "-100.00"]
    # A bank line's document is its statement: that it was matched with A stands in no field.
    assert (detail.all("transactionAmount"), detail.all("documentReference")) == (["121.00", "-100.00"], ["A", ""])
    assert detail.all("documentType") == ["TRMDocumentTypeSalesInvoice", "TRMDocumentTypeStatement"]
    assert sum(map(Decimal, everything.all("transactionAmount"))) == 0


def test_the_chart_of_accounts_belongs_to_the_country(yuki: Yuki, session: str) -> None:
    for administration, code in ((NL_ADMINISTRATION, "80000"), (BE_ADMINISTRATION, "700000")):
        reply = yuki.call("AccountingInfo", "GetGLAccountScheme", sessionID=session, administrationID=administration)
        assert code in reply.all("code")
