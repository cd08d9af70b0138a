"""The page of an invoice: moves, history, the Yuki button and what it says when it cannot."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select

from tests.support.records import make_connection, make_invoice
from webapp.extensions import clock
from webapp.queries.failures import explain
from webapp.services import history
from webapp.services.actors import Actor, system
from webapp.services.invoices import InvoiceError, move, refresh_payment
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
Make = Callable[..., Invoice]


def test_a_draft_is_approved_authorised_and_sent_and_each_step_stands_in_the_history(
    staff: User, log_in: LogIn, make: Make
) -> None:
    made = make("A-1")
    client = log_in(staff)
    for target in ("approved", "authorised", "sent"):
        assert f'data-action="move-{target}"' in client.get(f"/invoices/{made.id}").text
        assert client.post(f"/invoices/{made.id}/move", data={"to": target}).status_code == 303
    text = client.get(f"/invoices/{made.id}?tab=history").text
    told = re.findall(r'<td[^>]* data-label="Status">([^<]+)</td>', text)
    assert told == ["Factuur: Verzonden", "Factuur: Gefiatteerd", "Factuur: Goedgekeurd", "Factuur: aangemaakt"]
    assert '<td class="nowrap" data-label="Gebruiker">Staff</td>' in text


def test_a_move_that_is_not_possible_is_refused_in_words(staff: User, log_in: LogIn, make: Make) -> None:
    made = make("A-1")
    client = log_in(staff)
    answer = client.post(f"/invoices/{made.id}/move", data={"to": "sent"})
    assert "heeft inmiddels een andere status" in client.get(answer.location).text
    assert client.post(f"/invoices/{made.id}/move", data={"to": "nonsense"}).status_code == 303
    release()
    assert current().get_one(Invoice, made.id, populate_existing=True).status == "draft"


def test_a_review_needs_a_reason_and_tells_it(actor: Actor, make: Make, staff: User, log_in: LogIn) -> None:
    made = make("A-1", status="sent")
    with pytest.raises(InvoiceError, match="reason_needed"):
        move(actor, made.id, "review", reason="  ")
    move(actor, made.id, "review", reason="Prijs klopt niet")
    text = log_in(staff).get(f"/invoices/{made.id}?tab=history").text
    assert "Factuur: In beoordeling. Prijs klopt niet" in text


@pytest.mark.parametrize("delivery", ["sent", "queued", "unknown"])
def test_what_is_in_the_books_is_not_cancelled_here(actor: Actor, make: Make, delivery: str) -> None:
    made = make("A-1", status="sent")
    with transaction() as session:
        session.get_one(Invoice, made.id).delivery = delivery
    for target in ("cancelled", "review"):
        with pytest.raises(InvoiceError):
            move(actor, made.id, target, reason="toch niet")


def test_only_a_draft_that_never_left_is_deleted(staff: User, log_in: LogIn, make: Make) -> None:
    draft, issued = make("A-1"), make("A-2", status="sent")
    client, identity = log_in(staff), draft.id
    assert client.post(f"/invoices/{issued.id}/delete").location.endswith(f"/invoices/{issued.id}")
    gone = client.post(f"/invoices/{identity}/delete")
    assert "Factuur A-1 is verwijderd" in client.get(gone.location).text
    assert client.get(f"/invoices/{identity}").status_code == 404
    release()
    assert current().scalars(select(InvoiceEvent).where(InvoiceEvent.invoice_id == identity)).all() == []


def test_the_yuki_button_says_why_it_cannot_be_pressed(
    organisation: Organisation, staff: User, log_in: LogIn, make: Make
) -> None:
    made = make("A-1")
    client = log_in(staff)
    text = client.get(f"/invoices/{made.id}").text
    assert re.search(r'data-action="send" disabled', text)
    assert "nog niet aan de klant verzonden" in text
    ready = make("A-2", status="sent")
    assert "geen koppeling" in client.get(f"/invoices/{ready.id}").text.lower()
    make_connection(organisation.id)
    assert not re.search(r'data-action="send"[^>]* disabled', client.get(f"/invoices/{ready.id}").text)


def test_pressing_yuki_queues_the_invoice_and_the_page_follows_it(
    organisation: Organisation, staff: User, log_in: LogIn, make: Make
) -> None:
    make_connection(organisation.id)
    made = make("A-1", status="sent")
    client = log_in(staff)
    answer = client.post(f"/invoices/{made.id}/send?status=sent")
    assert answer.location == f"/invoices/{made.id}?status=sent"
    text = client.get(answer.location).text
    assert "Factuur A-1 is onderweg naar Yuki." in text
    assert 'data-delivery="queued"' in text
    assert "/state?was=queued" in text
    state = client.get(f"/invoices/{made.id}/state?was=queued")
    assert "HX-Refresh" not in state.headers
    with transaction() as session:
        session.get_one(Invoice, made.id).delivery = "sent"
    assert client.get(f"/invoices/{made.id}/state?was=queued").headers["HX-Refresh"] == "true"
    again = client.post(f"/invoices/{made.id}/send")
    assert client.get(again.location).status_code == 200


def _words(failure: str) -> tuple[str, str, str]:
    with force_locale("nl"):
        words = explain(failure, {"outcome": "failed"})
    return words.cause, words.consequence, words.next_step


def test_a_rejection_is_explained_with_cause_consequence_and_next_step(
    organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    connection = make_connection(organisation.id)
    identity = make_invoice(organisation.id, "A-1", delivery="rejected")
    with transaction() as session:
        session.add(
            Delivery(
                organisation_id=organisation.id,
                invoice_id=identity,
                connection_id=connection,
                state="rejected",
                failure="vat",
                field="lines.1.vat_rate",
                remote_text="No VAT code <found>",
                created_at=clock.now(),
                updated_at=clock.now(),
            )
        )
    text = log_in(staff).get(f"/invoices/{identity}").text
    for part in (*_words("vat"), "No VAT code &lt;found&gt;", "Regel 1: Btw", 'data-action="retry"'):
        assert part.lower() in text.lower(), part


def test_the_history_puts_every_event_into_words_in_three_languages(
    organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    from webapp.queries.history import EVENTS

    identity = make_invoice(organisation.id, "A-1")
    params: dict[str, Any] = {"amount": "26.40", "currency": "EUR", "date": "2024-08-06", "failure": "vat"}
    with transaction():
        for event in EVENTS:
            more = {"reason": "prijs", "method": "iDEAL", "file": "x.csv", "remote_text": "No code"}
            history.record(identity, event, actor=system(organisation.id), params=params | more)
            history.record(identity, event, actor=system(organisation.id))
    client = log_in(staff)
    text = client.get(f"/invoices/{identity}?tab=history").text
    assert "Yuki: Betaling van €\xa026,40 ontvangen op 06-08-2024." in text
    assert "Yuki: geweigerd: btw-code niet actief (No code)" in text
    assert "Systeem" in text
    for language in ("en", "hu"):
        client.post("/settings/language", data={"language": language})
        told = re.findall(
            r'data-label="[^"]+">([^<]+)</td>\s*</tr>', client.get(f"/invoices/{identity}?tab=history").text
        )
        assert len(told) == 2 * len(EVENTS)
        assert not [one for one in told if "%(" in one or re.match(r"\w+\.\w+$", one)]


def _pay(invoice: Invoice, amount: str, key: str) -> None:
    """Let the books tell of a payment."""
    with transaction() as session:
        fresh = session.get_one(Invoice, invoice.id)
        session.add(
            Payment(
                organisation_id=fresh.organisation_id,
                invoice_id=fresh.id,
                source="yuki",
                remote_key=key,
                amount=Decimal(amount),
                unapplied_amount=Decimal(amount),
                currency="EUR",
                received_on=date(2026, 3, 5),
                created_at=clock.now(),
            )
        )
        refresh_payment(fresh)


def test_the_payment_status_follows_from_the_allocations(make: Make, staff: User, log_in: LogIn) -> None:
    made = make("A-1", status="sent")
    seen = []
    for key, amount in (("1", "100.00"), ("2", "0.00"), ("3", "51.25"), ("4", "-151.25")):
        _pay(made, amount, key)
        row = current().get_one(Invoice, made.id, populate_existing=True)
        seen.append((row.payment, row.paid_amount, row.outstanding_amount))
    assert seen == [
        ("partially_paid", Decimal("100.00"), Decimal("51.25")),
        ("partially_paid", Decimal("100.00"), Decimal("51.25")),
        ("paid", Decimal("151.25"), Decimal("0.00")),
        ("open", Decimal("0.00"), Decimal("151.25")),
    ]
    query = select(InvoiceEvent.event).where(InvoiceEvent.invoice_id == made.id).order_by(InvoiceEvent.id)
    assert list(current().scalars(query)) == [
        "invoice.created",
        "invoice.partially_paid",
        "invoice.paid",
        "invoice.open",
    ]
    assert "€\xa0100,00" in log_in(staff).get(f"/invoices/{made.id}").text
