"""Fetch invoices from a remote that has them: asked for by a person or the schedule, page by page, each fact once."""

from webapp.services.fetching.asking import PROVIDERS, FetchError, ask, ask_slot, cancel
from webapp.services.fetching.pdf import fetch_pdf
from webapp.services.fetching.planning import due_at
from webapp.services.fetching.working import fetch

__all__ = ["PROVIDERS", "FetchError", "ask", "ask_slot", "cancel", "due_at", "fetch", "fetch_pdf"]
