"""Hand a claim in, approve or decline it, take it back."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webapp.queries.expense_words import say_problem
from webapp.services import expenses
from webapp.services.expenses import ExpenseError
from webapp.web.acting import acting
from webapp.web.expenses.blueprint import blueprint
from webapp.web.policy import allow

DONE = {
    "draft": _l("The expense claim is a draft again."),
    "submitted": _l("The expense claim was handed in; it now waits for approval."),
    "approved": _l("The expense claim was approved and can go to Yuki."),
    "declined": _l("The expense claim was declined, with your reason."),
}


@blueprint.post("/<int:claim_id>/move", endpoint="move")
@allow("staff")
def move_claim(claim_id: int) -> Response:
    """Move a claim to the status `to`; declining takes its `reason`."""
    target = request.form.get("to", "")
    try:
        expenses.move(acting(), claim_id, target, reason=request.form.get("reason", ""))
    except ExpenseError as error:
        if error.code == "not_found":
            abort(404)
        flash(say_problem(error.code, error.params), "error")
    else:
        flash(str(DONE[target]), "success")
    return redirect(url_for("expenses.show", claim_id=claim_id), 303)
