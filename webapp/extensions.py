"""The parts that need an app, and that every process needs: made empty here, bound where the app is assembled."""

from typing import Any

from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
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


db: Any = SQLAlchemy(model_class=Base, disable_autonaming=True)
babel = Babel()
clock = Clock()

ERROR_SHAPES = "koppel-error-shapes"
"""Among an app's extensions: by the beginning of an address, what makes the answer to an error there."""
