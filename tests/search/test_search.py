"""The search over everything: pages, actions, invoices and contacts, as far as a role may see them."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from tests.support.records import make_invoice
from webapp.store.organisations import Organisation
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def found(client: FlaskClient, text: str) -> list[str]:
    """Return the addresses that a text finds, in their order."""
    return re.findall(r'<a href="([^"]+)" data-found', client.get("/search/results", query_string={"q": text}).text)


def test_invoices_are_found_by_number_and_by_contact(
    organisation: Organisation, other_organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    own = make_invoice(organisation.id, "26-0042", contact="Smederij Vulkaan")
    make_invoice(other_organisation.id, "26-0043", contact="Smederij Elders")
    client = log_in(viewer)
    assert found(client, "26-00") == [f"/invoices/{own}"]
    addresses = found(client, "smederij")
    assert addresses[0] == f"/invoices/{own}"
    assert addresses[1].startswith("/contacts/")
    assert len(addresses) == 2


def test_each_role_finds_what_it_may_do(viewer: User, staff: User, admin: User, log_in: LogIn) -> None:
    assert found(log_in(viewer), "nieuwe") == []
    assert "/invoices/new" in found(log_in(staff), "nieuwe factuur")
    assert "/settings/users" not in found(log_in(staff), "gebruikers")
    assert "/settings/users" in found(log_in(admin), "gebruikers")


def test_without_a_text_every_page_stands_there_and_leads_somewhere(admin: User, log_in: LogIn) -> None:
    client = log_in(admin)
    addresses = found(client, "")
    assert {"/", "/invoices", "/payments", "/logs", "/exports", "/views"} <= set(addresses)
    assert {client.get(address).status_code for address in addresses} == {200}


def test_it_works_as_a_page_and_says_when_nothing_fits(viewer: User, log_in: LogIn) -> None:
    client = log_in(viewer)
    page = client.get("/search?q=zzz<b>").text
    assert "Niets past bij “zzz&lt;b&gt;”" in page
    assert 'id="palette"' in page
    assert 'href="/search"' in page
