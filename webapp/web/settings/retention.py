"""How long the logs are kept."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired

from webapp.services import pruning
from webapp.services.accounts import AccountError
from webapp.web.acting import acting
from webapp.web.fields import NOT_A_NUMBER, WholeNumber
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint
from webapp.web.settings.problems import tell


class RetentionForm(FlaskForm):  # type: ignore[misc]
    """A number of days."""

    log_days = WholeNumber(_l("Days"), [InputRequired(NOT_A_NUMBER)])


@blueprint.get("/retention")
@allow("admin")
def retention() -> str:
    """Show how long the logs are kept, and what stays in any case."""
    form = RetentionForm(formdata=None, data={"log_days": pruning.log_days(current_user.organisation)})
    return render_template("settings/retention.html", form=form)


@blueprint.post("/retention")
@allow("admin")
def change_retention() -> tuple[str, int] | Response:
    """Change it; the next night goes by it."""
    form = RetentionForm()
    if form.validate_on_submit():
        try:
            pruning.keep_for(acting(), form.log_days.data)
        except AccountError as problem:
            tell(form, problem)
        else:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("settings.retention"), 303)
    return render_template("settings/retention.html", form=form), 422
