"""The differences with an administration's books, one by one."""

from typing import Any

from flask import abort, render_template, request, url_for
from flask_login import current_user

from webapp.queries import differences as queries
from webapp.web.inputs import identity
from webapp.web.payments.blueprint import blueprint
from webapp.web.policy import allow


@blueprint.get("/differences/<int:connection_id>")
@allow("viewer")
def differences(connection_id: int) -> str:
    """Show what differs on a side of the books, of one cause or of all: each row leads to its invoice or payment."""
    side = "creditor" if request.args.get("side") == "creditor" else "debtor"
    cause = request.args.get("cause", "")[:20]
    after = request.args.get("after", type=identity)
    found = queries.show(current_user.organisation_id, connection_id, side=side, cause=cause, after=after) or abort(404)
    kept: dict[str, Any] = {"connection_id": connection_id, "side": side if side == "creditor" else None}
    more = None
    if found.after is not None:
        more = url_for("payments.differences", **kept, cause=cause or None, after=found.after)
    return render_template("payments/differences.html", view=found, kept=kept, next_url=more)
