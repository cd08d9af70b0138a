"""The age analysis: buckets, day and date of one's own choice; a cell opens its invoices."""

from datetime import date
from typing import Any

from flask import current_app, render_template, request, url_for
from flask_login import current_user

from webapp.domain.ageing import USUAL, parse_bounds
from webapp.extensions import clock
from webapp.queries import ageing as queries
from webapp.web.payments.blueprint import blueprint
from webapp.web.policy import allow


@blueprint.get("/ageing")
@allow("viewer")
def ageing() -> str:
    """Show what customers owe by age, and the invoices of the cell in the address."""
    zone = current_app.extensions["koppel"].zone
    today = clock.today(zone)
    view = _view(today)
    chosen, currency = request.args.get("bucket", ""), request.args.get("currency", "")
    kept: dict[str, Any] = {
        "as_of": view.as_of.isoformat() if view.as_of != today else None,
        "buckets": ",".join(map(str, view.bounds)) if view.bounds != USUAL else None,
        "by": None if view.by_due else "issue",
    }
    own = current_user.organisation_id
    cut = None
    if currency:
        cut = queries.invoices(
            own,
            view,
            bucket=chosen,
            currency=currency[:3],
            today=today,
            zone=zone,
            after=request.args.get("after", ""),
        )
    more = None
    if cut is not None and cut.after:
        more = url_for("payments.ageing", bucket=chosen or None, currency=currency, after=cut.after, **kept)
    return render_template(
        "payments/ageing.html",
        view=view,
        today=today,
        table=queries.table(own, view, today=today, zone=zone),
        kept=kept,
        chosen=chosen,
        currency=currency,
        cut=cut,
        next_url=more,
        label=next((queries.label(one) for one in view.buckets if one.name == chosen), ""),
    )


def _view(today: date) -> queries.View:
    try:
        as_of = min(date.fromisoformat(request.args.get("as_of", "")), today)
    except ValueError:
        as_of = today
    as_of = max(as_of, date(2000, 1, 1))
    bounds = parse_bounds(request.args.get("buckets", ""))
    return queries.View(as_of, bounds, by_due=request.args.get("by") != "issue")
