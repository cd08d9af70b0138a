"""What the logs keep and what they let go of; what is seen is marked no more; the way from home to a failure."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_exchange, make_run
from webapp.extensions import clock
from webapp.services import pruning
from webapp.services.accounts import AccountError
from webapp.services.actors import person
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.organisations import Organisation
from webapp.store.runs import HttpExchange, RunItem
from webapp.store.session import current, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def item_with_exchange(run_id: int, exchange_id: int) -> int:
    """Say of the one item of a run which exchange it had; returns the item's id."""
    with transaction() as session:
        item = session.query(RunItem).filter_by(run_id=run_id).one()
        item.exchange_id = exchange_id
    return item.id


def sent_run(organisation: Organisation, connection: int, number: str, outcome: str, failure: str, **facts: Any) -> int:
    """Make a run of one invoice with an exchange, and return the exchange's id."""
    invoice = make_invoice(organisation.id, number, **facts)
    run = make_run(organisation.id, connection, [(invoice, outcome, failure)])
    exchange = make_exchange(organisation.id, connection, run)
    item_with_exchange(run, exchange)
    with transaction() as session:
        session.get_one(Invoice, invoice).delivery = facts.get("delivery", "not_sent")
    return exchange


def test_what_is_old_goes_and_proofs_and_what_waits_stay(organisation: Organisation, frozen_clock: Any) -> None:
    connection = make_connection(organisation.id)
    proof = sent_run(organisation, connection, "A-1", "succeeded", "", delivery="sent")
    waiting = sent_run(organisation, connection, "A-2", "failed", "vat", delivery="rejected")
    resolved = sent_run(organisation, connection, "A-3", "failed", "vat", delivery="sent")
    alone = make_exchange(organisation.id, connection, make_run(organisation.id, connection, category="fetch_invoices"))
    mail = make_mail(organisation.id, "sent")
    unknown = make_mail(organisation.id, "unknown")

    clock.advance(timedelta(days=399))
    assert pruning.prune() == 0
    clock.advance(timedelta(days=2))
    young = make_exchange(organisation.id, connection, make_run(organisation.id, connection))
    pruning.prune()

    kept = {row[0] for row in current().query(HttpExchange.id)}
    assert kept == {proof, waiting, young}
    assert {resolved, alone} & kept == set()
    assert sorted(row[0] for row in current().query(RunItem.outcome)) == ["failed", "succeeded"]
    texts = dict(current().query(Mail.id, Mail.content).all())  # type: ignore[arg-type]
    assert texts[mail] is None
    assert texts[unknown] is not None
    assert pruning.prune() == 0


def make_mail(organisation_id: int, state: str) -> int:
    """Store an e-mail with its text."""
    now, invoice_id = clock.now(), make_invoice(organisation_id, f"M-{state}")
    with transaction() as session:
        mail = Mail(
            organisation_id=organisation_id, invoice_id=invoice_id, uid=state, recipient="a@b.nl",
            state=state, content=b"Subject: x\r\n\r\nx", created_at=now, next_at=now,
        )  # fmt: skip
        session.add(mail)
    return mail.id


def test_the_days_are_an_organisations_own(
    organisation: Organisation, other_organisation: Organisation, admin: User, log_in: LogIn, frozen_clock: Any
) -> None:
    client = log_in(admin)
    assert client.post("/settings/retention", data={"log_days": "12"}).status_code == 422
    assert client.post("/settings/retention", data={"log_days": "30"}).status_code == 303
    with pytest.raises(AccountError):
        pruning.keep_for(person(organisation.id, "x"), 0)
    for home in (organisation, other_organisation):
        connection = make_connection(home.id)
        make_exchange(home.id, connection, make_run(home.id, connection))
    clock.advance(timedelta(days=31))
    pruning.prune()
    assert [row[0] for row in current().query(HttpExchange.organisation_id)] == [other_organisation.id]


def test_a_run_that_was_seen_is_marked_no_more(
    organisation: Organisation, other_organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    connection = make_connection(organisation.id)
    run = make_run(organisation.id, connection, [(make_invoice(organisation.id, "A-1"), "failed", "vat")])
    fine = make_run(organisation.id, connection, [(make_invoice(organisation.id, "A-2"), "succeeded", "")])
    foreign = make_run(other_organisation.id, make_connection(other_organisation.id), status="failed")
    client = log_in(staff)
    assert f'id="run-{run}" data-id="{run}" class="bad"' in client.get("/logs").text
    assert ids(client, "/logs?unseen=1") == [run]
    answer = client.post("/logs/seen", data={"id": [run, fine, foreign], "category": "send_invoices"})
    assert answer.location == "/logs?category=send_invoices"
    assert "1 uitvoering is gemarkeerd als gezien" in client.get(answer.location).text
    assert f'id="run-{run}" data-id="{run}">' in client.get("/logs").text
    assert ids(client, "/logs?unseen=1") == []
    answer = client.post("/exports/logs/selected", data={"id": [run, foreign]})
    text = client.get(answer.location.replace(".xlsx", ".csv")).data.decode("utf-8-sig")
    assert [line.split(";")[1] for line in text.splitlines()[1:]] == [str(run)]


def ids(client: FlaskClient, address: str) -> list[int]:
    """Return the runs that a list shows."""
    return [int(one) for one in re.findall(r'<tr id="run-(\d+)"', client.get(address).text)]


def test_the_search_finds_contacts_and_what_yuki_said(organisation: Organisation, staff: User, log_in: LogIn) -> None:
    connection = make_connection(organisation.id)
    first = make_run(
        organisation.id,
        connection,
        [(make_invoice(organisation.id, "A-1", contact="Smederij Vulkaan"), "failed", "vat")],
    )
    second = make_run(organisation.id, connection, [(make_invoice(organisation.id, "B-1"), "succeeded", "")])
    with transaction() as session:
        session.query(RunItem).filter_by(run_id=first).one().remote_text = "BTW-code 100% onbekend"
    client = log_in(staff)
    assert ids(client, "/logs?q=vulkaan") == [first]
    assert ids(client, "/logs?q=100%25+onb") == [first]
    assert ids(client, "/logs?q=korenbloem") == [second]
    assert ids(client, "/logs?q=B-1") == [second]


def test_three_links_lead_from_home_to_why_an_invoice_failed_and_to_its_retry(
    organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    connection = make_connection(organisation.id)
    make_invoice(organisation.id, "A-1")
    broken = make_invoice(organisation.id, "A-2", delivery="rejected")
    run = make_run(organisation.id, connection, [(broken, "failed", "vat")])
    client = log_in(staff)

    def click(page: str, pattern: str) -> str:
        link = re.search(pattern, page, re.S)
        assert link, pattern
        return client.get(link[1].replace("&amp;", "&")).text

    page = click(client.get("/").text, r'data-axis="delivery" data-value="rejected">\s*<td><a href="([^"]+)"')
    page = click(page, r'data-number="A-2".*?<a href="([^"]+)" data-open>')
    page = click(page, rf'href="(/logs/{run}[^"]*)"')
    assert "btw-code" in page.casefold()
    assert re.search(rf'action="/logs/{run}/retry".*?data-action="retry"', page, re.S)
