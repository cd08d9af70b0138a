"""The blueprint of Billingo's part, and who its callers act for."""

from flask import Blueprint

from webapp.api.access import calling
from webapp.store.organisations import Organisation
from webapp.store.session import current

BILLINGO = "billingo"
FEATURE = "billingo_sync"
PREFIXES = ("/api/billingo-settings", "/api/billingo-invoices", "/api/billingo-sync-logs")

blueprint = Blueprint("api_billingo", __name__, url_prefix="/api")


def company() -> dict[str, object]:
    """Return the caller's organisation as every answer names it."""
    organisation_id = calling().organisation_id
    return {"company": organisation_id, "company_name": current().get_one(Organisation, organisation_id).name}
