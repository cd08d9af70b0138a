"""Papers of invoices: what the database knows, put together and drawn in the customer's language."""

from webapp.services.papers.invoices import File, invoice_pdf, paper_obstacle, paper_of

__all__ = ["File", "invoice_pdf", "paper_obstacle", "paper_of"]
