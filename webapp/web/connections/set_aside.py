"""The records of a connection that could not be read: why, what they were, and trying them again."""

from flask import abort, render_template, request
from flask_login import current_user

from webapp.queries import set_aside as queries
from webapp.web.connections.blueprint import blueprint
from webapp.web.inputs import identity
from webapp.web.policy import allow
from webapp.web.pretty import pretty


@blueprint.get("/<int:connection_id>/set-aside")
@allow("viewer")
def set_aside(connection_id: int) -> str:
    """Show what waits to be read, the oldest first."""
    page = queries.page(
        current_user.organisation_id,
        connection_id,
        after=request.args.get("after", type=identity),
        before=request.args.get("before", type=identity),
    )
    return render_template("connections/set_aside.html", page=page or abort(404))


@blueprint.get("/set-aside/<int:aside_id>")
@allow("viewer")
def set_aside_record(aside_id: int) -> str:
    """Show one record as it came."""
    view = queries.find(current_user.organisation_id, aside_id) or abort(404)
    return render_template("connections/set_aside_record.html", view=view, payload=pretty(view.payload))
