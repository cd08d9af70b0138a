"""The contact's own card in Yuki: looked up at a press, kept for the day, and what an invoice would do to it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support.records import make_connection
from webapp.connectors.ports import AccessDenied, ContactCard
from webapp.domain.contact_cards import Card, fate_of
from webapp.domain.documents import CLEAR, DocumentContact
from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.queries import preflight_words
from webapp.services import contact_cards, preflight
from webapp.services.contact_keeping import save
from webapp.services.contacts import ContactData
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current, in_transaction, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
Make = Callable[..., Invoice]
CARD = ContactCard("c-1", "code", "1122", "Bakkerij De Korenbloem", {"city": "Ede", "zipcode": "", "phone": "06"})


class Book:
    """A gateway with one card, or an error, that counts how often it is asked."""

    def __init__(self, answer: ContactCard | Exception | None) -> None:
        self.answer, self.asked = answer, []

    def find_contact(self, *, code: str, name: str) -> ContactCard | None:
        assert not in_transaction()
        self.asked.append((code, name))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def connection_id(organisation: Organisation) -> int:
    return make_connection(organisation.id)


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Book]:
    def put(answer: ContactCard | Exception | None) -> Book:
        book = Book(answer)
        opened = type("Opened", (), {"gateway": book})
        monkeypatch.setattr(contact_cards, "open_gateway", lambda *_args, **_more: opened)
        return book

    return put


def finding(made: Invoice) -> Any:
    """The one finding about the contact's card."""
    release()
    found = preflight.examine(made.organisation_id, made.id)
    assert found is not None
    (one,) = [one for one in found.findings if one.code.startswith(("contact_", "card_"))]
    return one


def read(connection_id: int, made: Invoice) -> None:
    release()
    contact_cards.read(connection_id, made.contact_id or 0)


def test_a_person_asks_once_a_day_and_reads_what_would_be_overwritten(
    staff: User, log_in: LogIn, make: Make, connection_id: int, tell: Any, frozen_clock: Any
) -> None:
    made, book = make("2026-0001", status="sent"), tell(CARD)
    client = log_in(staff)
    assert finding(made).code == "contact_new"
    for _ in range(2):
        assert client.post(f"/invoices/{made.id}/lists").status_code == 303
    release()
    asked = current().scalars(select(OutboxEntry).where(OutboxEntry.job == "jobs.contact_cards.read")).all()
    assert [entry.args for entry in asked] == [[connection_id, made.contact_id]]
    for _ in range(2):
        read(connection_id, made)
    assert book.asked == [("1122", "Bakkerij De Korenbloem")]
    assert [(one.field, one.before, one.after) for one in finding(made).params["differences"]] == [
        ("city", "Ede", "Haarlem")
    ]
    page = client.get(f"/invoices/{made.id}").text
    assert 'data-card="told"' in page
    assert "<td>Ede</td><td>Haarlem</td>" in page
    clock.freeze(clock.now() + timedelta(days=1))
    assert finding(made).code == "contact_new"


@pytest.mark.portable
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (replace(CARD, fields={"city": "Haarlem"}), "card_same"),
        (replace(CARD, by="name", code="", fields={"city": ""}), "card_filled"),
        (replace(CARD, by="name", code="", fields={"city": "Ede"}), "card_keeps"),
        (replace(CARD, by="name", code="", fields={"city": "Haarlem"}), "card_same_name"),
        (replace(CARD, by="namesake", code="77"), "card_namesake"),
        (None, "card_new"),
        (AccessDenied(Failure.RIGHT, "no right"), "contact_new"),
        (AccessDenied(Failure.AUTH, "no key"), "contact_new"),
    ],
)
def test_each_way_of_being_found_has_its_own_words(
    make: Make, connection_id: int, tell: Any, answer: Any, code: str
) -> None:
    made = make("2026-0001", status="sent")
    tell(answer)
    read(connection_id, made)
    assert finding(made).code == code
    found = preflight.examine(made.organisation_id, made.id)
    assert found is not None
    told = {Failure.RIGHT: "denied", Failure.AUTH: "failed"}.get(getattr(answer, "failure", None), "told")
    assert found.card == told
    assert preflight_words.show(found).can_ask_card is (told != "told")


def test_a_card_counts_no_more_when_name_books_or_bookings_are_others(
    make: Make, actor: Any, connection_id: int, tell: Any
) -> None:
    made = make("2026-0001", status="sent")
    tell(CARD)
    read(connection_id, made)
    assert finding(made).code == "card_overwritten"
    save(actor, ContactData(code="1122", name="Een ander"), contact_id=made.contact_id)
    assert finding(made).code == "contact_new"
    read(connection_id, made)
    assert finding(made).code == "card_overwritten"
    with transaction():
        current().get_one(Connection, connection_id).administration_id = "another"
    assert finding(made).code == "contact_new"


def test_found_by_name_an_address_is_filled_in_only_where_the_rest_of_it_is_the_same() -> None:
    ours = DocumentContact("Bakker", address_line_1="Dorpsstraat 40", city="Ons Dorp", zipcode="1234 XX", email="a@b")
    same = {"address_line_1": "Dorpsstraat 40", "city": "Ons Dorp", "zipcode": "", "email": ""}
    filled = fate_of(Card("name", "", same), ours).filled
    assert [(one.field, one.after) for one in filled] == [("zipcode", "1234 XX"), ("email", "a@b")]
    other = fate_of(Card("name", "", same | {"city": "Elders"}), ours)
    assert [one.field for one in other.filled] == ["email"]
    assert [one.field for one in other.ignored] == ["city", "zipcode"]


def test_an_empty_element_clears_and_one_left_out_keeps() -> None:
    ours = DocumentContact("Bakker", code="1", phone=CLEAR)
    fate = fate_of(Card("code", "1", {"full_name": "Bakker", "phone": "06", "city": "Ede"}), ours)
    assert [(one.field, one.before, one.after) for one in fate.overwritten] == [("phone", "06", "")]
