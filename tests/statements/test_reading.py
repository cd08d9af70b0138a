"""Statements of banks are read as they are: each version and dialect, and a sentence for each bad file."""

from datetime import date
from decimal import Decimal

import pytest

from tests.statements.samples import ACCOUNT, Tx, camt, document, mt940, statement
from webapp.services.statements.camt import read_camt
from webapp.services.statements.mt940 import read_mt940
from webapp.services.statements.raw import Unreadable

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_a_camt_file_of_any_version_gives_its_lines(version: str) -> None:
    (found,) = read_camt(camt([Tx("121.00"), Tx("-20.50", "Huur", "Verhuur B.V.")], version=version))
    assert (found.account, found.currency, found.number, found.difference) == (ACCOUNT, "EUR", "S-1", 0)
    first, second = found.lines
    assert (first.amount, first.booked_on, first.currency) == (Decimal("121.00"), date(2026, 3, 2), "EUR")
    assert (first.name, first.iban, first.text) == (
        "Bakkerij De Korenbloem",
        "NL69INGB0123456789",
        "Factuur 2026-0001",
    )
    assert (second.amount, second.name) == (Decimal("-20.50"), "Verhuur B.V.")
    assert first.end_to_end == "", "NOTPROVIDED is no reference"


def test_a_batch_with_details_that_add_up_is_divided_and_any_other_is_not() -> None:
    def batch(second: str) -> bytes:
        details = "".join(
            f'<TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>'
            f"<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties></TxDtls>"
            for amount, name in (("100.00", "Een"), (second, "Twee"))
        )
        entry = (
            '<Ntry><Amt Ccy="EUR">150.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
            f"<BookgDt><Dt>2026-03-02</Dt></BookgDt><NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>{details}</NtryDtls></Ntry>"
        )
        return document(f"<Stmt><Id>1</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>{entry}</Stmt>")

    (divided,) = read_camt(batch("50.00"))
    assert [(one.name, one.amount) for one in divided.lines] == [("Een", Decimal(100)), ("Twee", Decimal(50))]
    (whole,) = read_camt(batch("49.00"))
    assert [one.amount for one in whole.lines] == [Decimal(150)]
    assert whole.undivided == 1


def test_reversals_charges_and_what_is_pending_are_told_apart() -> None:
    bounced = Tx("-121.00", extra="<RvslInd>true</RvslInd>")
    costs = Tx("119.50", extra='<Chrgs><Rcrd><Amt Ccy="EUR">1.50</Amt></Rcrd></Chrgs>')
    content = camt([bounced, costs]).replace(
        b"</Stmt>", b'<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts></Ntry></Stmt>'
    )
    (found,) = read_camt(content)
    assert [(one.amount, one.reversal, one.charges) for one in found.lines] == [
        (Decimal("-121.00"), True, Decimal(0)),
        (Decimal("119.50"), False, Decimal("1.50")),
    ]
    assert found.pending == 1


def test_a_structured_reference_stands_beside_the_text() -> None:
    content = camt([Tx("1.00", "x")]).replace(
        b"<Ustrd>x</Ustrd>", b"<Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>"
    )
    assert read_camt(content)[0].lines[0].reference == "RF18539007547034"


def test_a_file_may_hold_several_statements() -> None:
    content = document(statement([Tx("1.00")], number="1"), statement([], number="2"))
    assert [(one.number, len(one.lines)) for one in read_camt(content)] == [("1", 1), ("2", 0)]


@pytest.mark.parametrize("dialect", ["ing", "abn", "zka", "plain"])
def test_an_mt940_file_of_any_dialect_gives_its_lines(dialect: str) -> None:
    (found,) = read_mt940(mt940([Tx("121.00", "Factuur 2026-0001 dank u"), Tx("-20.50")], dialect=dialect))
    assert (found.account, found.currency, found.number, found.difference) == (ACCOUNT, "EUR", "1", 0)
    first = found.lines[0]
    assert (first.amount, first.booked_on, first.iban) == (Decimal("121.00"), date(2026, 3, 2), "NL69INGB0123456789")
    assert "Factuur 2026-0001 dank u" in first.text
    assert first.name == ("" if dialect == "plain" else "Bakkerij De Korenbloem")


def test_the_turn_of_the_year_and_reversals_of_an_mt940() -> None:
    text = mt940([Tx("5.00", day=date(2026, 12, 31))]).replace(b"2612311231C", b"2612310102RC")
    line = read_mt940(text)[0].lines[0]
    assert (line.booked_on, line.valued_on) == (date(2027, 1, 2), date(2026, 12, 31))
    assert (line.amount, line.reversal) == (Decimal("-5.00"), True)


def test_a_belgian_communication_in_field_86_is_a_reference() -> None:
    content = mt940([Tx("5.00", "+++010/8068/17183+++")], dialect="abn")
    assert read_mt940(content)[0].lines[0].reference == "+++010/8068/17183+++"


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"<Document><open>", "xml", 1),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Document/>', "doctype", None),
        (b"<Invoice/>", "not_camt", 1),
        (document(), "no_statement", 3),
        (camt([Tx("1.00")]).replace(b">1.00<", b">one<"), "amount", 7),
        (camt([Tx("1.00")]).replace(b"<BookgDt><Dt>2026-03-02", b"<BookgDt><Dt>2026-13-02"), "date", 7),
        (camt([Tx("1.00")]).replace(b"<IBAN>NL91ABNA0417164300</IBAN>", b""), "no_account", 5),
    ],
)
def test_a_bad_camt_file_is_refused_with_its_line(content: bytes, code: str, line: int | None) -> None:
    with pytest.raises(Unreadable) as caught:
        read_camt(content)
    assert caught.value.fault.code == f"statement_{code}"
    if line:
        assert caught.value.fault.place.get("line") == line


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"hello", "not_mt940", 1),
        (mt940([Tx("1.00")]).replace(b"260302", b"261302", 2), "date", 4),
        (mt940([Tx("1.00")]).replace(b"C1,00N", b"Q1,00N"), "entry", 5),
        (mt940([Tx("1.00")]).replace(b":60F:C", b":60F:X"), "balance", 4),
    ],
)
def test_a_bad_mt940_file_is_refused_with_its_line(content: bytes, code: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        read_mt940(content)
    assert (caught.value.fault.code, caught.value.fault.place) == (f"statement_{code}", {"line": line})


def test_a_billion_laughs_are_not_heard() -> None:
    bomb = (
        b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Document><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>'
    )
    with pytest.raises(Unreadable):
        read_camt(bomb)
