"""The overview, and what a user changes about himself."""

from flask import flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.gates import limiter
from webapp.queries import settings as queries
from webapp.services import accounts
from webapp.web.acting import acting
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint
from webapp.web.settings.forms import PasswordForm, ProfileForm
from webapp.web.settings.problems import tell


def _who() -> str:
    return f"password {current_user.email}"


def _went_wrong(response: Response) -> bool:
    return response.status_code != 303


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show what can be set, and how it stands."""
    return render_template("settings/index.html", overview=queries.overview(current_user.organisation_id))


@blueprint.get("/profile")
@allow("viewer")
def profile() -> str:
    """Show one's own name, language and theme, and the form for a new password."""
    return _page(_profile_form(), PasswordForm())


def _profile_form() -> ProfileForm:
    # Without the posted values: the page holds two forms, and only one of them was sent.
    return ProfileForm(formdata=None, obj=current_user)


def _page(form: ProfileForm, password_form: PasswordForm) -> str:
    return render_template("settings/profile.html", form=form, password_form=password_form)


@blueprint.post("/profile")
@allow("viewer")
def update_profile() -> tuple[str, int] | Response:
    """Change one's own name, language and theme."""
    form = ProfileForm()
    if form.validate_on_submit():
        try:
            accounts.change_profile(acting(), name=form.name.data, language=form.language.data, theme=form.theme.data)
        except accounts.AccountError as problem:
            tell(form, problem)
        else:
            session["language"] = current_user.language = form.language.data
            refresh()
            flash(_("Your profile was saved."), "success")
            return redirect(url_for("settings.profile"), 303)
    return _page(form, PasswordForm(formdata=None)), 422


@blueprint.post("/profile/password")
@allow("viewer")
@limiter.limit("10 per 10 minutes", key_func=_who, deduct_when=_went_wrong)
def update_profile_password() -> tuple[str, int] | Response:
    """Change one's own password; other logins of the user end."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            accounts.change_password(acting(), form.old.data, form.password.data, token=current_user.token)
        except accounts.AccountError as problem:
            tell(form, problem, wrong="old")
        else:
            flash(_("Your password was changed; you are logged out everywhere else."), "success")
            return redirect(url_for("settings.profile"), 303)
    return _page(_profile_form(), form), 422
