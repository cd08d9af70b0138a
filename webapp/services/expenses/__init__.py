"""Expense claims: entered, decided about, and their receipts filed in the archive of the books."""

from webapp.services.expenses.asking import Asked, ask, retry
from webapp.services.expenses.data import ClaimData, ExpenseError, LineData
from webapp.services.expenses.deciding import ban_of, move
from webapp.services.expenses.entering import add_line, change, change_line, create, delete, remove_line
from webapp.services.expenses.stopping import cancel
from webapp.services.expenses.uploading import upload

__all__ = [
    "Asked",
    "ClaimData",
    "ExpenseError",
    "LineData",
    "add_line",
    "ask",
    "ban_of",
    "cancel",
    "change",
    "change_line",
    "create",
    "delete",
    "move",
    "remove_line",
    "retry",
    "upload",
]
