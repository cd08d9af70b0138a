"""The page of one expense claim, and the receipts it hands out."""

import io
from typing import Any

from flask import abort, render_template, send_file
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.expenses import EDITABLE, ClaimStatus
from webapp.domain.receipts import LIMIT
from webapp.queries import expenses as queries
from webapp.queries.expense_words import say_problem
from webapp.queries.invoice_filters import today
from webapp.services.expenses import ban_of
from webapp.web.acting import acting
from webapp.web.expenses.blueprint import blueprint
from webapp.web.expenses.forms import LineForm
from webapp.web.policy import allow, may

LIMIT_MB = f"{LIMIT / 1_000_000:g}"
RECEIPT_POLICY = (
    "default-src 'none'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
)
"""What a receipt may do that somebody opens by itself: nothing."""


@blueprint.get("/<int:claim_id>")
@allow("viewer")
def show(claim_id: int) -> str:
    """Show a claim with its expenses, receipts and history."""
    return page(claim_id, LineForm(formdata=None, data={"spent_on": today().isoformat()}))


@blueprint.get("/<int:claim_id>/receipts/<int:line_id>")
@allow("viewer")
def receipt(claim_id: int, line_id: int) -> Response:
    """Hand out a receipt: a picture is shown, a PDF is only ever downloaded; neither runs anything."""
    found = queries.receipt(current_user.organisation_id, claim_id, line_id)
    if found is None:
        abort(404)
    answer = send_file(
        io.BytesIO(found.content),
        mimetype=found.media_type,
        as_attachment=not found.media_type.startswith("image/"),
        download_name=found.file_name,
    )
    answer.headers["Content-Security-Policy"] = RECEIPT_POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def page(claim_id: int, form: LineForm, **more: Any) -> str:
    """Return the page of a claim, with the form for one more expense; 404 for one of another organisation."""
    view = queries.find(current_user.organisation_id, claim_id)
    if view is None:
        abort(404)
    row = view.row
    return render_template(
        "expenses/show.html",
        view=view,
        claim=row,
        form=form,
        editable=may("staff") and row.status in EDITABLE,
        decidable=may("staff") and row.status == ClaimStatus.SUBMITTED,
        ban=ban_of(acting(), claim_id) if row.status == ClaimStatus.SUBMITTED else "",
        limit=LIMIT_MB,
        problem=say_problem,
        declined=next((one.text for one in view.events if one.event == "claim.declined"), ""),
        **more,
    )
