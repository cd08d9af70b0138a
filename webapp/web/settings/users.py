"""The users of the organisation, as its administrators see them."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import settings as queries
from webapp.services import accounts
from webapp.services import settings as services
from webapp.web.acting import acting
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint
from webapp.web.settings.forms import NewUserForm, ResetForm, UserForm
from webapp.web.settings.problems import tell


@blueprint.get("/users")
@allow("admin")
def users() -> str:
    """Show all users."""
    return render_template("settings/users.html", users=queries.users(current_user.organisation_id))


@blueprint.get("/users/new")
@allow("admin")
def user_new() -> str:
    """Show the form of a new user."""
    form = NewUserForm(data={"role": "staff"})
    form.offer()
    return render_template("settings/user_new.html", form=form)


@blueprint.post("/users/new")
@allow("admin")
def user_create() -> tuple[str, int] | Response:
    """Add a user with a password to begin with."""
    form = NewUserForm()
    form.offer()
    if form.validate_on_submit():
        try:
            accounts.add_user(
                form.email.data,
                organisation_id=current_user.organisation_id,
                role=form.role.data,
                password=form.password.data,
                name=form.name.data,
            )
        except accounts.AccountError as problem:
            tell(form, problem, taken="email")
        else:
            flash(_("%(name)s can log in now, with the password that you chose.", name=form.name.data), "success")
            return redirect(url_for("settings.users"), 303)
    return render_template("settings/user_new.html", form=form), 422


@blueprint.get("/users/<int:user_id>")
@allow("admin")
def user(user_id: int) -> str:
    """Show a user: role, access, and a form for a new password."""
    return _page(_user(user_id))


def _user(user_id: int) -> queries.UserLine:
    return queries.user(current_user.organisation_id, user_id) or abort(404)


def _page(found: queries.UserLine, *, form: UserForm | None = None, reset_form: ResetForm | None = None) -> str:
    # Without the posted values where it is the other form that was sent.
    form = form or UserForm(formdata=None, data={"name": found.name, "role": found.role, "active": found.active})
    form.offer()
    reset_form = reset_form or ResetForm(formdata=None)
    return render_template("settings/user.html", user=found, form=form, reset_form=reset_form)


@blueprint.post("/users/<int:user_id>")
@allow("admin")
def user_update(user_id: int) -> tuple[str, int] | Response:
    """Change name, role and access of a user."""
    found = _user(user_id)
    form = UserForm()
    form.offer()
    if form.validate_on_submit():
        try:
            services.change_user(acting(), user_id, role=form.role.data, active=form.active.data, name=form.name.data)
        except services.NotFound:
            abort(404)
        except accounts.AccountError as problem:
            tell(form, problem, last_admin="role")
        else:
            flash(_("The user was saved."), "success")
            return redirect(url_for("settings.users"), 303)
    return _page(found, form=form), 422


@blueprint.post("/users/<int:user_id>/password")
@allow("admin")
def user_password(user_id: int) -> tuple[str, int] | Response:
    """Give a user a new password; all his logins end."""
    found = _user(user_id)
    form = ResetForm()
    if form.validate_on_submit():
        try:
            services.reset_password(acting(), user_id, form.password.data)
        except services.NotFound:
            abort(404)
        except accounts.AccountError as problem:
            tell(form, problem)
        else:
            flash(_("The password was changed; %(name)s has to log in again.", name=found.name), "success")
            return redirect(url_for("settings.users"), 303)
    return _page(found, reset_form=form), 422
