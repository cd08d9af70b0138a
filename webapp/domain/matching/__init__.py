"""Which open invoices a payment settles: scored, with reasons, automatic only where nothing speaks against it."""

from webapp.domain.matching.bulk import undisturbed
from webapp.domain.matching.facts import (
    Difference,
    KnownContact,
    OpenInvoice,
    Part,
    Proposal,
    Reason,
    Receipt,
    Rules,
)
from webapp.domain.matching.index import Index
from webapp.domain.matching.proposing import propose

__all__ = [
    "Difference",
    "Index",
    "KnownContact",
    "OpenInvoice",
    "Part",
    "Proposal",
    "Reason",
    "Receipt",
    "Rules",
    "propose",
    "undisturbed",
]
