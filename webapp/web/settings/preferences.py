"""Language and theme: two small posts that come back to where the person was."""

from flask import redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.services import accounts
from webapp.web.acting import acting
from webapp.web.auth import safe_next
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint


@blueprint.post("/language")
@allow("public")
def language() -> Response:
    """Change the language: in this browser, and for the user who is logged in. An unknown one changes nothing."""
    chosen = request.form.get("language", "")
    if chosen in accounts.LANGUAGES:
        session["language"] = chosen
        if current_user.is_authenticated:
            accounts.change_profile(acting(), language=chosen)
    return redirect(safe_next(request.form.get("next")), 303)


@blueprint.post("/theme")
@allow("viewer")
def theme() -> Response:
    """Change the theme: as the device, light or dark. An unknown one changes nothing."""
    chosen = request.form.get("theme", "")
    if chosen in accounts.THEMES:
        accounts.change_profile(acting(), theme=chosen)
    return redirect(safe_next(request.form.get("next")), 303)
