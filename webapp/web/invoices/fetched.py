"""What can be done with an invoice that was fetched: have its PDF brought from where it was issued."""

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.queries.failures import explain
from webapp.services import fetching
from webapp.web.acting import acting
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.policy import allow


@blueprint.post("/<int:invoice_id>/pdf")
@allow("viewer")
def bring_pdf(invoice_id: int) -> Response:
    """Fetch the PDF of a fetched invoice and hand it out; one that is not made yet is said to be so."""
    try:
        if fetching.fetch_pdf(acting(), invoice_id):
            return redirect(url_for("invoices.document", invoice_id=invoice_id), 303)
        flash(_("The PDF is not ready over there yet. Try again in a minute."), "info")
    except fetching.FetchError as error:
        if error.code == "not_found":
            abort(404)
        flash(say_refusal(error, "billingo"), "error")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)


def say_refusal(error: fetching.FetchError, provider: str) -> str:
    """Return in words why a document could not be fetched from a provider."""
    if error.code == "paused":
        name = str(error.params.get("connection", ""))
        return str(_("The connection %(name)s is paused: an administrator resumes it first.", name=name))
    if error.code == "sealed":
        return str(_("The stored API key can no longer be opened: the encryption key of Koppel has changed."))
    failure = str(error.params.get("failure", ""))
    known = explain(failure, {"provider": provider, "category": "fetch_invoices"})
    return f"{known.cause} {known.next_step}"
