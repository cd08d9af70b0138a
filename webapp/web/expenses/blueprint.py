"""The blueprint of expense claims."""

from flask import Blueprint

blueprint = Blueprint("expenses", __name__, url_prefix="/expenses")
