"""The parts that stand before the pages and the API: logins, tokens, limits, htmx. Bound where the app is assembled."""

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from htmx_flask import Htmx


class Limits(Limiter):
    """Counts what comes in, where a view asks for it; those of the API by their key (api.access)."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if not (in_middleware and getattr(view, "access", None)):
            super()._check_request_limit(callable_name, in_middleware)


login = LoginManager()
csrf = CSRFProtect()
limiter = Limits(get_remote_address, default_limits=[])
htmx = Htmx()
