"""The life of an invoice: who takes it where, what number it gets, and what may be done with it on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.invoices.conftest import data
from tests.support.records import make_connection, make_invoice
from webapp.extensions import db
from webapp.queries import history, invoice
from webapp.services.actors import Actor, person
from webapp.services.invoices import (
    InvoiceError,
    InvoiceFaults,
    begin_emailing,
    create,
    delete,
    emailing_failed,
    mark_sent,
    move,
    update,
)
from webapp.services.invoicing import change_invoicing
from webapp.store.invoices import Invoice
from webapp.store.session import current, release
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def by(user: User) -> Actor:
    return person(user.organisation_id, user.name, user_id=user.id)


def advance(actor: Actor, invoice_id: int, *steps: str) -> Invoice:
    for step in steps:
        made = move(actor, invoice_id, step)
    return made


def authorised(actor: Actor, **changes: object) -> Invoice:
    made = create(actor, data("", **changes))
    return advance(actor, made.id, "approved", "authorised")


def events(actor: Actor, invoice_id: int) -> list[str]:
    return [one.event for one in reversed(history.of_invoice(actor.organisation_id, invoice_id))]


def test_a_number_is_given_when_an_invoice_is_authorised_and_not_before(actor: Actor) -> None:
    made = create(actor, data("", status="proposed"))
    assert advance(actor, made.id, "draft", "approved").number == ""
    assert advance(actor, made.id, "authorised").number == "2026-0001"
    assert authorised(actor).number == "2026-0002"
    assert authorised(actor, issue_date=date(2027, 1, 4), due_date=None).number == "2027-0001"
    assert events(actor, made.id)[-2:] == ["invoice.authorised", "invoice.numbered"]


def test_a_series_goes_on_where_the_numbers_stand_and_passes_over_those_in_use(actor: Actor) -> None:
    make_invoice(actor.organisation_id, "2026-0041")
    make_invoice(actor.organisation_id, "2025-0099")
    assert authorised(actor).number == "2026-0042"
    make_invoice(actor.organisation_id, "2026-0043")
    assert authorised(actor).number == "2026-0044"


def test_a_number_stays_through_every_change_and_its_invoice_cannot_be_deleted(actor: Actor) -> None:
    made = authorised(actor)
    update(actor, made.id, data("2026-0001", subject="Anders"))
    with pytest.raises(InvoiceFaults, match="number_given"):
        update(actor, made.id, data("2026-0007"))
    with pytest.raises(InvoiceError, match="numbered"):
        delete(actor, made.id)
    view = invoice.show(actor.organisation_id, made.id)
    assert view is not None
    assert view.delete_obstacle == "numbered"
    assert view.invoice.status == "draft"
    assert advance(actor, made.id, "approved", "authorised").number == "2026-0001"
    assert authorised(actor).number == "2026-0002"


def test_a_number_typed_by_hand_is_kept_and_its_draft_may_go_until_the_series_has_passed_it(actor: Actor) -> None:
    typed = create(actor, data("2026-0002"))
    other = create(actor, data("F-7"))
    assert authorised(actor).number == "2026-0003"
    with pytest.raises(InvoiceError, match="numbered"):
        delete(actor, typed.id)
    assert delete(actor, other.id) == "F-7"
    assert advance(actor, typed.id, "approved", "authorised").number == "2026-0002"


def test_what_the_books_number_gets_no_number_here(actor: Actor) -> None:
    assert authorised(actor, process=False).number == ""


def test_many_who_authorise_at_once_leave_no_gap_and_no_number_twice(app: Flask, actor: Actor) -> None:
    ids = [create(actor, data("")).id for _ in range(24)]
    for one in ids:
        move(actor, one, "approved")
    refused = create(actor, data("")).id
    db.session.remove()

    def work(invoice_id: int) -> str:
        with app.app_context():
            try:
                return move(actor, invoice_id, "authorised").number
            except InvoiceError:
                return ""
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        given = sorted(filter(None, pool.map(work, [*ids[:12], refused, *ids[12:]])))
    assert given == [f"2026-{n:04}" for n in range(1, 25)]


def test_while_it_is_being_e_mailed_an_invoice_is_nobodys_to_change(actor: Actor) -> None:
    made = authorised(actor)
    begin_emailing(actor, made.id)
    with pytest.raises(InvoiceError, match="emailing"):
        update(actor, made.id, data("2026-0001"))
    with pytest.raises(InvoiceError, match="no_move"):
        begin_emailing(actor, made.id)
    assert emailing_failed(actor, made.id, reason="geen adres").status == "authorised"
    begin_emailing(actor, made.id)
    assert mark_sent(actor, made.id).status == "sent"
    first = current().get_one(Invoice, made.id).sent_at
    assert first is not None
    assert emailing_failed(actor, mark_sent(actor, made.id).id).sent_at == first
    assert events(actor, made.id)[-6:] == [
        "invoice.emailing",
        "invoice.email_failed",
        "invoice.emailing",
        "invoice.sent",
        "invoice.resent",
        "invoice.email_failed",
    ]


def test_what_is_sent_to_the_customer_goes_to_books_that_are_sent_to_automatically(actor: Actor) -> None:
    make_connection(actor.organisation_id, auto_send=True)
    made = authorised(actor)
    begin_emailing(actor, made.id)
    assert (made.delivery, mark_sent(actor, made.id).delivery) == ("not_sent", "queued")


def test_being_e_mailed_is_no_step_that_one_takes_by_hand(actor: Actor) -> None:
    with pytest.raises(InvoiceError, match="no_such_status"):
        move(actor, authorised(actor).id, "emailing")


def test_a_viewer_moves_nothing_and_administrators_alone_authorise_where_that_is_the_rule(
    viewer: User, staff: User, admin: User
) -> None:
    made = create(by(staff), data(""))
    with pytest.raises(InvoiceError, match="viewer"):
        move(by(viewer), made.id, "approved")
    _rules(admin, authorise_role="admin")
    move(by(staff), made.id, "approved")
    with pytest.raises(InvoiceError, match="admin_only"):
        move(by(staff), made.id, "authorised")
    assert move(by(admin), made.id, "authorised").number == "2026-0001"


def test_two_people_are_needed_where_that_is_the_rule(log_in: LogIn, staff: User, admin: User) -> None:
    _rules(admin, four_eyes=True)
    made = create(by(staff), data(""))
    move(by(staff), made.id, "approved")
    with pytest.raises(InvoiceError, match="four_eyes"):
        move(by(staff), made.id, "authorised")
    page = log_in(staff).get(f"/invoices/{made.id}").text
    assert "U hebt deze factuur goedgekeurd" in page
    assert 'disabled title="U hebt' in page
    assert move(by(admin), made.id, "authorised").status == "authorised"


def _rules(user: User, **changes: object) -> None:
    wanted = {"prefix": "{year}-", "credit_prefix": "C", "digits": 4, "authorise_role": "staff", "four_eyes": False}
    change_invoicing(by(user), **(wanted | changes))  # type: ignore[arg-type]


def test_the_form_leaves_the_number_to_the_series_and_saves_proposals(log_in: LogIn, staff: User) -> None:
    browser = log_in(staff)
    assert "het volgende in de reeks" in browser.get("/invoices/new").text
    typed = {
        "issue_date": "2026-03-02",
        "currency": "EUR",
        "payment_method": "ElectronicTransfer",
        "contact_name": "Bakkerij",
        "contact_country": "NL",
        "lines-0-description": "Brood",
        "lines-0-quantity": "1",
        "lines-0-unit_price": "10",
        "lines-0-vat": "1:21",
        "status": "proposed",
    }
    page = browser.post("/invoices", data=typed, follow_redirects=True).text
    assert "Factuur zonder nummer" in page
    assert "Voorstel" in page
    assert 'data-action="move-draft"' in page


def test_the_series_are_set_by_an_administrator(log_in: LogIn, admin: User) -> None:
    browser = log_in(admin)
    wanted = {"prefix": "{yy}F", "credit_prefix": "{yy}K", "digits": "3", "authorise_role": "staff"}
    assert browser.post("/settings/invoicing", data=wanted).status_code == 303
    assert "F001" in browser.get("/settings/invoicing").text
    assert authorised(by(admin)).number == "26F001"
    for wrong in ({"prefix": "a b"}, {"credit_prefix": "{yy}F"}, {"digits": "12"}, {"authorise_role": "cat"}):
        assert browser.post("/settings/invoicing", data=wanted | wrong).status_code == 422


def test_a_selection_is_approved_and_one_that_may_not_holds_up_no_other(log_in: LogIn, staff: User) -> None:
    actor, browser = by(staff), log_in(staff)
    ids = [create(actor, data("")).id for _ in range(2)]
    sent = create(actor, data("X-1", status="sent")).id
    assert 'data-action="approved-selected"' in browser.get("/invoices?status=draft").text
    page = browser.post("/invoices/move", data={"id": [*ids, sent], "to": "approved"}, follow_redirects=True).text
    assert "2 facturen: Goedgekeurd" in page
    assert "1 factuur bleef zoals zij was" in page
    browser.post("/invoices/move", data={"all": "1", "status": "approved", "to": "authorised"})
    release()
    numbers = [current().get_one(Invoice, one, populate_existing=True).number for one in ids]
    assert numbers == ["2026-0001", "2026-0002"]
    assert browser.post("/invoices/move", data={"id": ids, "to": "cancelled"}).status_code == 303
    release()
    assert current().get_one(Invoice, ids[0], populate_existing=True).status == "authorised"
