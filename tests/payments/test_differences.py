"""The differences with Yuki, one by one: every cause leads to its invoices and receipts."""

from collections.abc import Callable
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.payments.conftest import Desk
from webapp.queries import differences
from webapp.services import payments
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
    assert "Geen van de verschillen" in client.get(f"{address}?cause=unexplained").text


def test_a_look_without_differences_forgets_those_of_the_last(desk: Desk, log_in: LogIn, viewer: User) -> None:
    desk.booked()
    desk.process()
    desk.books.control("reset")  # as if somebody had begun the books anew
    desk.process()
    assert current().scalars(select(Difference)).all() == []
    assert "Geen verschillen" in log_in(viewer).get(f"/payments/differences/{desk.connection_id}").text
