"""The pages of payments: the list, one payment with its entries, payments by hand, and what settles without money."""

from webapp.web.payments import ageing, differences, entries, lists, open_items, pages
from webapp.web.payments.blueprint import blueprint

__all__ = ["ageing", "blueprint", "differences", "entries", "lists", "open_items", "pages"]
