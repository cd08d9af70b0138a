"""Payments: ask the books what is open, and record what that says of payments."""

from webapp.services.payments.asking import PaymentError, ask, ask_slot, cancel
from webapp.services.payments.processing import process

__all__ = ["PaymentError", "ask", "ask_slot", "cancel", "process"]
