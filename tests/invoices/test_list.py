"""The list of invoices: what it shows, finds, counts and offers."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.asked import asked
from tests.support.records import make_connection, make_invoice, make_invoices
from webapp.store.organisations import Department, Organisation
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def shown(text: str) -> list[str]:
    """Return the numbers in the rows of a page."""
    return re.findall(r'<tr data-id="\d+" data-number="([^"]+)"', text)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    app: Flask, organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    client = log_in(staff)
    numbers = []
    for more in (1, 44):
        make_invoices_from(organisation.id, more)
        client.get("/invoices")
        with asked() as said:
            answer = client.get("/invoices")
        assert answer.status_code == 200
        numbers.append(len(said))
    assert numbers[0] == numbers[1] <= 9
    assert len(shown(answer.text)) == 45


def make_invoices_from(organisation_id: int, count: int) -> None:
    """Store more invoices than there were, under numbers of their own."""
    for n in range(count):
        make_invoice(organisation_id, f"N{count}-{n:03}")


def test_a_page_of_one_invoice_asks_a_fixed_number_of_queries(
    organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    ids = make_invoices(organisation.id, 30)
    client = log_in(staff)
    with asked() as said:
        assert client.get(f"/invoices/{ids[3]}").status_code == 200
    assert len(said) <= 25


def test_each_filter_finds_its_own(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    with transaction() as session:
        department = Department(organisation_id=organisation.id, name="Zuid")
        session.add(department)
    make_invoice(organisation.id, "A-1", status="draft")
    make_invoice(organisation.id, "A-2", delivery="rejected", contact="Éva Kertészet Kft.", price="10.00")
    make_invoice(organisation.id, "B-1", payment="paid", due_date=date(2200, 1, 1), subject="Tuin 100% klaar")
    make_invoice(organisation.id, "B-2", due_date=date(2019, 1, 1), issue_date=date(2018, 12, 1))
    make_invoice(organisation.id, "B-3", department_id=department.id, due_date=date(2200, 1, 1))
    client = log_in(viewer)

    def find(query: str) -> set[str]:
        return set(shown(client.get(f"/invoices/table?{query}").text))

    assert find("status=draft") == {"A-1"}
    assert find("delivery=rejected") == {"A-2"}
    assert find("payment=paid") == {"B-1"}
    assert find("payment=overdue") == {"A-2", "B-2"}
    assert find(f"department={department.id}") == {"B-3"}
    assert find("from=2018-01-01&to=2018-12-31") == {"B-2"}
    assert find("q=b-") == {"B-1", "B-2", "B-3"}
    assert find("q=kert") == find("q=éva") == {"A-2"}
    assert find("q=100%25") == {"B-1"}
    assert find("q=12,10") == find("q=12.10") == {"A-2"}
    assert find("q=_") == set()
    assert find("status=sent&delivery=not_sent&q=B-2") == {"B-2"}
    assert find("status=nonsense&department=x&from=2026-13-01&q=") == {"A-1", "A-2", "B-1", "B-2", "B-3"}


def test_a_cancelled_invoice_owes_nothing(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    make_invoice(organisation.id, "26-0001", status="cancelled")
    page = log_in(viewer).get("/invoices").text
    cells = dict(re.findall(r'<td[^>]*data-label="(Open|Payment|Betaling)"[^>]*>(.*?)</td>', page))
    assert [re.sub(r"<[^>]+>", "", one).strip() for one in cells.values()] == ["–", "–"]


def test_chips_count_what_a_click_would_leave(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    for n in range(3):
        make_invoice(organisation.id, f"S-{n}")
    make_invoice(organisation.id, "D-1", status="draft", due_date=date(2200, 1, 1))
    text = log_in(viewer).get("/invoices?status=sent").text
    chips = dict(re.findall(r'<a class="chip[^>]*>([^<]+) <span class="count">(\d+)<', text))
    assert chips["Alle"] == "4"
    assert (chips["Concept"], chips["Verzonden"]) == ("1", "3")
    assert (chips["Niet verstuurd"], chips["Open"], chips["Vervallen"]) == ("3", "3", "3")
    assert 'aria-current="true"' in text


def test_the_whole_state_of_the_list_stands_in_its_addresses(
    organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    for n in range(60):
        make_invoice(organisation.id, f"S-{n:02}")
    client = log_in(staff)
    text = client.get("/invoices?q=S-&sort=-number&status=sent").text
    following = re.search(r'href="([^"]+)" rel="next"', text)
    assert following
    url = following[1].replace("&amp;", "&")
    for part in ("q=S-", "sort=-number", "status=sent", "after="):
        assert part in url
    rest = client.get(url).text
    assert shown(text) + shown(rest) == [f"S-{n:02}" for n in range(59, -1, -1)]
    assert 'rel="prev"' in rest
    assert 'aria-sort="descending"' in text
    row = re.search(r'<a href="(/invoices/\d+[^"]*)" data-open>', text)
    assert row
    assert "sort=-number" in row[1]


def test_another_organisations_invoices_are_not_there(
    organisation: Organisation, other_organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    foreign = make_invoice(other_organisation.id, "VREEMD-1")
    make_invoice(organisation.id, "EIGEN-1")
    client = log_in(staff)
    assert shown(client.get("/invoices").text) == ["EIGEN-1"]
    for path in (f"/invoices/{foreign}", f"/invoices/{foreign}/edit", f"/invoices/{foreign}/state", "/invoices/999999"):
        assert client.get(path).status_code == 404
    for path in ("send", "delete", "move"):
        assert client.post(f"/invoices/{foreign}/{path}", data={"to": "cancelled"}).status_code == 404


def test_first_use_and_no_match_say_what_to_do(organisation: Organisation, staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    assert "Nog geen facturen" in client.get("/invoices").text
    make_invoice(organisation.id, "A-1")
    text = client.get("/invoices?q=zzz").text
    assert "Geen facturen gevonden" in text
    assert "Filters wissen" in text


def test_a_viewer_looks_but_is_offered_nothing_to_do(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    identity = make_invoice(organisation.id, "A-1")
    client = log_in(viewer)
    for text in (client.get("/invoices").text, client.get(f"/invoices/{identity}").text):
        assert 'data-action="send"' not in text
        assert 'class="check"' not in text
    assert client.post("/invoices/send", data={"id": identity}).status_code == 403
    assert client.get("/invoices/new").status_code == 403


def test_the_bulk_bar_says_how_many_go_and_for_how_much(organisation: Organisation, staff: User, log_in: LogIn) -> None:
    ids = make_invoices(organisation.id, 3)
    draft = make_invoice(organisation.id, "D-1", status="draft")
    client = log_in(staff)
    text = client.post("/invoices/selection", data={"id": [*ids, draft]}).text
    assert "Yuki: 3 versturen, 1 overslaan" in text
    assert "€\xa0363,00" in text
    everything = client.post("/invoices/selection", data={"all": "1", "status": "sent"}).text
    assert "Yuki: 3 versturen" in everything
    assert "disabled" in client.post("/invoices/selection", data={"id": draft}).text


def test_a_selection_goes_to_yuki_in_one_run(organisation: Organisation, staff: User, log_in: LogIn) -> None:
    make_connection(organisation.id)
    ids = make_invoices(organisation.id, 3)
    client = log_in(staff)
    answer = client.post("/invoices/send", data={"id": ids[:2]})
    assert answer.status_code == 303
    assert re.search(r"/logs/\d+$", answer.location)
    rest = client.post("/invoices/send", data={"all": "1", "delivery": "not_sent"})
    assert rest.status_code == 303
    text = client.get("/invoices?delivery=queued").text
    assert sorted(shown(text)) == ["26-0001", "26-0002", "26-0003"]


def test_nothing_selected_is_said_and_changes_nothing(organisation: Organisation, staff: User, log_in: LogIn) -> None:
    make_invoices(organisation.id, 1)
    client = log_in(staff)
    answer = client.post("/invoices/send", data={"status": "sent"})
    assert answer.location == "/invoices?status=sent"
    assert "Er is niets geselecteerd" in client.get(answer.location).text


@pytest.mark.portable
@pytest.mark.parametrize("language", ["nl", "en", "hu"])
def test_every_page_speaks_every_language(
    organisation: Organisation, staff: User, log_in: LogIn, language: str
) -> None:
    identity = make_invoice(organisation.id, "A-1", delivery="rejected")
    client = log_in(staff)
    client.post("/settings/language", data={"language": language})
    for path in ("", "/new", "/import", f"/{identity}", f"/{identity}/edit", f"/{identity}?tab=history"):
        answer = client.get(f"/invoices{path}")
        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text


def test_what_is_not_ones_own_is_not_counted_among_the_offered(
    organisation: Organisation, other_organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    make_connection(organisation.id)
    own, foreign = make_invoice(organisation.id, "26-0001"), make_invoice(other_organisation.id, "26-0001")
    client = log_in(staff)

    answer = client.post("/invoices/send", data={"id": [own, foreign, 9_999_999]})

    assert "1 factuur is aangeboden aan Yuki" in client.get(answer.location).text
