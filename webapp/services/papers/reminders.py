"""The PDF of a reminder, in the customer's language."""

from flask import current_app
from flask_babel import force_locale

from webapp.extensions import clock
from webapp.papers.reminding import reminder_title
from webapp.papers.words import language_of
from webapp.services.papers.invoices import File, ascii_name, paper_of
from webapp.store.invoices import Invoice


def reminder_pdf(invoice: Invoice, level: int) -> File:
    """Return the PDF of a reminder of an invoice, dated today; nothing is stored."""
    # Imported here: what draws, with its fonts and pictures, takes as long to load as all the rest of a process.
    from webapp.papers.reminder import draw_reminder

    language = language_of(invoice.contact.country if invoice.contact else "")
    now = clock.now()
    with force_locale(language):
        today = now.astimezone(current_app.extensions["koppel"].zone).date()
        content = draw_reminder(paper_of(invoice), level, on=today, made_at=now)
        name = ascii_name(f"{reminder_title(level)}-{invoice.number}".replace(" ", "-"))
    return File(f"{name}.pdf", content, language)
