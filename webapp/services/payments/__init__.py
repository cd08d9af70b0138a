"""Payments: ask the books what is open and record what that says; record other payments, and keep the ledger."""

from webapp.services.payments.allocating import allocate, receive, reverse_allocation
from webapp.services.payments.asking import PaymentError, ask, ask_slot, cancel
from webapp.services.payments.ledger import LedgerError
from webapp.services.payments.processing import process
from webapp.services.payments.receiving import PaymentData, Recorded, record_payment, record_payments, reverse_payment
from webapp.services.payments.refunding import refund, refund_all
from webapp.services.payments.settling import credit_against, write_off, write_off_rest

__all__ = [
    "LedgerError",
    "PaymentData",
    "PaymentError",
    "Recorded",
    "allocate",
    "ask",
    "ask_slot",
    "cancel",
    "credit_against",
    "process",
    "receive",
    "record_payment",
    "record_payments",
    "refund",
    "refund_all",
    "reverse_allocation",
    "reverse_payment",
    "write_off",
    "write_off_rest",
]
