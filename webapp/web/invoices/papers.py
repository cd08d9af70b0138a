"""The papers of an invoice, as files: its PDF in the customer's language or in another, and its UBL."""

import io

from flask import Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.queries.faults import say_obstacle
from webapp.queries.ubl_words import explain_rules
from webapp.services import papers
from webapp.services.papers.invoices import find_invoice
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.typed import title
from webapp.web.policy import allow


@blueprint.get("/<int:invoice_id>/pdf")
@allow("viewer")
def pdf(invoice_id: int) -> Response | BaseResponse:
    """Open the PDF of an invoice; with `?download=1` it is kept as a file."""
    found = find_invoice(current_user.organisation_id, invoice_id) or abort(404)
    obstacle = papers.paper_obstacle(found)
    if obstacle:
        flash(say_obstacle(obstacle), "error")
        return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)
    file = papers.invoice_pdf(found, language=request.args.get("language", ""))
    return hand_out(file, mimetype="application/pdf", download=request.args.get("download") == "1")


def hand_out(file: papers.File, *, mimetype: str, download: bool) -> Response:
    """Answer with a file: shown in a tab of its own, under the policy of every answer, or kept."""
    answer = send_file(io.BytesIO(file.content), mimetype=mimetype, as_attachment=download, download_name=file.name)
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@blueprint.get("/<int:invoice_id>/ubl")
@allow("viewer")
def ubl(invoice_id: int) -> Response | BaseResponse | tuple[str, int]:
    """Hand out the electronic invoice, or say what it lacks to be one."""
    found = find_invoice(current_user.organisation_id, invoice_id) or abort(404)
    obstacle = papers.paper_obstacle(found)
    if obstacle:
        flash(say_obstacle(obstacle), "error")
        return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)
    try:
        file = papers.invoice_ubl(found)
    except papers.UblProblem as problem:
        obstacles = explain_rules(problem.rules)
        return render_template("invoices/ubl.html", invoice=found, title=title(found), obstacles=obstacles), 422
    return hand_out(file, mimetype="application/xml", download=True)
