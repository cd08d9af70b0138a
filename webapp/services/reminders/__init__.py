"""Reminders and demands: proposed by rules, asked for by a person, sent as e-mails with their PDF."""

from webapp.services.reminders.asking import Reminded, Skipped, remind
from webapp.services.reminders.terms import TermsProblem, change_terms, terms_of

__all__ = ["Reminded", "Skipped", "TermsProblem", "change_terms", "remind", "terms_of"]
