"""Events for tests: an invoice that is announced."""

from tests.support.records import make_invoice
from webapp.services.announcing import announce
from webapp.store.invoices import Invoice
from webapp.store.session import transaction


def tell_of(organisation_id: int, number: str, kind: str = "invoice_created") -> int:
    """Make an invoice with this number, announce it, and return its id."""
    invoice_id = make_invoice(organisation_id, number)
    with transaction() as session:
        announce(kind, session.get_one(Invoice, invoice_id))
    return invoice_id
