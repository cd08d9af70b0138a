"""The form of a connection that invoices are only read from: one page, for a new one and for one that is there."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.connections import ConnectionProblem
from webapp.queries import checks
from webapp.queries import connections as queries
from webapp.services import connections, sources
from webapp.web.acting import acting
from webapp.web.connections.blueprint import blueprint
from webapp.web.connections.forms import EditSourceForm, SourceForm
from webapp.web.connections.problems import tell
from webapp.web.connections.wizard import first_failure
from webapp.web.policy import allow


@blueprint.get("/new/billingo")
@allow("admin")
def new_source() -> str:
    """Ask for all of it on one page."""
    return _page(SourceForm())


@blueprint.post("/new/billingo")
@allow("admin")
def add_source() -> tuple[str, int] | Response:
    """Make the connection and try its key; one that is not accepted is not kept."""
    form, failed = SourceForm(), None
    if form.validate_on_submit():
        actor = acting()
        try:
            made = sources.add(actor, **form.values())
            report = connections.test(actor, made)
            if report.ok:
                flash(_("The connection is ready. Fetch the invoices now, or wait for the night."), "success")
                return redirect(url_for("connections.show", connection_id=made), 303)
            connections.remove(actor, made)
            failed = first_failure(report, sources.BILLINGO)
        except ConnectionProblem as problem:
            tell(form, problem)
    return _page(form, failed=failed), 422


def edit_page(source: queries.SourceDraft) -> str:
    """Return the form of one that is there."""
    values = {
        "name": source.name,
        "payment_times": source.payment_times,
        "department_id": str(source.department_id or ""),
    }
    return _page(EditSourceForm(data=values), source)


def update(source: queries.SourceDraft) -> tuple[str, int] | Response:
    """Change one that is there; the key only when a new one was typed, which is then tried at once."""
    form = EditSourceForm()
    if form.validate_on_submit():
        values = form.values()
        try:
            sources.change(acting(), source.id, **values)
        except ConnectionProblem as problem:
            tell(form, problem)
        else:
            if values["key"] and not connections.test(acting(), source.id).ok:
                flash(_("The connection was saved. The test found a problem; see below what to do."), "error")
            else:
                flash(_("The connection was saved."), "success")
            return redirect(url_for("connections.show", connection_id=source.id), 303)
    return _page(form, source), 422


def _page(form: SourceForm, source: queries.SourceDraft | None = None, *, failed: checks.Check | None = None) -> str:
    form.offer(queries.departments(current_user.organisation_id))
    return render_template("connections/source.html", form=form, source=source, failed=failed)
