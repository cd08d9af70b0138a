"""Saved views and chosen columns: kept for a person, shared when he says so, and never in the way of others."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from tests.invoices.test_list import shown
from tests.support.records import make_invoice
from webapp.store.organisations import Organisation
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
SAVED = {"name": " Te  versturen ", "status": "sent", "sort": "-total", "columns": "contact,open"}


def tabs(client: FlaskClient, address: str) -> list[str]:
    """Return the names of the views above a list, in their order, and mark the present one."""
    part = re.search(r'<nav class="chips" aria-label="Bewaarde weergaven">(.*?)</nav>', client.get(address).text, re.S)
    chips = (
        re.findall(r'<a class="chip" href="[^"]*"( aria-current="true")?[^>]*>(?:<svg.*?</svg>)?([^<]+)</a>', part[1])
        if part
        else []
    )
    return [f"{name}*" if now else name for now, name in chips]


def heads(client: FlaskClient, address: str) -> list[str]:
    """Return the heads of a list's columns."""
    table = re.search(r"<thead>(.*?)</thead>", client.get(address).text, re.S)
    assert table
    return [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<th [^>]*>(.*?)</th>", table[1], re.S)]


def test_a_view_keeps_filters_order_and_columns_under_its_name(
    organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    make_invoice(organisation.id, "A-1", price="10.00")
    make_invoice(organisation.id, "A-2", price="20.00")
    make_invoice(organisation.id, "B-1", status="draft")
    client = log_in(viewer)
    answer = client.post("/views/invoices", data=SAVED)
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert shown(page.text) == ["A-2", "A-1"]
    assert "De weergave Te versturen is bewaard" in page.text
    assert heads(client, answer.location) == ["Nummer", "Relatie", "Open"]
    assert tabs(client, answer.location) == ["Alles", "Te versturen*"]
    assert tabs(client, "/invoices") == ["Alles*", "Te versturen"]
    assert 'data-action="save-view"' not in page.text


def test_saving_under_the_same_name_takes_the_place_of_the_old_one(
    organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    make_invoice(organisation.id, "A-1")
    client = log_in(viewer)
    client.post("/views/invoices", data=SAVED)
    answer = client.post("/views/invoices", data=SAVED | {"status": "draft"})
    assert "status=draft" in answer.location
    assert tabs(client, "/invoices") == ["Alles*", "Te versturen"]


def test_what_is_shared_everybody_sees_and_the_rest_nobody_else(
    organisation: Organisation, viewer: User, staff: User, other_organisation: Organisation, log_in: LogIn
) -> None:
    make_invoice(organisation.id, "A-1")
    mine, theirs = log_in(viewer), log_in(staff)
    mine.post("/views/invoices", data=SAVED)
    assert tabs(theirs, "/invoices") == []
    mine.post("/views/invoices", data=SAVED | {"name": "Samen", "shared": "1"})
    assert tabs(theirs, "/invoices") == ["Alles*", "Samen"]
    assert tabs(theirs, "/payments") == []


def test_only_the_owner_or_an_administrator_changes_a_view(
    organisation: Organisation, viewer: User, staff: User, admin: User, log_in: LogIn
) -> None:
    make_invoice(organisation.id, "A-1")
    mine, theirs, boss = log_in(viewer), log_in(staff), log_in(admin)
    mine.post("/views/invoices", data=SAVED | {"shared": "1"})
    mine.post("/views/invoices", data=SAVED | {"name": "Van mij"})
    page = mine.get("/views").text
    shared, own = (
        re.search(rf'<tr data-id="(\d+)">(?:(?!</tr>).)*?>{name}<', page, re.S)[1]
        for name in ("Te versturen", "Van mij")
    )  # type: ignore[index]

    assert theirs.post(f"/views/{shared}/change", data={"name": "Gekaapt", "shared": "1"}).status_code == 303
    assert "Alleen Viewer of een beheerder" in theirs.get("/views").text
    assert theirs.post(f"/views/{own}/remove").status_code == 404
    assert tabs(theirs, "/invoices") == ["Alles*", "Te versturen"]
    boss.post(f"/views/{shared}/change", data={"name": "Nog te doen", "shared": "1"})
    assert tabs(theirs, "/invoices") == ["Alles*", "Nog te doen"]
    mine.post(f"/views/{shared}/change", data={"name": "Van mij"})
    assert "kies een andere naam" in mine.get("/views").text
    mine.post(f"/views/{shared}/remove")
    assert tabs(theirs, "/invoices") == []


def test_a_list_begins_with_the_chosen_view_and_still_shows_everything(
    organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    make_invoice(organisation.id, "A-1")
    make_invoice(organisation.id, "B-1", status="draft")
    client = log_in(viewer)
    client.post("/views/invoices", data=SAVED | {"begins": "1"})
    answer = client.get("/invoices")
    assert answer.status_code == 302
    assert shown(client.get(answer.location).text) == ["A-1"]
    assert shown(client.get("/invoices?view=all").text) == ["B-1", "A-1"]
    assert 'href="/invoices?view=all"' in client.get(answer.location).text
    client.post("/views/invoices/begin", data={})
    assert client.get("/invoices").status_code == 200


def test_columns_are_remembered_for_each_list_and_person(
    organisation: Organisation, viewer: User, staff: User, log_in: LogIn
) -> None:
    make_invoice(organisation.id, "A-1", payment_reference="RF18")
    client = log_in(viewer)
    usual = heads(client, "/invoices")
    answer = client.post("/views/invoices/columns", data={"column": ["reference", "nonsense"], "status": "sent"})
    assert answer.location == "/invoices?status=sent"
    assert heads(client, answer.location) == ["Nummer", "Betalingskenmerk"]
    assert "RF18" in client.get("/invoices").text
    assert "columns=number,reference" in client.get("/invoices").text.replace("%2C", ",")
    assert heads(client, "/contacts") != ["Naam"]
    assert heads(log_in(staff), "/invoices")[-1] == usual[-1]
    client.post("/views/invoices/columns", data={"usual": "1"})
    assert heads(client, "/invoices") == usual


def test_every_list_shows_any_of_its_columns(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    make_invoice(organisation.id, "A-1")
    client = log_in(viewer)
    everything = "subject,net,total,department,source,reference"
    assert len(heads(client, f"/invoices?columns={everything}")) == 7
    page = client.get(f"/invoices?columns={everything}&sort=total").text
    assert f"columns={everything}" in re.search(r'href="([^"]*sort=-total[^"]*)"', page)[1].replace("%2C", ",")  # type: ignore[index]
    client.post("/views/contacts/columns", data={"column": ["vat_number", "city"]})
    assert heads(client, "/contacts") == ["Naam", "Plaats", "Btw-nummer"]


def test_a_view_without_a_name_is_refused_in_words(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    client = log_in(viewer)
    answer = client.post("/views/invoices", data=SAVED | {"name": " "})
    assert "Geef de weergave een naam" in client.get(answer.location).text
    assert "Nog geen bewaarde weergaven" in client.get("/views").text
