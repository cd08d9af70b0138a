"""The blueprint of invoices, and what its views share."""

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict

from webapp.queries import invoice_address
from webapp.queries.invoice_filters import Filters

blueprint = Blueprint("invoices", __name__, url_prefix="/invoices")


def read_filters(values: MultiDict[str, str] | None = None) -> Filters:
    """Return the filters of the address, or of the fields of a form; what is not understood is left out."""
    return invoice_address.read_filters(request.args if values is None else values)
