"""The list of runs."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from tests.logs.conftest import Books
from tests.support.records import make_connection
from tests.support.runs import make_run
from webapp.store.organisations import Organisation
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def _ids(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr id="run-(\d+)"', page)]


def test_the_list_says_what_each_run_came_to(books: Books, staff: User, log_in: LogIn) -> None:
    run_id = make_run(
        books.organisation_id,
        books.connection_id,
        [
            (books.invoices[0], "failed", "vat"),
            (books.invoices[1], "failed", "vat"),
            (books.invoices[2], "succeeded", ""),
        ],
    )
    page = log_in(staff).get("/logs").text
    assert _ids(page) == [run_id]
    assert "2 geweigerd: btw-code niet actief" in page
    assert "Facturen versturen" in page
    assert "Zoeken in Yuki logs" in page
    assert 'data-action="process-payments"' in page


def test_dates_are_written_in_full_in_the_organisations_zone(books: Books, viewer: User, log_in: LogIn) -> None:
    from datetime import UTC, datetime

    at = datetime(2024, 8, 7, 12, 0, tzinfo=UTC)
    make_run(books.organisation_id, books.connection_id, created_at=at, started_at=at, ended_at=at)
    page = re.sub(r"<[^>]+>", "", log_in(viewer).get("/logs").text)
    assert "7 augustus 2024 om 14:00" in page


def test_it_is_searched_by_number_category_and_result(books: Books, viewer: User, log_in: LogIn) -> None:
    first = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "failed", "vat")])
    second = make_run(books.organisation_id, books.connection_id, [(books.invoices[1], "succeeded", "")])
    third = make_run(books.organisation_id, books.connection_id, category="process_payments")
    client = log_in(viewer)

    def search(text: str) -> list[int]:
        return _ids(client.get("/logs", query_string={"q": text}).text)

    assert search("26-0001") == [first]
    assert search("26-000") == [second, first]
    assert search("btw-code") == [first]
    assert search("betaling verw") == [third]
    assert search("zonder fouten") == [third, second]
    assert second in search(str(second))
    assert search("100%") == []
    assert "Geen uitvoering gevonden" in client.get("/logs?q=nergens").text


def test_filters_leave_only_what_was_chosen(books: Books, viewer: User, log_in: LogIn) -> None:
    other = make_connection(books.organisation_id, name="Yuki België")
    good = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "succeeded", "")])
    bad = make_run(books.organisation_id, other, [(books.invoices[1], "failed", "vat")], trigger="automatic")
    client = log_in(viewer)
    assert _ids(client.get("/logs?status=completed").text) == [good]
    assert _ids(client.get("/logs?trigger=automatic").text) == [bad]
    assert _ids(client.get(f"/logs?connection={other}").text) == [bad]
    assert _ids(client.get("/logs?category=process_payments").text) == []
    assert _ids(client.get("/logs?status=nonsense&category=%27").text) == [bad, good]


def test_days_are_those_of_the_organisation(books: Books, viewer: User, log_in: LogIn) -> None:
    from datetime import UTC, datetime

    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past midnight on the second in Amsterdam
    run_id = make_run(books.organisation_id, books.connection_id, created_at=late, started_at=late)
    client = log_in(viewer)
    page = client.get("/logs?from=2026-03-02&to=2026-03-02").text
    assert _ids(page) == [run_id]
    assert re.findall(r'type="date" name="(\w+)" value="([^"]*)"', page) == [
        ("from", "2026-03-02"),
        ("to", "2026-03-02"),
    ]
    assert _ids(client.get("/logs?from=2026-03-01&to=2026-03-01").text) == []
    assert client.get("/logs?from=9999-12-31&to=0001-01-01").status_code == 200


def test_paging_shows_every_run_once_and_leads_back(books: Books, viewer: User, log_in: LogIn) -> None:
    made = [make_run(books.organisation_id, books.connection_id) for _ in range(120)]
    client = log_in(viewer)
    seen: list[int] = []
    pages: list[list[int]] = []
    address: str | None = "/logs?category=send_invoices"
    while address:
        page = client.get(address).text
        pages.append(_ids(page))
        seen += pages[-1]
        link = re.search(r'href="([^"]+)" rel="next"', page)
        address = link[1].replace("&amp;", "&") if link else None
        back = re.search(r'href="([^"]+)" rel="prev"', page)
    assert seen == sorted(made, reverse=True)
    assert [len(one) for one in pages] == [50, 50, 20]
    assert back is not None
    assert _ids(client.get(back[1].replace("&amp;", "&")).text) == pages[1]


def test_a_run_under_way_is_asked_for_again(books: Books, viewer: User, log_in: LogIn) -> None:
    client = log_in(viewer)
    make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "succeeded", "")])
    assert "every 4s" not in client.get("/logs").text
    moving = make_run(books.organisation_id, books.connection_id, [(books.invoices[1], "pending", "")])
    page = client.get("/logs/table").text
    assert "every 4s" in page
    assert f'hx-select-oob="#run-{moving}"' in page


def test_without_any_run_the_page_says_what_will_stand_here(books: Books, viewer: User, log_in: LogIn) -> None:
    page = log_in(viewer).get("/logs").text
    assert "Er is nog niets verstuurd of opgehaald" in page


def test_runs_of_another_organisation_are_not_there(
    books: Books, other_organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    make_run(other_organisation.id, make_connection(other_organisation.id))
    assert _ids(log_in(viewer).get("/logs").text) == []
