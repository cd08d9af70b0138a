"""The page of one run: its counters, its failures by class, its items, and what can be done about them."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.logs.conftest import Books
from tests.support.records import make_connection
from tests.support.runs import make_exchange, make_run
from webapp.extensions import clock
from webapp.queries import run as run_queries
from webapp.queries import run_items
from webapp.store.connections import Connection
from webapp.store.organisations import Organisation
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def fresh() -> Session:
    """Return the session with nothing in it of what was read before the request."""
    release()
    current().expire_all()
    return current()


def _text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def _mixed(books: Books) -> int:
    one, two, three, four, five, _six = books.invoices
    return make_run(
        books.organisation_id,
        books.connection_id,
        [
            (one, "succeeded", ""),
            (two, "failed", "vat"),
            (three, "failed", "vat"),
            (four, "failed", "contact"),
            (five, "unknown", "unknown_outcome"),
            (_six, "skipped", "already_sent"),
        ],
    )


def test_the_counters_add_up_and_failures_stand_in_groups(books: Books, staff: User, log_in: LogIn) -> None:
    run_id = _mixed(books)
    view = run_queries.find(books.organisation_id, run_id)
    assert view is not None
    facts = view.facts
    assert facts.offered == facts.succeeded + facts.failed + facts.skipped + facts.unknown == 6
    assert [(cause.failure, cause.count) for cause in view.causes] == [
        ("vat", 2),
        ("contact", 1),
        ("unknown_outcome", 1),
        ("already_sent", 1),
    ]
    page = _text(log_in(staff).get(f"/logs/{run_id}").text)
    assert "2 × btw-code niet actief" in page
    assert "Kies een andere btw-code op de factuur" in page
    assert "Zij staat misschien in Yuki." in page
    assert "Zij staat in de boeken, één keer." in page


def test_retry_of_a_group_takes_only_that_group(books: Books, staff: User, log_in: LogIn) -> None:
    run_id = _mixed(books)
    answer = log_in(staff).post(f"/logs/{run_id}/retry", data={"failure": "vat"})
    assert answer.status_code == 303
    again = fresh().scalars(select(Run).where(Run.retry_of == run_id)).one()
    assert answer.location == f"/logs/{again.id}"
    offered = current().scalars(select(RunItem.invoice_id).where(RunItem.run_id == again.id).order_by(RunItem.id))
    assert list(offered) == books.invoices[1:3]


def test_retry_of_a_run_takes_nothing_that_succeeded_or_is_unknown(books: Books, staff: User, log_in: LogIn) -> None:
    run_id = _mixed(books)
    log_in(staff).post(f"/logs/{run_id}/retry")
    again = fresh().scalars(select(Run).where(Run.retry_of == run_id)).one()
    query = select(RunItem.invoice_id).where(RunItem.run_id == again.id, RunItem.outcome == "pending")
    assert set(current().scalars(query)) == set(books.invoices[1:4])


def test_one_invoice_of_a_run_is_retried(books: Books, staff: User, log_in: LogIn) -> None:
    run_id = _mixed(books)
    log_in(staff).post(f"/logs/{run_id}/retry", data={"invoice": str(books.invoices[3])})
    again = fresh().scalars(select(Run).where(Run.retry_of == run_id)).one()
    assert again.offered == 1


def test_when_nothing_can_be_retried_the_page_says_why(books: Books, staff: User, log_in: LogIn) -> None:
    run_id = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "succeeded", "")])
    client = log_in(staff)
    answer = client.post(f"/logs/{run_id}/retry")
    assert answer.location == f"/logs/{run_id}"
    assert "Er is niets te versturen" in client.get(answer.location).text
    assert 'data-action="retry"' not in client.get(f"/logs/{run_id}").text


def test_a_viewer_sees_no_buttons_and_may_not_press_them(books: Books, viewer: User, log_in: LogIn) -> None:
    run_id = _mixed(books)
    client = log_in(viewer)
    page = client.get(f"/logs/{run_id}").text
    assert 'data-action="retry"' not in page
    assert client.post(f"/logs/{run_id}/retry").status_code == 403
    assert client.post(f"/logs/{run_id}/cancel").status_code == 403


def test_a_run_under_way_shows_how_far_it_is_and_can_be_cancelled(books: Books, staff: User, log_in: LogIn) -> None:
    one, two, *_ = books.invoices
    run_id = make_run(books.organisation_id, books.connection_id, [(one, "succeeded", ""), (two, "pending", "")])
    client = log_in(staff)
    page = client.get(f"/logs/{run_id}").text
    assert "1 van 2 gedaan" in page
    assert '<progress value="1" max="2"' in page
    assert f'sse-connect="/logs/{run_id}/stream"' in page
    assert '<meta http-equiv="refresh"' in page
    assert "sse:progress" in client.get(f"/logs/{run_id}/progress").text
    assert client.post(f"/logs/{run_id}/cancel").status_code == 303
    page = client.get(f"/logs/{run_id}").text
    assert "Stopt na de partij die onderweg is" in page
    assert 'data-action="cancel"' not in page


def test_the_fragment_of_a_run_that_ended_asks_no_more(books: Books, viewer: User, log_in: LogIn) -> None:
    run_id = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "succeeded", "")])
    client = log_in(viewer)
    for part in ("", "/progress", "/items", "/calls"):
        page = client.get(f"/logs/{run_id}{part}").text
        asking = [when for when in re.findall(r'hx-trigger="([^"]*)"', page) if re.search("sse|every|load", when)]
        assert asking in ([], ["every 30s"]), part  # the bell of a whole page
        assert "sse-connect" not in page


def test_a_run_that_waits_for_the_quota_says_until_when(
    books: Books, viewer: User, log_in: LogIn, frozen_clock: object
) -> None:
    from webapp.domain.budget import next_midnight

    with transaction() as session:
        session.get_one(Connection, books.connection_id).rest_until = next_midnight(clock.now())
    outcomes = [(books.invoices[0], "pending", "")]
    run_id = make_run(
        books.organisation_id,
        books.connection_id,
        outcomes,
        status="queued",
        failure="quota",
        remote_text="Daily limit exceeded",
    )
    page = _text(log_in(viewer).get(f"/logs/{run_id}").text)
    assert "Wacht: daglimiet van Yuki bereikt, gaat om 00:00 verder" in page
    assert "Niemand hoeft iets te doen" in page
    assert "Daily limit exceeded" in page


def test_items_are_filtered_and_paged(books: Books, viewer: User, log_in: LogIn) -> None:
    run_id = _mixed(books)
    first = run_items.page(books.organisation_id, run_id, size=4)
    second = run_items.page(books.organisation_id, run_id, size=4, after=first.after)
    assert [item.number for item in (*first.rows, *second.rows)] == [f"26-000{n}" for n in range(1, 7)]
    assert run_items.page(books.organisation_id, run_id, size=4, before=second.before).rows == first.rows
    page = log_in(viewer).get(f"/logs/{run_id}?outcome=failed&failure=vat").text
    shown = re.findall(r">(26-\d{4})</a>", page)
    assert shown == ["26-0002", "26-0003"]


def test_our_words_stand_beside_the_remotes_own(books: Books, viewer: User, log_in: LogIn) -> None:
    run_id = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "failed", "vat")])
    with transaction() as session:
        item = session.scalars(select(RunItem).where(RunItem.run_id == run_id)).one()
        item.remote_text, item.field = "VAT <b>21</b> not active", "vat_type"
    page = log_in(viewer).get(f"/logs/{run_id}").text
    assert "Een btw-code of btw-tarief op de factuur is niet actief" in page
    assert "VAT &lt;b&gt;21&lt;/b&gt; not active" in page
    assert "vat_type" in page


def test_an_exchange_is_shown_indented_and_escaped(books: Books, viewer: User, log_in: LogIn) -> None:
    run_id = make_run(books.organisation_id, books.connection_id)
    exchange_id = make_exchange(
        books.organisation_id,
        books.connection_id,
        run_id,
        request="<a><b>1</b></a>",
        response="<!DOCTYPE html><script>alert(1)</script>",
    )
    client = log_in(viewer)
    assert f"/logs/exchanges/{exchange_id}" in client.get(f"/logs/{run_id}").text
    page = client.get(f"/logs/exchanges/{exchange_id}").text
    assert "&lt;a&gt;\n  &lt;b&gt;1&lt;/b&gt;\n&lt;/a&gt;" in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_payment_run_shows_what_the_books_said(books: Books, viewer: User, log_in: LogIn) -> None:
    details: dict[str, object] = {"items": 3, "received": 1, "open_here": "100.00", "open_there": "73.60"}
    details["causes"] = [{"cause": "unapplied", "count": 1, "amount": "-26.40"}]
    run_id = make_run(books.organisation_id, books.connection_id, category="process_payments", details=details)
    page = _text(log_in(viewer).get(f"/logs/{run_id}").text).replace("\xa0", " ")
    assert page.count("€ -26,40") == 2  # the difference, and its one cause


def test_what_belongs_to_others_does_not_exist(
    books: Books, other_organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    connection_id = make_connection(other_organisation.id)
    run_id = make_run(other_organisation.id, connection_id)
    exchange_id = make_exchange(other_organisation.id, connection_id, run_id)
    client = log_in(staff)
    for path in ("", "/progress", "/items", "/calls", "/stream"):
        assert client.get(f"/logs/{run_id}{path}").status_code == 404
        assert client.get(f"/logs/999999{path}").status_code == 404
    assert client.get(f"/logs/exchanges/{exchange_id}").status_code == 404
    assert client.post(f"/logs/{run_id}/retry").status_code == 404
    assert client.post(f"/logs/{run_id}/cancel").status_code == 404


def test_selected_runs_are_retried_together(books: Books, staff: User, log_in: LogIn) -> None:
    one, two, three, *_ = books.invoices
    first = make_run(books.organisation_id, books.connection_id, [(one, "failed", "vat")])
    second = make_run(books.organisation_id, books.connection_id, [(two, "failed", "contact")])
    good = make_run(books.organisation_id, books.connection_id, [(three, "succeeded", "")])
    client = log_in(staff)
    client.post("/logs/retry", data={"id": [str(first), str(second), str(good)]})
    made = fresh().scalars(select(Run.retry_of).where(Run.retry_of.is_not(None)).order_by(Run.id))
    assert list(made) == [first, second]
    assert "2 uitvoeringen gestart." in client.get("/logs").text
