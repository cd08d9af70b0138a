"""An object for every parameter that stands in an address: of one's own organisation, or of another."""

import itertools
from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import select

from tests.conftest import PASSWORD
from tests.support.receipts import pdf
from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_exchange, make_run
from webapp.extensions import clock
from webapp.services import accounts, api_keys, dimensions, examining, expenses, exporting, matching, payments, views
from webapp.services import settings as organisation_settings
from webapp.services.actors import person
from webapp.services.dimensions import DimensionData
from webapp.services.payments import PaymentData
from webapp.store.contacts import Contact
from webapp.store.expenses import ExpenseClaim
from webapp.store.fetching import RemoteDocument, SetAside
from webapp.store.invoices import InvoiceDocument
from webapp.store.mails import Mail
from webapp.store.notifications import Notification
from webapp.store.products import Product
from webapp.store.session import current, transaction
from webapp.store.statements import LearnedAccount
from webapp.store.webhooks import Webhook, WebhookDelivery

Factory = Callable[[int], int | str]
UNKNOWN = 99_999_999
_numbers = itertools.count(1)


def _user(organisation_id: int) -> int:
    email = f"somebody{next(_numbers)}@voorbeeld.example"
    return accounts.add_user(email, organisation_id=organisation_id, role="viewer", password=PASSWORD).id


def _department(organisation_id: int) -> int:
    return organisation_settings.add_department(person(organisation_id, "x"), f"Department {next(_numbers)}")


def _invoice(organisation_id: int) -> int:
    return make_invoice(organisation_id, f"S-{next(_numbers)}")


def _draft_invoice(organisation_id: int) -> int:
    return make_invoice(organisation_id, f"S-{next(_numbers)}", status="draft")


def _invoice_with_pdf(organisation_id: int, **facts_of_invoice: str) -> int:
    identity = make_invoice(organisation_id, f"S-{next(_numbers)}", **facts_of_invoice)
    facts = {"file_name": "a.pdf", "size": 4, "sha256": "0" * 64, "content": b"%PDF", "created_at": clock.now()}
    with transaction() as session:
        session.add(InvoiceDocument(invoice_id=identity, organisation_id=organisation_id, **facts))
    return identity


def _fetched_invoice(organisation_id: int) -> int:
    """An invoice whose PDF came from its source already."""
    return _document(organisation_id, _invoice_with_pdf(organisation_id))


def _filed_invoice(organisation_id: int) -> int:
    """The same, from the archive of the books."""
    return _document(organisation_id, _invoice_with_pdf(organisation_id, source="yuki"), document_type="sales_invoice")


def _document(organisation_id: int, identity: int, document_type: str = "") -> int:
    connection_id, now = _connection(organisation_id), clock.now()
    with transaction() as session:
        session.add(
            RemoteDocument(
                organisation_id=organisation_id,
                connection_id=connection_id,
                invoice_id=identity,
                remote_id=str(identity),
                document_type=document_type,
                digest=1,
                difference=Decimal(0),
                seen_at=now,
                created_at=now,
                updated_at=now,
            )
        )
    return identity


def _connection(organisation_id: int) -> int:
    return make_connection(organisation_id, name=f"Connection {next(_numbers)}")


def _unfinished_connection(organisation_id: int) -> int:
    return make_connection(organisation_id, state="paused", pause_reason="setup", send_invoices=False)


def _compared_connection(organisation_id: int) -> int:
    connection = _connection(organisation_id)
    make_run(organisation_id, connection, category="process_payments")
    return connection


def _run(organisation_id: int) -> int:
    return make_run(organisation_id, _connection(organisation_id))


def _exchange(organisation_id: int) -> int:
    connection = _connection(organisation_id)
    return make_exchange(organisation_id, connection, make_run(organisation_id, connection))


def _examination(organisation_id: int) -> int:
    return examining.ask(person(organisation_id, "x"), [_invoice(organisation_id)], skipped=0, filters={})


def _contact(organisation_id: int) -> int:
    now = clock.now()
    with transaction() as session:
        contact = Contact(organisation_id=organisation_id, name="Bakkerij", created_at=now, updated_at=now)
        session.add(contact)
    return contact.id


def _product(organisation_id: int) -> int:
    now = clock.now()
    with transaction() as session:
        product = Product(
            organisation_id=organisation_id,
            description=f"Brood {next(_numbers)}",
            vat_rate=Decimal(21),
            created_at=now,
            updated_at=now,
        )
        session.add(product)
    return product.id


def _dimension(organisation_id: int) -> int:
    data = DimensionData(f"P-{next(_numbers)}", "Verbouwing")
    stored = dimensions.save(person(organisation_id, "x"), "project", data)
    assert stored is not None
    return stored.id


def _notice(organisation_id: int) -> int:
    now = clock.now()
    with transaction() as session:
        notice = Notification(
            organisation_id=organisation_id,
            connection_id=_in(session, organisation_id),
            cause=f"cause {next(_numbers)}",
            failure="vat",
            category="send_invoices",
            opened_at=now,
            updated_at=now,
        )
        session.add(notice)
    return notice.id


def _key(organisation_id: int) -> int:
    return api_keys.create(person(organisation_id, "x"), f"Key {next(_numbers)}", scopes=("import",)).id


def _payment(organisation_id: int) -> int:
    data = PaymentData("manual", f"key {next(_numbers)}", Decimal(10), clock.now().date())
    return payments.record_payment(person(organisation_id, "x"), data).payment_id


def _entry(organisation_id: int) -> int:
    actor = person(organisation_id, "x")
    return payments.allocate(actor, _payment(organisation_id), [(_invoice(organisation_id), Decimal(10))])[0]


def _webhook(organisation_id: int) -> int:
    number = next(_numbers)
    with transaction() as session:
        hook = Webhook(
            organisation_id=organisation_id,
            uid=f"hook {number}",
            address=f"https://hooks.example.com/{number}",
            sealed_secret="",
            secret_hint="abcd",
            created_at=clock.now(),
        )
        session.add(hook)
    return hook.id


def _webhook_delivery(organisation_id: int) -> int:
    now, webhook_id = clock.now(), _webhook(organisation_id)
    with transaction() as session:
        delivery = WebhookDelivery(
            organisation_id=organisation_id,
            webhook_id=webhook_id,
            position=next(_numbers),
            kind="invoice_created",
            invoice_id=1,
            next_at=now,
            give_up_at=now,
            created_at=now,
        )
        session.add(delivery)
    return delivery.id


def _in(_session: object, organisation_id: int) -> None:
    return None


def _match(organisation_id: int) -> int:
    return matching.write_off_payment(person(organisation_id, "x"), _payment(organisation_id), "bank_costs")


def _learned(organisation_id: int) -> int:
    contact_id = _contact(organisation_id)
    with transaction() as session:
        row = LearnedAccount(
            organisation_id=organisation_id,
            iban=f"NL{next(_numbers)}",
            contact_id=contact_id,
            learned_at=clock.now(),
        )
        session.add(row)
    return row.id


def _set_aside(organisation_id: int) -> int:
    now, connection_id = clock.now(), _connection(organisation_id)
    with transaction() as session:
        row = SetAside(
            organisation_id=organisation_id,
            connection_id=connection_id,
            name=f"record {next(_numbers)}",
            field="due_date",
            reason="not_a_date",
            payload="{}",
            created_at=now,
            updated_at=now,
        )
        session.add(row)
    return row.id


def _mail(organisation_id: int) -> int:
    now, invoice_id = clock.now(), _invoice(organisation_id)
    with transaction() as session:
        mail = Mail(
            organisation_id=organisation_id,
            invoice_id=invoice_id,
            uid=f"mail {next(_numbers)}",
            recipient="a@example.com",
            state="unknown",
            content=b"Subject: x\r\n\r\nx",
            created_at=now,
            next_at=now,
        )
        session.add(mail)
    return mail.id


def _claim(organisation_id: int) -> int:
    actor = person(organisation_id, "x")
    return expenses.create(actor, expenses.ClaimData("Reis", "Joris Maes", clock.now().date()))


def _expense_line(organisation_id: int) -> int:
    """An expense of the organisation's newest claim, or of a new one."""
    claims = select(ExpenseClaim.id).where(ExpenseClaim.organisation_id == organisation_id)
    claim_id = current().scalar(claims.order_by(ExpenseClaim.id.desc())) or _claim(organisation_id)
    facts = (clock.now().date(), "Taxi", Decimal(10), "bon.pdf", pdf(str(next(_numbers))))
    return expenses.add_line(person(organisation_id, "x"), claim_id, expenses.LineData(*facts))


def _export(organisation_id: int) -> int:
    actor = person(organisation_id, "x", user_id=_user(organisation_id))
    export_id = exporting.ask(actor, "invoices", "csv", args={"q": str(next(_numbers))}, language="nl")
    exporting.work(export_id, lambda *_, **__: iter([b"x"]))
    return export_id


def _view(organisation_id: int) -> int:
    actor = person(organisation_id, "x", user_id=_user(organisation_id))
    return views.save(actor, "invoices", f"View {next(_numbers)}", args={}, shared=True)


PARAMETERS: dict[str, Factory] = {
    "aside_id": _set_aside,
    "claim_id": _claim,
    "line_id": _expense_line,
    "connection_id": _connection,
    "contact_id": _contact,
    "ending": lambda _organisation_id: "csv",
    "examination_id": _examination,
    "export_id": _export,
    "department_id": _department,
    "entry_id": _entry,
    "exchange_id": _exchange,
    "dimension_id": _dimension,
    "dimension_kind": lambda _organisation_id: "project",
    "filename": lambda _organisation_id: "css/base.css",
    "invoice_id": _invoice,
    "learned_id": _learned,
    "listing": lambda _organisation_id: "invoices",
    "level": lambda _organisation_id: 1,
    "mail_id": _mail,
    "match_id": _match,
    "key_id": _key,
    "notice_id": _notice,
    "payment_id": _payment,
    "product_id": _product,
    "run_id": _run,
    "user_id": _user,
    "view_id": _view,
    "webhook_id": _webhook,
    "delivery_id": _webhook_delivery,
}
"""By the name of the parameter. A new one belongs here, so that its routes are asked as well."""

SPECIAL: dict[str, Factory] = {
    "invoices.bring_pdf": _fetched_invoice,
    "connections.administration": _unfinished_connection,
    "connections.choose_administration": _unfinished_connection,
    "connections.options": _unfinished_connection,
    "connections.finish": _unfinished_connection,
    "invoices.document": _invoice_with_pdf,
    "payments.differences": _compared_connection,
    "invoices.inline_document": _filed_invoice,
    "invoices.fetch_document": _filed_invoice,
    "invoices.edit": _draft_invoice,
    "invoices.delete": _draft_invoice,
    "invoices.update_invoice": _draft_invoice,
}
"""Endpoints whose object has to stand in a certain state to be there at all."""


FORMS: dict[str, dict[str, str]] = {"invoices.move": {"to": "cancelled"}}
"""What a route has to be sent before it looks at its object."""


def make(endpoint: str, parameter: str, organisation_id: int) -> int | str:
    """Return an object's id for one parameter of one endpoint; fails for a parameter that nobody knows."""
    if parameter not in PARAMETERS:
        raise AssertionError(
            f"{endpoint} has the parameter <{parameter}>, and tests/security/objects.py does not know how to make one: "
            "add it to PARAMETERS."
        )
    return SPECIAL.get(endpoint, PARAMETERS[parameter])(organisation_id)
