"""Expense claims: the list, the page of one, its receipts, and what is decided about it."""

from webapp.web.expenses import deciding, entering, lists, pages
from webapp.web.expenses.blueprint import blueprint

__all__ = ["blueprint", "deciding", "entering", "lists", "pages"]
