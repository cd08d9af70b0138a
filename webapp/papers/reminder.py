"""Draw a reminder or a demand as a PDF: a letter with what is open, and the code to pay it by."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import flask_babel

from webapp.domain.reminders import DEMAND, FIRST
from webapp.papers.facts import InvoicePaper
from webapp.papers.letterhead import draw_head
from webapp.papers.letters import Letter, closing_of, greeting_of, how_to_pay, one_line
from webapp.papers.page import LEFT, MUTED, WIDTH, Sheet
from webapp.papers.paying import draw_payment
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
    for text in (greeting_of(paper), *_body(paper, level)):
        y = sheet.paragraph(LEFT, y, text, width=WIDTH, size=10.5) + 3
    for label, value in _rows(paper):
        sheet.put(LEFT, y, label, size=9.5, color=MUTED, width=50)
        sheet.put(LEFT + 50, y, value, size=9.5, bold=True, width=80)
        y += 5.2
    y = draw_payment(sheet, replace(paper, due_date=None), y + 6) + 8
    for line in closing_of(paper).splitlines()[:2]:
        y = sheet.paragraph(LEFT, y, line, width=WIDTH, size=10.5) + 1
    return sheet.made()


def reminder_letter(paper: InvoicePaper, level: int) -> Letter:
    """Return the e-mail that brings a reminder."""
    subject = _("%(title)s: invoice %(number)s", title=reminder_title(level), number=paper.number)
    parts = [greeting_of(paper), *_body(paper, level), how_to_pay(replace(paper, due_date=None)), closing_of(paper)]
    return Letter(one_line(subject), "\n\n".join(filter(None, parts)) + "\n")


def reminder_title(level: int) -> str:
    """Return what a reminder of a level is called."""
    if level == FIRST:
        return _("First reminder")
    return _("Demand") if level == DEMAND else _("Second reminder")


def _body(paper: InvoicePaper, level: int) -> list[str]:
    values = {
        "number": paper.number,
        "issued": day(paper.issue_date),
        "due": day(paper.due_date or paper.issue_date),
        "amount": money(paper.due or paper.gross, paper.currency),
    }
    if level == FIRST:
        asked = _("Perhaps it escaped your notice. We kindly ask you to pay it within 7 days.")
    elif level == DEMAND:
        asked = _(
            "In spite of our reminders we have not received your payment. We demand that you pay within 14 days. "
            "After that we can claim statutory interest and collection costs from you."
        )
    else:
        asked = _("We reminded you of it before. We ask you to pay it within 7 days.")
    return [
        _("Our invoice %(number)s of %(issued)s was due on %(due)s. Of it %(amount)s is still open.", **values),
        asked,
        _("If you have paid in the meantime, please take this letter as not written."),
    ]


def _rows(paper: InvoicePaper) -> list[tuple[str, str]]:
    rows = [(_("Total of the invoice"), money(paper.gross, paper.currency))]
    if paper.received:
        rows.append((_("Settled already"), money(paper.received, paper.currency)))
    return [*rows, (_("Outstanding"), money(paper.due or paper.gross, paper.currency))]
