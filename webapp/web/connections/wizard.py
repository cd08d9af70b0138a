"""The wizard of four steps: name and country, key, administration, options.

From the second step on the connection is a row that does nothing yet, so that the key stays here.
"""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from webapp.connectors.ports import CheckReport
from webapp.domain.connections import ConnectionProblem, fit_name, fit_region
from webapp.queries import checks
from webapp.queries import connections as queries
from webapp.services import connections as services
from webapp.services.connection_checks import as_row
from webapp.web.acting import acting
from webapp.web.connections.blueprint import blueprint
from webapp.web.connections.forms import AdministrationForm, BasicsForm, KeyForm, OptionsForm, starting_values
from webapp.web.connections.problems import tell
from webapp.web.policy import allow


@blueprint.get("/new")
@allow("admin")
def new() -> str:
    """Step 1: ask for name and country."""
    form = BasicsForm(request.args, meta={"csrf": False}) if request.args else BasicsForm()
    return render_template("connections/new.html", form=form)


@blueprint.post("/new")
@allow("admin")
def name() -> tuple[str, int] | Response:
    """Take name and country on to the next step; nothing is kept yet."""
    form = BasicsForm()
    if form.validate_on_submit():
        try:
            target = url_for("connections.key", name=fit_name(form.name.data), region=fit_region(form.region.data))
            return redirect(target, 303)
        except ConnectionProblem as problem:
            tell(form, problem)
    return render_template("connections/new.html", form=form), 422


@blueprint.get("/new/key")
@allow("admin")
def key() -> str | Response:
    """Step 2: ask for the key."""
    form = KeyForm(name=request.args.get("name", ""), region=request.args.get("region", ""))
    if not form.name.data:
        return redirect(url_for("connections.new"), 303)
    return render_template("connections/key.html", form=form, failed=None)


@blueprint.post("/new/key")
@allow("admin")
def try_key() -> tuple[str, int] | Response:
    """Try the key; one that is not accepted is not kept."""
    form = KeyForm()
    failed = None
    if form.validate_on_submit():
        actor = acting()
        try:
            made = services.begin(actor, name=form.name.data or "", region=form.region.data or "", key=form.key.data)
            report = services.test(actor, made)
            if _passed(report, "session"):
                return redirect(url_for("connections.administration", connection_id=made), 303)
            services.remove(actor, made)
            failed = first_failure(report)
        except ConnectionProblem as problem:
            tell(form, problem)
    return render_template("connections/key.html", form=form, failed=failed), 422


@blueprint.get("/<int:connection_id>/setup/administration")
@allow("admin")
def administration(connection_id: int) -> str:
    """Step 3: offer the administrations that the key sees."""
    draft = _draft(connection_id)
    form = AdministrationForm(data={"administration_id": draft.administration_id})
    return _administration_page(form, draft, None)


def _draft(connection_id: int) -> queries.Draft:
    draft = queries.draft(current_user.organisation_id, connection_id)
    if draft is None or not draft.unfinished:
        abort(404)
    return draft


def _administration_page(form: AdministrationForm, draft: queries.Draft, failed: checks.Check | None) -> str:
    form.chosen.choices = [
        SelectChoice(key, label if active else _("%(name)s (not active)", name=label))
        for key, label, active in draft.seen
    ]
    known = [key for key, _label, _active in draft.seen]
    if form.chosen.data not in known:
        form.chosen.data = form.administration_id.data if form.administration_id.data in known else None
    if len(known) == 1 and not form.administration_id.data:
        form.chosen.data = known[0]
    if form.chosen.data and form.chosen.data == form.administration_id.data:
        form.administration_id.data = ""
    return render_template("connections/administration.html", form=form, draft=draft, failed=failed)


@blueprint.post("/<int:connection_id>/setup/administration")
@allow("admin")
def choose_administration(connection_id: int) -> tuple[str, int] | Response:
    """Take the administration and test it with its rights; a pasted ID goes before a choice."""
    draft = _draft(connection_id)
    form = AdministrationForm()
    failed = None
    if form.validate_on_submit():
        wanted = (form.administration_id.data or "").strip() or form.chosen.data or ""
        names = {key: label for key, label, _active in draft.seen}
        try:
            services.choose_administration(acting(), connection_id, wanted, name=names.get(wanted, ""))
            report = services.test(acting(), connection_id)
            if _passed(report, "administration"):
                return redirect(url_for("connections.options", connection_id=connection_id), 303)
            failed = first_failure(report)
        except ConnectionProblem as problem:
            tell(form, problem)
    return _administration_page(form, draft, failed), 422


@blueprint.get("/<int:connection_id>/setup/options")
@allow("admin")
def options(connection_id: int) -> str | Response:
    """Step 4: ask what the connection does, with the result of the test beside it."""
    draft = _draft(connection_id)
    if not draft.administration_id:
        return redirect(url_for("connections.administration", connection_id=connection_id), 303)
    values = starting_values(draft) | {"send_invoices": True, "process_payments": True}
    return _options_page(OptionsForm(data=values), connection_id, draft)


def _options_page(form: OptionsForm, connection_id: int, draft: queries.Draft) -> str:
    form.offer(queries.departments(current_user.organisation_id))
    detail = queries.show(current_user.organisation_id, connection_id)
    return render_template("connections/options.html", form=form, draft=draft, detail=detail)


@blueprint.post("/<int:connection_id>/setup/options")
@allow("admin")
def finish(connection_id: int) -> tuple[str, int] | Response:
    """Set the options, and let the connection work."""
    draft = _draft(connection_id)
    form = OptionsForm()
    form.offer(queries.departments(current_user.organisation_id))
    if form.validate_on_submit():
        try:
            services.finish(acting(), connection_id, form.options())
        except ConnectionProblem as problem:
            tell(form, problem)
        else:
            flash(_("The connection is ready."), "success")
            return redirect(url_for("connections.show", connection_id=connection_id), 303)
    return _options_page(form, connection_id, draft), 422


def _passed(report: CheckReport, step: str) -> bool:
    return any(tried.name == step and tried.ok for tried in report.steps)


def first_failure(report: CheckReport, provider: str = "yuki") -> checks.Check | None:
    """Return the first thing that a test found wrong, in words."""
    found = checks.read_report([as_row(step) for step in report.steps if step.ok is False], provider)
    return found[0] if found else None
