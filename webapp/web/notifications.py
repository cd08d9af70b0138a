"""Notices: the list, the bell that looks for new ones, and marking them as seen."""

import json
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import notifications
from webapp.queries.labels import refusal_text
from webapp.services.notices import mark_seen
from webapp.services.sending import SendError, ask
from webapp.web.acting import acting
from webapp.web.inputs import chosen, identity
from webapp.web.policy import allow

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the open notices, and what was closed lately."""
    return render_template("notifications/index.html", page=notifications.page(**_reader()))


@blueprint.get("/bell")
@allow("viewer")
def bell() -> Response:
    """Show the bell's count; with `known`, the last count shown, a toast says what is new since."""
    view = notifications.bell(**_reader())
    answer = make_response(render_template("notifications/_bell.html", bell=view))
    known = request.args.get("known", type=identity)
    if view.newest is not None and known is not None and view.unread > known:
        toast = {
            "tone": view.newest.tone,
            "text": view.newest.title,
            "url": url_for("notifications.index"),
            "label": _("Show"),
        }
        answer.headers["HX-Trigger"] = json.dumps({"toast": toast})
    return answer


@blueprint.post("/seen")
@allow("viewer")
def seen() -> Response:
    """Mark one notice, or all, as seen."""
    notice_id = chosen("id")
    mark_seen(
        current_user.organisation_id,
        user_id=current_user.id,
        role=current_user.role,
        ids=None if notice_id is None else [notice_id],
    )
    return redirect(url_for("notifications.index"), 303)


@blueprint.post("/<int:notice_id>/retry")
@allow("staff")
def retry(notice_id: int) -> Response:
    """Send the invoices of a notice again."""
    notice = notifications.find(
        current_user.organisation_id, notice_id, user_id=current_user.id, role=current_user.role
    )
    if notice is None:
        abort(404)
    ids = notifications.invoice_ids(current_user.organisation_id, notice) if notice.retryable else []
    try:
        made = ask(acting(), ids, retry_of=notice.run_id)
    except SendError as error:
        flash(refusal_text(error.code, error.params), "error")
        return redirect(url_for("notifications.index"), 303)
    flash(_("Started again; this page follows it."), "success")
    return redirect(url_for("logs.show", run_id=made[0]) if len(made) == 1 else url_for("logs.index"), 303)


def _reader() -> dict[str, Any]:
    return {"organisation_id": current_user.organisation_id, "user_id": current_user.id, "role": current_user.role}
