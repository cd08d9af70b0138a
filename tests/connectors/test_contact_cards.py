"""The card that an invoice would be booked on: found as Yuki finds it, and no word of it guessed."""

import pytest

from tests.connectors.conftest import Desk
from tests.connectors.loopback import administrations, envelope, fault
from webapp.connectors.ports import AccessDenied, NotUnderstood

pytestmark = pytest.mark.pure
SEARCH = "SearchContacts"
ADMINISTRATION = "11111111-2222-3333-4444-555555555555"


def card(name: str, code: str = "", inside: str = "", *, id: str = "") -> str:
    return f'<Contact ID="{id or name}"><Code>{code}</Code><Name>{name}</Name>{inside}</Contact>'


def cards(*rows: str) -> str:
    return envelope(SEARCH, f'<Contacts xmlns="">{"".join(rows)}</Contacts>')


@pytest.fixture
def here(desk: Desk) -> Desk:
    desk.yuki.on("Administrations", administrations((ADMINISTRATION, "D-1")))
    return desk


def test_a_card_is_found_by_its_code_among_those_that_only_hold_it(here: Desk) -> None:
    emails = "<EmailInvoice/><RecipientEmail>a@b.example</RecipientEmail>"
    inside = f"<City>Haarlem</City><Postcode/><Country>NL</Country>{emails}"
    here.yuki.on(SEARCH, cards(card("Ander", "11223"), card("Bakker", "1122", inside)))
    found = here.gateway.find_contact(code="1122", name="Bakker")
    assert found is not None
    assert (found.by, found.code, found.name) == ("code", "1122", "Bakker")
    assert found.fields == {"city": "Haarlem", "zipcode": "", "country_code": "NL", "email": "a@b.example"}
    assert here.yuki.calls == ["Authenticate", "Administrations", SEARCH]
    assert "<ns0:domainID>D-1<" in here.yuki.requests[-1][1]


@pytest.mark.parametrize(
    ("rows", "by"),
    [
        ((card("bakker  de korenbloem"),), "name"),
        ((card("Bakker De Korenbloem", "77"), card("Bakker De Korenbloem", id="x")), "name"),
        ((card("Bakker De Korenbloem", "77"),), "namesake"),
        ((card("Bakker De Korenbloem &amp; Zn"),), None),
        ((), None),
    ],
)
def test_without_the_code_the_whole_name_decides(here: Desk, rows: tuple[str, ...], by: str | None) -> None:
    here.yuki.on(SEARCH, cards(), cards(*rows))
    found = here.gateway.find_contact(code="1122", name="Bakker De Korenbloem")
    assert (found and found.by) == by


def test_a_page_that_is_full_is_not_the_last_and_too_many_are_not_guessed(here: Desk) -> None:
    full = cards(*(card(f"Bakker {number}") for number in range(100)))
    here.yuki.on(SEARCH, full, cards(card("Bakker")))
    found = here.gateway.find_contact(code="", name="Bakker")
    assert found is not None
    assert "<ns0:pageNumber>2<" in here.yuki.requests[-1][1]
    here.yuki.on(SEARCH, full, full, full)
    with pytest.raises(NotUnderstood):
        here.gateway.find_contact(code="", name="Bakker")


def test_a_key_without_the_right_and_an_answer_that_is_none_are_told_apart(here: Desk) -> None:
    here.yuki.on(SEARCH, fault("The access key has no right to use the web service Contact"))
    with pytest.raises(AccessDenied):
        here.gateway.find_contact(code="1", name="x")
    here.yuki.on(SEARCH, envelope(SEARCH, ""))
    with pytest.raises(NotUnderstood):
        here.gateway.find_contact(code="1", name="x")
    here.yuki.on(SEARCH, cards("<Contact><Name>x</Name></Contact>"))
    with pytest.raises(NotUnderstood):
        here.gateway.find_contact(code="1", name="x")
