"""Invoices: made, changed, moved, deleted; the rules they keep and the payment status that follows from allocations."""

from webapp.services.invoices.crediting import credit
from webapp.services.invoices.data import InvoiceData, InvoiceError, InvoiceFaults, LineData
from webapp.services.invoices.drafting import create, faults_of, update
from webapp.services.invoices.issuing import begin_emailing, emailing_failed, mark_sent
from webapp.services.invoices.moving import delete, move, move_all
from webapp.services.invoices.paying import refresh_payment, refresh_payments

__all__ = [
    "InvoiceData",
    "InvoiceError",
    "InvoiceFaults",
    "LineData",
    "begin_emailing",
    "create",
    "credit",
    "delete",
    "emailing_failed",
    "faults_of",
    "mark_sent",
    "move",
    "move_all",
    "refresh_payment",
    "refresh_payments",
    "update",
]
