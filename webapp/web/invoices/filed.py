"""The document of an archived invoice: fetched at a press, then shown inside of the page, never run."""

import io

from flask import Response, abort, flash, redirect, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.queries import filed_document, invoice
from webapp.services import fetching
from webapp.web.acting import acting
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.fetched import say_refusal
from webapp.web.policy import allow

PREVIEW_POLICY = "default-src 'none'; frame-ancestors 'self'; form-action 'none'; base-uri 'none'"
"""The policy of a document of somebody else: nothing may be loaded or run; only our own pages may show it.

A browser's viewer draws a PDF outside of the page. It does so for no document that is sandboxed, which adds nothing
here: whatever is no PDF is not handed out, and with this policy and `nosniff` nothing of it could run.
"""


@blueprint.post("/<int:invoice_id>/document/fetch")
@allow("viewer")
def fetch_document(invoice_id: int) -> BaseResponse:
    """Fetch the document of an archived invoice: one call."""
    if filed_document.find(current_user.organisation_id, invoice_id) is None:
        abort(404)
    try:
        if not fetching.fetch_pdf(acting(), invoice_id):
            flash(_("Yuki has no PDF of this document, or one that is not whole: look at it in Yuki."), "error")
    except fetching.FetchError as error:
        flash(say_refusal(error, "yuki"), "error")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args) + "#document", 303)


@blueprint.get("/<int:invoice_id>/document/inline")
@allow("viewer")
def inline_document(invoice_id: int) -> Response:
    """Hand out the PDF of an archived invoice for a frame of our own page."""
    if filed_document.find(current_user.organisation_id, invoice_id) is None:
        abort(404)
    found = invoice.attached(current_user.organisation_id, invoice_id)
    if found is None:
        abort(404)
    answer = send_file(io.BytesIO(found.content), mimetype="application/pdf", download_name=found.file_name)
    answer.headers["Content-Security-Policy"] = PREVIEW_POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
