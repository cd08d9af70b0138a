"""The blueprint of payments."""

from flask import Blueprint

blueprint = Blueprint("payments", __name__, url_prefix="/payments")
