"""Papers of invoices: what the database knows, put together and drawn in the customer's language."""

from webapp.services.papers.invoices import File, invoice_pdf, paper_obstacle, paper_of
from webapp.services.papers.ubl import UblProblem, invoice_ubl

__all__ = ["File", "UblProblem", "invoice_pdf", "invoice_ubl", "paper_obstacle", "paper_of"]
