"""The search over everything, which is the command palette too: pages, actions, invoices and contacts."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.queries import search
from webapp.web.context import NAV
from webapp.web.inputs import searched
from webapp.web.policy import allow, may

blueprint = Blueprint("search", __name__, url_prefix="/search")

PAGES: tuple[tuple[str, str, Any, str], ...] = (
    *((endpoint, icon, label, role) for _name, endpoint, icon, label, role in NAV),
    ("matching.index", "check2-square", _l("Match payments"), "viewer"),
    ("statements.index", "bank", _l("Bank statements"), "viewer"),
    ("payments.ageing", "bar-chart", _l("Age analysis"), "viewer"),
    ("reminders.index", "bell", _l("Reminders"), "viewer"),
    ("mails.index", "envelope", _l("E-mails"), "viewer"),
    ("notifications.index", "bell", _l("Notifications"), "viewer"),
    ("views.index", "bookmark", _l("Saved views"), "viewer"),
    ("exports.index", "folder2-open", _l("Files"), "viewer"),
)
ACTIONS: tuple[tuple[str, str, Any, str], ...] = (
    ("invoices.new", "plus-lg", _l("New invoice"), "staff"),
    ("invoices.import_page", "upload", _l("Import invoices"), "staff"),
    ("payments.new", "plus-lg", _l("Payment by hand"), "staff"),
    ("contacts.new", "plus-lg", _l("New contact"), "staff"),
    ("products.new", "plus-lg", _l("New product"), "staff"),
    ("expenses.new", "plus-lg", _l("New expense claim"), "staff"),
    ("connections.new", "plug", _l("New connection"), "admin"),
    ("settings.users", "people", _l("Users"), "admin"),
)
MOST = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A page or an action."""

    label: str
    icon: str
    url: str


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show what was found, as a page."""
    return render_template("search/index.html", **_found())


@blueprint.get("/results")
@allow("viewer")
def results() -> str:
    """Show what was found alone, as the command palette asks for it while somebody types."""
    return render_template("search/_results.html", **_found())


def _found() -> dict[str, Any]:
    text = searched("q")
    organisation_id = current_user.organisation_id
    return {
        "text": text,
        "pages": _places(PAGES, text),
        "actions": _places(ACTIONS, text),
        "invoices": search.invoices(organisation_id, text) if text else (),
        "contacts": search.contacts(organisation_id, text) if text else (),
    }


def _places(places: tuple[tuple[str, str, Any, str], ...], text: str) -> list[Place]:
    """Return those that the role may see and whose words hold what was typed; without a text all of them."""
    wanted = text.casefold()
    found = [
        Place(str(label), icon, url_for(endpoint))
        for endpoint, icon, label, role in places
        if may(role) and wanted in str(label).casefold()
    ]
    return found[:MOST] if text else found
