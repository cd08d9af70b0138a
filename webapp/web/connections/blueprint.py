"""The blueprint that the pages and the wizard register on."""

from flask import Blueprint

blueprint = Blueprint("connections", __name__, url_prefix="/connections")
