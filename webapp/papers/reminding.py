"""What a reminder or a demand says, on paper and in an e-mail."""

from collections.abc import Callable
from dataclasses import replace

import flask_babel

from webapp.domain.reminders import DEMAND, FIRST
from webapp.papers.facts import InvoicePaper
from webapp.papers.letters import Letter, closing_of, greeting_of, how_to_pay, one_line
from webapp.papers.words import day, money

_: Callable[..., str] = flask_babel.gettext


def reminder_letter(paper: InvoicePaper, level: int) -> Letter:
    """Return the e-mail that brings a reminder."""
    subject = _("%(title)s: invoice %(number)s", title=reminder_title(level), number=paper.number)
    parts = [greeting_of(paper), *body_of(paper, level), how_to_pay(replace(paper, due_date=None)), closing_of(paper)]
    return Letter(one_line(subject), "\n\n".join(filter(None, parts)) + "\n")


def reminder_title(level: int) -> str:
    """Return what a reminder of a level is called."""
    if level == FIRST:
        return _("First reminder")
    return _("Demand") if level == DEMAND else _("Second reminder")


def body_of(paper: InvoicePaper, level: int) -> list[str]:
    """Return what a reminder says, paragraph by paragraph."""
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
