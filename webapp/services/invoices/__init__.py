"""Invoices: made, changed, moved, deleted; the rules they keep and the payment status that follows from allocations."""

from webapp.services.invoices.data import InvoiceData, InvoiceError, InvoiceFaults, LineData
from webapp.services.invoices.drafting import create, faults_of, propose_number, update
from webapp.services.invoices.moving import delete, move
from webapp.services.invoices.paying import refresh_payment, refresh_payments

__all__ = [
    "InvoiceData",
    "InvoiceError",
    "InvoiceFaults",
    "LineData",
    "create",
    "delete",
    "faults_of",
    "move",
    "propose_number",
    "refresh_payment",
    "refresh_payments",
    "update",
]
