"""Draw a reminder or a demand as a PDF: a letter with what is open, and the code to pay it by."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import flask_babel

from webapp.papers.facts import InvoicePaper
from webapp.papers.letterhead import draw_head
from webapp.papers.letters import closing_of, greeting_of
from webapp.papers.page import LEFT, MUTED, WIDTH, Sheet
from webapp.papers.paying import draw_payment
from webapp.papers.reminding import body_of, reminder_title
from webapp.papers.words import day, language, money

_: Callable[..., str] = flask_babel.gettext


def draw_reminder(paper: InvoicePaper, level: int, *, on: date, made_at: datetime) -> bytes:
    """Return the PDF of a reminder of this level, dated `on`, in the language that is set."""
    title = reminder_title(level)
    sheet = Sheet(title=f"{title} {paper.number}", author=paper.seller.party.name, language=language(), made_at=made_at)
    facts = [(_("Date"), day(on)), (_("Invoice number"), paper.number), (_("Contact code"), paper.contact_code)]
    y = draw_head(sheet, paper.seller, paper.buyer, [(label, value) for label, value in facts if value])
    sheet.put(LEFT, y, title, size=20, bold=True)
    y += 13
    for text in (greeting_of(paper), *body_of(paper, level)):
        y = sheet.paragraph(LEFT, y, text, width=WIDTH, size=10.5) + 3
    for label, value in _rows(paper):
        sheet.put(LEFT, y, label, size=9.5, color=MUTED, width=50)
        sheet.put(LEFT + 50, y, value, size=9.5, bold=True, width=80)
        y += 5.2
    y = draw_payment(sheet, replace(paper, due_date=None), y + 6) + 8
    for line in closing_of(paper).splitlines()[:2]:
        y = sheet.paragraph(LEFT, y, line, width=WIDTH, size=10.5) + 1
    return sheet.made()


def _rows(paper: InvoicePaper) -> list[tuple[str, str]]:
    rows = [(_("Total of the invoice"), money(paper.gross, paper.currency))]
    if paper.received:
        rows.append((_("Settled already"), money(paper.received, paper.currency)))
    return [*rows, (_("Outstanding"), money(paper.due or paper.gross, paper.currency))]
