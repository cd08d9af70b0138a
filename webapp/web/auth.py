"""Login and logout."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from webapp.gates import limiter, login
from webapp.services import accounts
from webapp.web.logins import LoggedIn
from webapp.web.policy import allow

blueprint = Blueprint("auth", __name__)


class LoginForm(FlaskForm):  # type: ignore[misc]
    """E-mail address and password."""

    email = EmailField(_l("E-mail address"), [InputRequired(_l("Fill in your e-mail address.")), Length(max=254)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Fill in your password.")), Length(max=200)])


def _name() -> str:
    return (request.form.get("email") or "").strip().lower()[:254]


def _place_and_name() -> str:
    # Both: a stranger elsewhere who guesses at somebody's password must not shut him out.
    return f"{request.remote_addr} {_name()}"


def _is_at_home() -> bool:
    """Whether the one who is named is logged in from here: the guesses of the whole world do not count then."""
    return accounts.has_login_from(_name(), request.remote_addr or "")


def _went_wrong(response: Response) -> bool:
    # Only wrong passwords count: who knows his own may log in as often as he likes.
    return response.status_code != 303


@blueprint.get("/login", endpoint="login")
@allow("public")
def login_page() -> str | Response:
    """Show the login form; someone who is logged in goes on."""
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")), 303)
    return render_template("auth/login.html", form=LoginForm())


@blueprint.post("/login", endpoint="log_in")
@allow("public")
@limiter.limit("20 per minute", deduct_when=_went_wrong)
@limiter.limit("10 per 10 minutes", key_func=_place_and_name, deduct_when=_went_wrong)
@limiter.limit("100 per hour", key_func=_name, exempt_when=_is_at_home, deduct_when=_went_wrong)
def log_in() -> tuple[str, int] | Response:
    """Check the password; wrong ones are told apart from nothing else."""
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("auth/login.html", form=form), 422
    token = accounts.log_in(form.email.data, form.password.data, address=request.remote_addr or "")
    row = accounts.find_login(token) if token else None
    if token is None or row is None:
        form.password.errors = [_("This e-mail address and password do not belong together. Try again.")]
        return render_template("auth/login.html", form=form), 422
    language = session.get("language")
    session.clear()
    login_user(LoggedIn(token, row))
    if language:
        session["language"] = language
    return redirect(safe_next(request.args.get("next")), 303)


@blueprint.post("/logout")
@allow("public")
def logout() -> Response:
    """End the login, here and for every copy of its cookie."""
    if current_user.is_authenticated:
        accounts.log_out(current_user.token)
        logout_user()
        session.clear()
        flash(_("You are logged out."), "info")
    return redirect(url_for("auth.login"), 303)


def safe_next(target: str | None) -> str:
    """Return `target` when it is an address of our own, else the dashboard."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return url_for("dashboard.index")
    if any(ord(sign) < 32 for sign in target) or "\\" in target or urlsplit(target).netloc:
        return url_for("dashboard.index")
    return target


login.login_view = "auth.login"
