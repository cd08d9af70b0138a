"""The parts that need an app: made empty here, bound in create_app."""

from typing import Any

from flask import current_app, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from webapp.domain.clock import Clock

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table stands on; constraints have names, so that migrations can change them."""

    metadata = MetaData(naming_convention=NAMING)


class Limits(Limiter):
    """Counts what comes in, where a view asks for it; those of the API by their key (api.access)."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if not (in_middleware and getattr(view, "access", None)):
            super()._check_request_limit(callable_name, in_middleware)


db: Any = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()
limiter = Limits(get_remote_address, default_limits=[])
babel = Babel()
htmx = Htmx()
clock = Clock()

ERROR_SHAPES = "koppel-error-shapes"
"""Among an app's extensions: by the beginning of an address, what makes the answer to an error there."""
