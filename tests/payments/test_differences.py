"""The differences with Yuki, one by one: every cause leads to its invoices and receipts."""

from collections.abc import Callable
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.payments.conftest import Desk
from tests.support.records import make_connection
from webapp.queries import differences, open_items
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import payments
from webapp.store.organisations import Organisation
from webapp.store.payments import Difference, Payment
from webapp.store.session import current
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def test_each_cause_leads_to_what_it_is_made_of(desk: Desk, log_in: LogIn, viewer: User) -> None:
    matched, card = desk.booked(), desk.booked("26-0002", payment_method="iDeal")
    desk.books.receive("75.00")
    desk.process()
    (receipt,) = current().scalars(select(Payment))
    payments.allocate(desk.actor, receipt.id, [(matched, Decimal("75.00"))])
    run = desk.process()

    found = differences.show(desk.organisation.id, desk.connection_id)
    assert found is not None
    told = {(row.cause, row.invoice_id, row.payment_id, str(row.difference)) for row in found.rows}
    assert told == {
        ("here_only", matched, None, "75.00"),
        ("here_only", None, receipt.id, "-75.00"),
        ("not_proved", card, None, "-121.00"),
    }
    assert sum((row.difference for row in found.rows), Decimal(0)) == found.comparison.difference
    assert desk.causes(run) == {"here_only": Decimal("0.00"), "not_proved": Decimal("-121.00")}

    client = log_in(viewer)
    address = f"/payments/differences/{desk.connection_id}"
    assert f'href="{address}?cause=not_proved"' in client.get("/payments").text
    page = client.get(f"{address}?cause=here_only").text
    assert f'href="/payments/{receipt.id}"' in page
    assert f'href="/invoices/{matched}"' in page
    assert f'href="/invoices/{card}"' not in page
    assert "Koppel schrijft daar geen betalingen" in page  # what somebody can do about it
    assert "Geen van de verschillen" in client.get(f"{address}?cause=unexplained").text


def test_a_look_without_differences_forgets_those_of_the_last(desk: Desk, log_in: LogIn, viewer: User) -> None:
    desk.booked()
    desk.process()
    desk.books.control("reset")  # as if somebody had begun the books anew
    desk.process()
    assert current().scalars(select(Difference)).all() == []
    assert "Geen verschillen" in log_in(viewer).get(f"/payments/differences/{desk.connection_id}").text


def test_what_is_open_there_and_nobodys_here_has_a_list_with_filters(
    desk: Desk, other_organisation: Organisation, log_in: LogIn, viewer: User
) -> None:
    """Another organisation books in the same administration: what it books is strange to us."""
    client = log_in(viewer)
    assert "niets open dat hier niet bekend is" in client.get("/payments/open-items").text
    neighbour = Desk(
        other_organisation,
        make_connection(other_organisation.id, key=NL_KEY, administration_id=NL_ADMINISTRATION),
        desk.books,
    )
    desk.booked()
    neighbour.booked("B-17", price="10.00", contact="Drukkerij Oost")
    neighbour.booked("B-18", price="20.00")
    desk.process()

    page = client.get("/payments/open-items").text
    assert ("B-17" in page, "B-18" in page, "26-0001" in page) == (True, True, False)
    for query, hits in (("q=oost", 1), ("q=%25", 0), ("side=creditor", 0), ("side=debtor", 2), ("after=1", 0)):
        assert client.get(f"/payments/open-items?{query}").text.count("<tr data-id") == hits, query
    address = f"/payments/open-items?side=debtor&amp;connection={desk.connection_id}"
    assert address in client.get(f"/payments/differences/{desk.connection_id}").text
    assert "/payments/open-items" in client.get("/payments").text
    assert open_items.table(other_organisation.id, open_items.Filters()).count == 0
