"""Invoices that other systems bring in and correct: judged as a whole, stored whole or not at all."""

from webapp.services.receiving.accepting import Accepted, Duplicate, accept
from webapp.services.receiving.correcting import Obstacle, correct
from webapp.services.receiving.facts import InvoiceFacts
from webapp.services.receiving.wishes import Wishes, change_wishes, wishes_of

__all__ = [
    "Accepted",
    "Duplicate",
    "InvoiceFacts",
    "Obstacle",
    "Wishes",
    "accept",
    "change_wishes",
    "correct",
    "wishes_of",
]
