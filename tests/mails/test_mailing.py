"""E-mails to customers: what leaves, what becomes of an invoice, and that nothing of unknown outcome goes twice."""

import email
from collections.abc import Callable
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.mails.conftest import set_url
from tests.mails.server import HANG_UP, MailServer, Reply
from tests.support.records import make_connection, make_invoice
from webapp.connectors.mail import BadMailUrl, read_route
from webapp.domain.mails import is_address, next_try
from webapp.extensions import clock
from webapp.queries import history, notifications
from webapp.queries import mails as mail_queries
from webapp.services import mails
from webapp.services.actors import Actor, person
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
TO = "inkoop@klant.example"


def asked(actor: Actor, **facts: str) -> tuple[int, int]:
    """Return an authorised invoice and the e-mail that was asked for."""
    invoice_id = make_invoice(actor.organisation_id, "26-0042", **({"status": "authorised"} | facts))
    return invoice_id, mails.ask(actor, invoice_id, TO)


def state(invoice_id: int, mail_id: int) -> tuple[str, str]:
    release()
    current().expire_all()
    return current().get_one(Invoice, invoice_id).status, current().get_one(Mail, mail_id).state


def events(actor: Actor, invoice_id: int) -> list[str]:
    return [line.event for line in history.of_invoice(actor.organisation_id, invoice_id)]


def notices(actor: Actor) -> list[str]:
    return [one.failure for one in notifications.page(actor.organisation_id, user_id=0, role="viewer").open]


def test_asking_writes_invoice_mail_and_queue_together_and_leaves_the_rest_to_a_job(actor: Actor, folder: Path) -> None:
    invoice_id, mail_id = asked(actor)
    assert state(invoice_id, mail_id) == ("emailing", "queued")
    assert current().scalar(select(OutboxEntry.args).where(OutboxEntry.job == "jobs.mailing.send")) == [mail_id]
    assert not folder.exists()


def test_the_message_has_the_pdf_and_says_how_to_pay_and_the_invoice_is_sent(actor: Actor, folder: Path) -> None:
    make_connection(actor.organisation_id, auto_send=True)
    invoice_id, mail_id = asked(actor)
    assert mails.send(mail_id)
    assert state(invoice_id, mail_id) == ("sent", "sent")
    (file,) = folder.glob("*.eml")
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"]) == (TO, "Factuur 26-0042 van Voorbeeld Groep B.V.")
    assert message["From"] == '"Voorbeeld Groep B.V." <facturen@voorbeeld.example>'
    body = message.get_body()
    assert body is not None
    assert (
        "Wij verzoeken u € 121,00 uiterlijk op 4 maart 2026 over te maken op NL91 ABNA"
        in body.get_content().replace("\xa0", " ")
    )
    (pdf,) = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()[:5]) == ("Factuur-26-0042.pdf", b"%PDF-")
    assert events(actor, invoice_id)[:2] == ["yuki.queued", "invoice.sent"]
    assert current().scalar(select(func.count()).select_from(Delivery)) == 1


def test_it_is_sent_once_however_often_the_job_runs(app: Flask, actor: Actor) -> None:
    with MailServer() as server:
        set_url(app, server.url)
        invoice_id, mail_id = asked(actor)
        assert [mails.send(mail_id) for _ in range(3)] == [True, False, False]
        with pytest.raises(mails.MailProblem, match="address"):
            mails.ask(actor, invoice_id, "nobody")
    assert (len(server.messages), server.recipients) == (1, [TO])


def script(**answers: str) -> Reply:
    return lambda command: answers.get({".": "END"}.get(command, command.upper()))


@pytest.mark.parametrize(
    ("answers", "mail", "document", "notice"),
    [
        ({"RCPT": "550 no such user"}, "failed", "authorised", ["mail_failed"]),
        ({"END": "554 spam"}, "failed", "authorised", ["mail_failed"]),
        ({"MAIL": "451 later"}, "queued", "emailing", []),
        ({"CONNECT": HANG_UP}, "queued", "emailing", []),
        ({"DATA": HANG_UP}, "queued", "emailing", []),
        ({"END": HANG_UP}, "unknown", "emailing", ["mail_unknown"]),
    ],
    ids=str,
)
def test_what_the_server_says_decides(
    app: Flask, actor: Actor, answers: dict[str, str], mail: str, document: str, notice: list[str]
) -> None:
    with MailServer(script(**answers)) as server:
        set_url(app, server.url)
        invoice_id, mail_id = asked(actor)
        assert not mails.send(mail_id)
        assert state(invoice_id, mail_id) == (document, mail)
        assert notices(actor) == notice
        assert not mails.send(mail_id)  # not before its time, and never when it is unknown
        if mail != "queued":
            with pytest.raises(mails.MailProblem):
                mails.ask(actor, invoice_id, TO) if mail == "unknown" else mails.settle(actor, mail_id, arrived=True)


def test_nothing_leaves_where_the_server_lacks_what_the_address_asks_for(app: Flask, actor: Actor) -> None:
    with MailServer() as server:
        set_url(app, f"smtp://user:secret@127.0.0.1:{server.port}")
        invoice_id, mail_id = asked(actor)
        assert not mails.send(mail_id)
    assert (state(invoice_id, mail_id), server.messages) == (("authorised", "failed"), [])
    line = mail_queries.of_invoice(invoice_id).last
    assert line is not None
    assert "secret" not in line.remote_text + line.reason


def test_what_could_not_be_sent_is_tried_again_with_the_same_bytes_until_it_is_given_up(
    app: Flask, actor: Actor
) -> None:
    clock.freeze(clock.now())
    with MailServer(script(MAIL="451 later")) as server:
        set_url(app, server.url)
        invoice_id, mail_id = asked(actor)
        seen = set()
        for _ in range(5):
            mails.send(mail_id)
            release()
            seen.add(current().scalar(select(Mail.content).where(Mail.id == mail_id)))
            clock.freeze(clock.now() + timedelta(hours=8))
    assert len(seen) == 1
    assert state(invoice_id, mail_id) == ("authorised", "failed")
    assert [next_try(1), next_try(5)] == [timedelta(minutes=5), None]


def test_a_worker_that_died_leaves_an_outcome_that_nobody_knows(
    actor: Actor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    invoice_id, mail_id = asked(actor)
    monkeypatch.setattr("webapp.connectors.mail.send", die)
    with pytest.raises(Killed):
        mails.send(mail_id)
    assert mails.sweep() == 0
    clock.freeze(clock.now() + timedelta(minutes=6))
    assert mails.sweep() == 1
    assert state(invoice_id, mail_id) == ("emailing", "unknown")
    assert "mail.unknown" in events(actor, invoice_id)


@pytest.mark.parametrize(("word", "document", "mail"), [("1", "sent", "sent"), ("0", "authorised", "failed")])
def test_a_person_settles_what_nobody_else_knows(
    app: Flask, actor: Actor, log_in: LogIn, staff: User, word: str, document: str, mail: str
) -> None:
    with MailServer(script(END=HANG_UP)) as server:
        set_url(app, server.url)
        invoice_id, mail_id = asked(actor)
        mails.send(mail_id)
    client = log_in(staff)
    assert "Niemand weet of deze e-mail is vertrokken" in client.get(f"/mails/{mail_id}").text
    assert client.post(f"/mails/{mail_id}/settle", data={"arrived": word}).status_code == 303
    assert state(invoice_id, mail_id) == (document, mail)
    assert "mail_unknown" not in notices(actor)
    client.post(f"/mails/{mail_id}/settle", data={"arrived": "1"})
    assert state(invoice_id, mail_id) == (document, mail)


def test_from_the_page_to_the_list_and_again(actor: Actor, folder: Path, log_in: LogIn, staff: User) -> None:
    client = log_in(staff)
    invoice_id = make_invoice(actor.organisation_id, "26-0042", status="authorised")
    assert 'data-action="email"' in client.get(f"/invoices/{invoice_id}").text
    wrong = client.post(f"/invoices/{invoice_id}/email", data={"recipient": "klant"})
    assert (wrong.status_code, "Dit is niet één e-mailadres" in wrong.text) == (422, True)
    assert client.post(f"/invoices/{invoice_id}/email", data={"recipient": TO}).status_code == 303
    release()
    mails.send(current().scalar(select(Mail.id)) or 0)
    assert TO in client.get("/mails").text
    assert "Factuur-26-0042.pdf" in client.get(f"/mails/{current().scalar(select(Mail.id))}").text
    assert 'data-action="resend"' in client.get(f"/invoices/{invoice_id}").text
    client.post(f"/invoices/{invoice_id}/email", data={"recipient": TO})
    release()
    mails.send(current().scalar(select(func.max(Mail.id))) or 0)
    assert events(actor, invoice_id)[0] == "invoice.resent"
    assert len(list(folder.glob("*.eml"))) == 2


def test_without_server_or_sender_nothing_is_asked_for(app: Flask, organisation: Organisation) -> None:
    actor = person(organisation.id, "Vincent")
    invoice_id = make_invoice(organisation.id, "26-1", status="authorised")
    for url, code in (("", "mail_off"), ("smtp://127.0.0.1:9", "seller_incomplete")):
        set_url(app, url)
        with pytest.raises(mails.MailProblem, match=code):
            mails.ask(actor, invoice_id, TO)
    assert current().get_one(Invoice, invoice_id).status == "authorised"


@pytest.mark.parametrize("url", ["ftp://x", "smtp://", "smtp://h:99999", "smtp://h?from=nobody", "file://host/x"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(BadMailUrl):
        read_route(url)


def test_the_way_and_the_addresses_are_read() -> None:
    route = read_route("smtps://jan%40x:ge%3Aheim@mail.example.com?from=facturen@example.com")
    assert route is not None
    assert (route.host, route.port, route.user, route.password) == ("mail.example.com", 465, "jan@x", "ge:heim")
    assert "heim" not in repr(route)
    assert is_address("a.b+c@example.co.uk")
    bad = ("a@b", "a b@c.nl", "a@c.nl,b@c.nl", "a@c.nl\r\nBcc: x@y.nl", "@c.nl", "é@c.nl", "a..b@c.nl")
    assert not any(is_address(text) for text in bad)


def test_many_go_at_once_and_who_does_not_is_said_before(
    actor: Actor, folder: Path, log_in: LogIn, staff: User, other_organisation: Organisation
) -> None:
    client = log_in(staff)
    ids = [make_invoice(actor.organisation_id, f"26-{number}", status="authorised") for number in (1, 2, 3)]
    ids.append(make_invoice(other_organisation.id, "B-1", status="authorised"))
    with transaction() as session:
        for one in ids[:2]:
            contact = session.get_one(Invoice, one).contact
            assert contact is not None
            contact.email = TO
    assert 'data-action="email-selected"' in client.get("/invoices?status=authorised").text
    page = client.post("/invoices/email", data={"id": ids, "status": "authorised"}).text
    assert "2 e-mails, elk met de pdf" in page
    assert "De klant heeft geen e-mailadres." in page
    assert "B-1" not in page
    assert client.post("/invoices/email/send", data={"id": ids}).status_code == 303
    release()
    assert sum(mails.send(one) for one in current().scalars(select(Mail.id)).all()) == 2
    assert [state(one, 1)[0] for one in ids] == ["sent", "sent", "authorised", "authorised"]
    assert client.post("/invoices/email", data={}).status_code == 303
