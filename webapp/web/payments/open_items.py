"""What is open in the books and belongs to no invoice here."""

from typing import Any

from flask import render_template, request, url_for
from flask_login import current_user

from webapp.queries import open_items as queries
from webapp.web.inputs import identity, searched
from webapp.web.payments.blueprint import blueprint
from webapp.web.policy import allow


@blueprint.get("/open-items")
@allow("viewer")
def open_items() -> str:
    """Show them, the newest first; by a part of their texts, a side of the books, an administration."""
    side = request.args.get("side", "")
    filters = queries.Filters(
        q=searched("q"),
        side=side if side in queries.SIDES else "",
        connection_id=request.args.get("connection", type=identity),
    )
    found = queries.table(current_user.organisation_id, filters, after=request.args.get("after", type=identity))
    more = None
    if found.after is not None:
        kept: dict[str, Any] = {
            "q": filters.q or None,
            "side": filters.side or None,
            "connection": filters.connection_id,
        }
        more = url_for("payments.open_items", **kept, after=found.after)
    return render_template("payments/open_items.html", table=found, filters=filters, next_url=more)
