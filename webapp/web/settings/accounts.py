"""Financial accounting: the GL accounts of the organisation, its departments, projects and activities."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField

from webapp.queries import accounts
from webapp.queries.faults import say
from webapp.services.dimensions import DimensionData, save, set_department_account, set_organisation_account
from webapp.services.invoices import InvoiceFaults
from webapp.store.dimensions import KINDS, Dimension
from webapp.web.acting import acting
from webapp.web.inputs import identity, searched
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint

WORDS: dict[str, dict[str, Any]] = {
    "project": {
        "one": _l("Project"),
        "many": _l("Projects"),
        "new": _l("New project"),
        "none": _l("No projects yet"),
        "what": _l(
            "An invoice names its project by the code; lines without a more special account go on the project's."
        ),
    },
    "activity": {
        "one": _l("Activity"),
        "many": _l("Activities"),
        "new": _l("New activity"),
        "none": _l("No activities yet"),
        "what": _l("A line names its activity by the code; its account goes before all others but the line's own."),
    },
}


class AccountForm(FlaskForm):  # type: ignore[misc]
    """One GL account."""

    gl_account_code = StringField(_l("GL account"))


class DimensionForm(AccountForm):
    """A project or an activity."""

    code = StringField(_l("Code"), description=_l("As invoices name it; for a project as Yuki has it."))
    name = StringField(_l("Name"))


@blueprint.get("/accounts")
@allow("admin")
def accounts_page() -> str:
    """Show where GL accounts are set, from the most special to the most general."""
    view = accounts.overview(current_user.organisation_id)
    return _overview(AccountForm(data={"gl_account_code": view.organisation}))


@blueprint.post("/accounts")
@allow("admin")
def change_accounts() -> tuple[str, int] | Response:
    """Set the account of the organisation."""
    form = AccountForm()
    try:
        set_organisation_account(acting(), _tidy(form.gl_account_code.data))
    except InvoiceFaults as error:
        _tell(form, error)
        return _overview(form), 422
    flash(_("The settings were saved."), "success")
    return redirect(url_for("settings.accounts_page"), 303)


@blueprint.post("/departments/<int:department_id>/account")
@allow("admin")
def change_department_account(department_id: int) -> Response:
    """Set the account of a department."""
    form = AccountForm()
    try:
        if not set_department_account(acting(), department_id, _tidy(form.gl_account_code.data)):
            abort(404)
        flash(_("The department was saved."), "success")
    except InvoiceFaults as error:
        flash(" ".join(say(fault) for fault in error.faults), "error")
    return redirect(url_for("settings.department", department_id=department_id), 303)


@blueprint.get("/accounts/<any(project, activity):dimension_kind>")
@allow("admin")
def dimensions(dimension_kind: str) -> str:
    """Show the projects or activities by name."""
    text = searched("q")
    after = request.args.get("after", type=identity)
    page = accounts.table(current_user.organisation_id, dimension_kind, text, after=after)
    return render_template(
        "settings/dimensions.html", page=page, text=text, kind=dimension_kind, words=WORDS[dimension_kind]
    )


@blueprint.get("/accounts/<any(project, activity):dimension_kind>/new")
@allow("admin")
def new_dimension(dimension_kind: str) -> str:
    """Show an empty form."""
    return _form(DimensionForm(), dimension_kind, None)


@blueprint.post("/accounts/<any(project, activity):dimension_kind>")
@allow("admin")
def add_dimension(dimension_kind: str) -> tuple[str, int] | Response:
    """Store a new project or activity."""
    return _save(dimension_kind, None)


@blueprint.get("/accounts/<any(project, activity):dimension_kind>/<int:dimension_id>")
@allow("admin")
def dimension(dimension_kind: str, dimension_id: int) -> str:
    """Show a project or activity in the form that changes it."""
    found = _find(dimension_kind, dimension_id)
    return _form(DimensionForm(formdata=None, obj=found), dimension_kind, found)


@blueprint.post("/accounts/<any(project, activity):dimension_kind>/<int:dimension_id>")
@allow("admin")
def change_dimension(dimension_kind: str, dimension_id: int) -> tuple[str, int] | Response:
    """Store the changes of a project or activity."""
    return _save(dimension_kind, _find(dimension_kind, dimension_id))


def _save(kind: str, found: Dimension | None) -> tuple[str, int] | Response:
    form = DimensionForm()
    data = DimensionData(_tidy(form.code.data), _tidy(form.name.data), _tidy(form.gl_account_code.data))
    try:
        stored = save(acting(), kind, data, dimension_id=found.id if found else None)
    except InvoiceFaults as error:
        _tell(form, error)
        return _form(form, kind, found), 422
    if stored is None:
        abort(404)
    flash(_("%(name)s was saved.", name=stored.name), "success")
    return redirect(url_for("settings.dimensions", dimension_kind=kind), 303)


def _overview(form: AccountForm) -> str:
    view = accounts.overview(current_user.organisation_id)
    return render_template("settings/accounts.html", form=form, view=view, kinds=[(one, WORDS[one]) for one in KINDS])


def _form(form: DimensionForm, kind: str, found: Dimension | None) -> str:
    return render_template("settings/dimension.html", form=form, kind=kind, words=WORDS[kind], dimension=found)


def _find(kind: str, dimension_id: int) -> Dimension:
    return accounts.find(current_user.organisation_id, kind, dimension_id) or abort(404)


def _tell(form: FlaskForm, error: InvoiceFaults) -> None:
    for fault in error.faults:
        form[fault.field].errors = [*form[fault.field].errors, say(fault)]


def _tidy(text: str | None) -> str:
    return " ".join((text or "").split())
