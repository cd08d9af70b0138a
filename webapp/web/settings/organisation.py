"""The organisation's defaults, and its departments."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import accounts
from webapp.queries import settings as queries
from webapp.services import settings as services
from webapp.services.accounts import AccountError
from webapp.web.acting import acting
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint
from webapp.web.settings.forms import DepartmentForm, OrganisationForm
from webapp.web.settings.problems import tell


@blueprint.get("/organisation")
@allow("admin")
def organisation() -> str:
    """Show what new invoices and users start with."""
    form = OrganisationForm(obj=current_user.organisation)
    form.offer()
    return render_template("settings/organisation.html", form=form)


@blueprint.post("/organisation")
@allow("admin")
def update_organisation() -> tuple[str, int] | Response:
    """Change what new invoices and users start with."""
    form = OrganisationForm()
    form.offer()
    if form.validate_on_submit():
        wanted = services.Defaults(
            currency=form.currency.data,
            country=form.country.data,
            payment_days=form.payment_days.data,
            language=form.language.data,
        )
        try:
            services.change_organisation(acting(), wanted)
        except AccountError as problem:
            tell(form, problem)
        else:
            flash(_("The organisation was saved."), "success")
            return redirect(url_for("settings.organisation"), 303)
    return render_template("settings/organisation.html", form=form), 422


@blueprint.get("/departments")
@allow("admin")
def departments() -> str:
    """Show the departments, each with the connection that its invoices go by."""
    return _departments_page(DepartmentForm())


def _departments_page(form: DepartmentForm) -> str:
    found = queries.departments(current_user.organisation_id)
    return render_template("settings/departments.html", departments=found, form=form)


@blueprint.post("/departments")
@allow("admin")
def add_department() -> tuple[str, int] | Response:
    """Add a department."""
    form = DepartmentForm()
    if form.validate_on_submit():
        try:
            services.add_department(acting(), form.name.data)
        except AccountError as problem:
            tell(form, problem, taken="name")
        else:
            flash(_("The department was added."), "success")
            return redirect(url_for("settings.departments"), 303)
    return _departments_page(form), 422


@blueprint.get("/departments/<int:department_id>")
@allow("admin")
def department(department_id: int) -> str:
    """Show a department, and which settings are its own."""
    found = _department(department_id)
    return _department_page(found, DepartmentForm(data={"name": found.name}))


def _department_page(found: queries.DepartmentPage, form: DepartmentForm) -> str:
    account = accounts.overview(current_user.organisation_id).organisation
    return render_template("settings/department.html", department=found, form=form, account=account)


def _department(department_id: int) -> queries.DepartmentPage:
    return queries.department(current_user.organisation_id, department_id) or abort(404)


@blueprint.post("/departments/<int:department_id>")
@allow("admin")
def rename_department(department_id: int) -> tuple[str, int] | Response:
    """Give a department another name."""
    found = _department(department_id)
    form = DepartmentForm()
    if form.validate_on_submit():
        try:
            services.rename_department(acting(), department_id, form.name.data)
        except services.NotFound:
            abort(404)
        except AccountError as problem:
            tell(form, problem, taken="name")
        else:
            flash(_("The department was saved."), "success")
            return redirect(url_for("settings.departments"), 303)
    return _department_page(found, form), 422
