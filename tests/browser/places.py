"""Every page there is, from the app itself, with real rows in its addresses: the demo's, and others for the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from tests.browser.conftest import House
from tests.security import objects
from tests.security.test_routes import path_of, routes
from webapp import create_app
from webapp.commands.demo import COMPANY, NEIGHBOUR
from webapp.services import accounts
from webapp.settings import load_settings
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.expenses import ExpenseClaim
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.notifications import Notification
from webapp.store.payments import Payment
from webapp.store.products import Product
from webapp.store.runs import HttpExchange, Run
from webapp.store.session import current

PASSWORD = "een lang wachtwoord voor de tests"
LANGUAGES = ("nl", "en", "hu")
NOT_PAGES = frozenset({"static", "health.metrics", "logs.stream"})
"""Endpoints that are no page for sure; other files and fragments are told apart when they are opened."""

ROWS: dict[str, Any] = {
    "claim_id": ExpenseClaim,
    "connection_id": Connection,
    "contact_id": Contact,
    "exchange_id": HttpExchange,
    "mail_id": Mail,
    "notice_id": Notification,
    "payment_id": Payment,
    "product_id": Product,
    "run_id": Run,
}
"""Tables of which the demo has rows, by the name of the parameter."""

MADE = {*objects.SPECIAL, "expenses.edit"}
"""Endpoints whose row has to stand in a state in which the demo's newest one may not be."""

ELSEWHERE = frozenset({"connections.key"})
"""Endpoints that lead on to another page when nothing comes with them; they stand among the variants."""

ALSO = ("/api/docs",)
"""Pages that stand among routes which are none."""

VARIANTS = (
    "/connections/new/key?name=Yuki&region=nl",
    "/?currency=HUF",
    "/contacts?code=none",
    "/contacts?q=nobody+is+called+this",
    "/expenses?q=nothing",
    "/expenses?status=approved",
    "/invoices?kind=purchase",
    "/invoices?payment=overdue&sort=open",
    "/invoices?q=nothing-is-called-this",
    "/invoices?status=sent&delivery=not_sent",
    "/invoices?status=authorised",
    "/invoices?status=draft",
    "/logs?q=nothing-is-called-this",
    "/logs?status=failed",
    "/payments?unapplied=1",
    "/payments/ageing?by=issue",
    "/nowhere",
)
"""Pages in other states than the first one: narrowed, sorted, nothing found."""


@dataclass(frozen=True, slots=True)
class Place:
    """One page, and the organisation with whose people it is opened; none for what comes before the login."""

    organisation: str
    path: str


def app_of(house: House) -> Flask:
    """Return an app over the database of a running house."""
    return create_app(load_settings(house.environment()))


def email_of(organisation: str, language: str) -> str:
    """Return the address of the administrator who was added for a language."""
    return f"{language}@{'demo' if organisation == COMPANY else 'buurman'}.example"


def add_people(app: Flask) -> None:
    """Add an administrator for each organisation and language; they are there for the tests alone."""
    with app.app_context():
        for name in (COMPANY, NEIGHBOUR):
            for language in LANGUAGES:
                facts = {"role": "admin", "password": PASSWORD, "name": "Noor Bakker", "language": language}
                organisation_id = accounts.find_organisation(name).id
                accounts.add_user(email_of(name, language), organisation_id=organisation_id, **facts)


def places(app: Flask) -> list[Place]:
    """Return every page once, those of single rows with the newest of the demo, or with a row made for it."""
    with app.app_context():
        return [*_places(app), *(Place(COMPANY, path) for path in ALSO)]


def variants(app: Flask) -> list[Place]:
    """Return pages in other states, and an invoice and a run of the demo for each state that one of them is in."""
    with app.app_context():
        demo = accounts.find_organisation(COMPANY).id
        axes = (Invoice.kind, Invoice.source, Invoice.status, Invoice.delivery, Invoice.payment)
        paths = [*VARIANTS]
        for key in _one_each(Invoice.id, Invoice.organisation_id == demo, axes):
            paths += [f"/invoices/{key}", f"/invoices/{key}?tab=history"]
        paths += [f"/logs/{key}" for key in _one_each(Run.id, Run.organisation_id == demo, (Run.category, Run.status))]
        axes = (ExpenseClaim.status, ExpenseClaim.delivery)
        paths += [f"/expenses/{key}" for key in _one_each(ExpenseClaim.id, ExpenseClaim.organisation_id == demo, axes)]
    return [Place(COMPANY, path) for path in paths]


def _one_each(key: Any, condition: Any, axes: tuple[Any, ...]) -> list[int]:
    return sorted(current().scalars(select(func.max(key)).where(condition).group_by(*axes)))


def _places(app: Flask) -> Iterator[Place]:
    demo, neighbour = (accounts.find_organisation(name).id for name in (COMPANY, NEIGHBOUR))
    newest: dict[str, Any] = {
        name: current().scalar(select(func.max(row.id)).where(row.organisation_id == demo))
        for name, row in ROWS.items()
    }
    own = (Invoice.source == "manual", Invoice.status == "sent", Invoice.delivery == "not_sent")
    newest["invoice_id"] = current().scalar(select(func.max(Invoice.id)).where(Invoice.organisation_id == demo, *own))
    for route in routes(app):
        if route.method != "GET" or route.endpoint in NOT_PAGES | ELSEWHERE:
            continue
        if route.endpoint == "auth.login":
            yield Place("", "/login")
            continue
        known = route.endpoint not in MADE and all(newest.get(name) for name in route.parameters)
        whose = COMPANY if known else NEIGHBOUR
        values = {
            name: newest[name] if known else objects.make(route.endpoint, name, neighbour) for name in route.parameters
        }
        yield Place(whose, path_of(app, route, values))
