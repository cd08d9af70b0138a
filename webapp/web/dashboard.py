"""The dashboard: how the invoices stand, how payments are processed, and how the connections are."""

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.queries import dashboard
from webapp.queries.dashboard import Dashboard, Figure
from webapp.queries.invoice_limits import AGES
from webapp.web.policy import allow

blueprint = Blueprint("dashboard", __name__, url_prefix="/")


@blueprint.get("/")
@allow("viewer")
def index() -> str:
    """Show the dashboard."""
    own = str(current_user.organisation.currency)
    view = dashboard.show(current_user.organisation_id, currency=own)
    wanted = request.args.get("currency", "")
    return render_template(
        "dashboard/index.html",
        view=view,
        greeting=_greeting(view.now),
        steps=_steps(view),
        currency=wanted if wanted in view.currencies else view.currencies[0],
        rows_url=rows_url,
        ages=AGES,
    )


def rows_url(figure: Figure, currency: str = "") -> str:
    """Return the address of the list that holds exactly the invoices of a figure, of one currency or of all."""
    args = {"document": "status", "delivery": "delivery", "payment": "payment"}
    found: dict[str, Any] = {args[figure.axis]: figure.value}
    if figure.axis == "payment" or figure.value == "not_sent":
        found["status"] = "sent"
    if figure.source:
        found["source"] = figure.source
    if currency:
        found["currency"] = currency
    return url_for("invoices.index", **found)


def _greeting(now: datetime) -> str:
    hour = now.astimezone(current_app.extensions["koppel"].zone).hour
    name = (current_user.name.split() or [""])[0]
    if 5 <= hour < 12:
        return str(_("Good morning, %(name)s", name=name))
    if 12 <= hour < 18:
        return str(_("Good afternoon, %(name)s", name=name))
    return str(_("Good evening, %(name)s", name=name))


def _steps(view: Dashboard) -> list[dict[str, Any]]:
    """Return the way from nothing to the first invoice in the books; empty when it has been gone."""
    done = (view.connected, view.totals.count > 0, view.sent_any)
    if all(done):
        return []
    current = done.index(False)
    labels = (
        (_("Set up a connection"), _("Key and administration of Yuki"), url_for("connections.index")),
        (_("Add invoices"), _("By hand, or from a file"), url_for("invoices.index")),
        (_("Send to Yuki"), _("One invoice, or many at once"), url_for("invoices.index")),
    )
    return [
        {
            "label": label,
            "text": text,
            "url": url,
            "state": "done" if done[place] else "current" if place == current else "todo",
        }
        for place, (label, text, url) in enumerate(labels)
    ]
