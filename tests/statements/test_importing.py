"""Statements are taken in once: the same twice, overlapping and shuffled ones bring nothing new."""

from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.statements.samples import Tx, camt, document, mt940, statement
from webapp.services.actors import person
from webapp.services.statements import Imported, import_statements, read
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import current, transaction
from webapp.store.statements import BankLine, BankStatement

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)
A, B, C = Tx("121.00"), Tx("60.50", "Factuur 2026-0002"), Tx("-20.00", "Huur", "Verhuur B.V.")
COFFEE = Tx("2.50", "koffie", bank_reference="")


def take(organisation: Organisation, content: bytes, name: str = "bank.xml") -> Imported:
    reading = read(name, content)
    assert reading.fault is None, reading.fault
    return import_statements(person(organisation.id, "Staff"), reading)


def amounts(organisation: Organisation) -> list[str]:
    rows = current().scalars(select(Payment.amount).where(Payment.organisation_id == organisation.id))
    return sorted(f"{amount:.2f}" for amount in rows)


def lines(organisation: Organisation) -> int:
    query = select(func.count()).select_from(BankLine).where(BankLine.organisation_id == organisation.id)
    return current().scalar(query) or 0


def test_what_came_in_becomes_a_payment_and_what_went_out_stays_a_line(organisation: Organisation) -> None:
    found = take(organisation, camt([A, B, C]))
    assert found.fresh == 3
    assert amounts(organisation) == ["121.00", "60.50"]
    payment = current().scalars(select(Payment).where(Payment.id == found.payment_ids[0])).one()
    assert (payment.source, payment.iban, payment.contact_name) == ("statement", A.iban, A.name)
    assert (payment.received_on, payment.seen_on, payment.account) == (DAY, False, "NL91ABNA0417164300")
    assert payment.fact["text"] == "Factuur 2026-0001"


def test_the_same_statement_twice_changes_nothing(organisation: Organisation) -> None:
    take(organisation, camt([A, B, C]))
    again = take(organisation, camt([A, B, C]), "copy.xml")
    assert again.statements[0].repeated
    assert (again.fresh, again.payment_ids) == (0, ())
    assert amounts(organisation) == ["121.00", "60.50"]


def test_overlapping_statements_bring_only_what_is_new(organisation: Organisation) -> None:
    take(organisation, camt([A, B]))
    overlapping = take(organisation, camt([B, C, COFFEE], opening="1121.00", number="S-2"))
    assert overlapping.fresh == 2
    assert amounts(organisation) == ["121.00", "2.50", "60.50"]


def test_two_equal_transactions_of_a_day_are_two(organisation: Organisation) -> None:
    take(organisation, camt([COFFEE, COFFEE]))
    assert amounts(organisation) == ["2.50", "2.50"]
    take(organisation, camt([A, COFFEE, COFFEE], number="S-2", opening="879.00"))
    assert amounts(organisation) == ["121.00", "2.50", "2.50"]


def test_equal_transactions_in_two_statements_of_one_day_are_two_when_the_balances_connect(
    organisation: Organisation,
) -> None:
    take(organisation, camt([COFFEE], number="1", opening="100.00"))
    take(organisation, camt([COFFEE], number="2", opening="102.50"))
    assert amounts(organisation) == ["2.50", "2.50"]
    take(organisation, camt([COFFEE, COFFEE], number="whole day", opening="100.00"))
    assert amounts(organisation) == ["2.50", "2.50"]


_marks = count(1)
PIECES = (
    camt([COFFEE, A], number="1", opening="100.00"),
    camt([COFFEE, B], number="2", opening="223.50"),
    camt([COFFEE, A, COFFEE, B], number="day", opening="100.00"),
    camt([Tx("7.00", day=NEXT)], number="3", opening="286.50"),
)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 0, 3, 2), (2, 1, 0, 3), (0, 2, 1, 3), (1, 2, 0, 3), (3, 1, 0, 2)])
def test_the_order_of_the_files_does_not_matter(organisation: Organisation, order: tuple[int, ...]) -> None:
    for place in order:
        take(organisation, PIECES[place])
    assert amounts(organisation) == ["121.00", "2.50", "2.50", "60.50", "7.00"]
    for place in order:
        assert take(organisation, PIECES[place]).fresh == 0


def test_the_same_days_as_mt940_and_as_camt_are_the_same(organisation: Organisation) -> None:
    take(organisation, camt([A, B, C]))
    other = take(organisation, mt940([A, B, C]), "bank.sta")
    assert other.statements[0].repeated
    assert lines(organisation) == 3


def test_another_organisation_has_its_own(organisation: Organisation, other_organisation: Organisation) -> None:
    take(organisation, camt([A]))
    assert take(other_organisation, camt([A])).fresh == 1


def test_a_sum_that_does_not_fit_is_said_and_nothing_is_smoothed(organisation: Organisation) -> None:
    found = take(organisation, camt([A], opening="1000.00", closing="1130.00"))
    assert str(found.statements[0].difference) == "9.00"
    assert current().scalars(select(BankStatement.difference)).one() == 9
    assert amounts(organisation) == ["121.00"]


def test_a_statement_that_is_missing_is_said(organisation: Organisation) -> None:
    first = take(organisation, camt([A], number="1", opening="0.00"))
    assert first.gaps == ()
    third = take(organisation, camt([Tx("1.00", day=date(2026, 3, 5))], number="3", opening="200.00"))
    assert [(str(gap.closed_with), str(gap.opened_with)) for gap in third.gaps] == [("121.00", "200.00")]
    second = take(organisation, camt([Tx("79.00", "tussenin", day=NEXT)], number="2", opening="121.00"))
    assert second.gaps == ()


def test_a_statement_twice_in_one_file_is_one(organisation: Organisation) -> None:
    assert take(organisation, document(statement([A]), statement([A]))).fresh == 1


def test_what_was_broken_off_goes_on_where_it_was(organisation: Organisation) -> None:
    """The payments are there, the lines not yet: the same file again adds these, and no second payment."""
    take(organisation, camt([A, B]))
    with transaction() as session:
        session.query(BankLine).delete()
        session.query(BankStatement).delete()
    assert take(organisation, camt([A, B])).fresh == 2
    assert amounts(organisation) == ["121.00", "60.50"]
    assert lines(organisation) == 2


@pytest.mark.portable
@pytest.mark.parametrize("content", [b"", b"   ", b"<x", b"hello", camt([A]).replace(b">121.00<", b">12a<")])
def test_of_a_bad_file_nothing_is_kept(organisation: Organisation, content: bytes) -> None:
    assert read("bank.xml", content).fault is not None
    assert lines(organisation) == 0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from((A, B, COFFEE, COFFEE)), min_size=1, max_size=6),
    st.lists(st.integers(0, 5), min_size=1, max_size=4),
)
def test_any_pieces_of_a_day_give_each_transaction_once(
    organisation: Organisation, day: list[Tx], cuts: list[int]
) -> None:
    """Pieces that reach to the end of the day in any order, then the whole day: the whole day is what counts."""
    mark = next(_marks)
    marked = [Tx(tx.amount, f"{tx.text} {mark}", tx.name, tx.iban) for tx in day]
    before = len(amounts(organisation))
    for start in cuts:
        piece = marked[min(start, len(marked) - 1) :]
        take(organisation, camt(piece, number=f"{mark}-{start}", opening=str(1000 + mark)))
    take(organisation, camt(marked, number=f"{mark}-all", opening=str(1000 + mark)))
    assert len(amounts(organisation)) == before + len(marked)
    assert take(organisation, camt(marked, number=f"{mark}-again", opening=str(1000 + mark))).fresh == 0
