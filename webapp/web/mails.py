"""E-mails to customers: the list, one message, and what a person knows of one whose outcome nobody else knows."""

import io

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.domain.mails import MailState
from webapp.queries import mails as queries
from webapp.queries.faults import say_obstacle
from webapp.services import mails
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.policy import allow

blueprint = Blueprint("mails", __name__, url_prefix="/mails")


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show what was sent to customers, newest first."""
    wanted = request.args.get("state", "")
    state = wanted if wanted in set(MailState) else ""
    page = queries.table(current_user.organisation_id, state=state, after=request.args.get("after", type=identity))
    return render_template("mails/index.html", page=page, state=state, states=list(MailState), folder=_folder())


@blueprint.get("/<int:mail_id>")
@allow("viewer")
def show(mail_id: int) -> str:
    """Show one e-mail as its reader sees it."""
    message = queries.show(current_user.organisation_id, mail_id) or abort(404)
    return render_template("mails/show.html", message=message, mail=message.line, folder=_folder())


@blueprint.get("/<int:mail_id>/message.eml")
@allow("viewer")
def message(mail_id: int) -> Response:
    """Hand out the message, as a file that mail programs open."""
    found = queries.content(current_user.organisation_id, mail_id)
    if found is None:
        abort(404)
    return send_file(
        io.BytesIO(found), mimetype="message/rfc822", as_attachment=True, download_name=f"koppel-{mail_id}.eml"
    )


@blueprint.post("/<int:mail_id>/settle")
@allow("staff")
def settle(mail_id: int) -> BaseResponse:
    """Take a person's word for whether an e-mail arrived."""
    try:
        mails.settle(acting(), mail_id, arrived=request.form.get("arrived") == "1")
    except mails.MailProblem as problem:
        if problem.code == "not_found":
            abort(404)
        flash(say_obstacle(problem.code), "error")
    else:
        flash(_("Noted."), "success")
    return redirect(url_for("mails.show", mail_id=mail_id), 303)


def _folder() -> bool:
    """Whether e-mails are only put into a folder, and reach nobody."""
    route = current_app.extensions["koppel"].mail_route
    return route is not None and route.scheme == "file"
