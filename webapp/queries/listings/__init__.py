"""Every list that can be taken along as a file, by its name in the address."""

from webapp.queries.listings.base import Column, Listing
from webapp.queries.listings.contacts import CONTACTS, PRODUCTS
from webapp.queries.listings.expenses import EXPENSES
from webapp.queries.listings.history import HISTORY
from webapp.queries.listings.invoices import PURCHASES, SALES
from webapp.queries.listings.logs import LOGS
from webapp.queries.listings.payments import PAYMENTS

__all__ = ["LISTINGS", "Column", "Listing"]

LISTINGS = {one.name: one for one in (SALES, PURCHASES, PAYMENTS, LOGS, CONTACTS, PRODUCTS, EXPENSES, HISTORY)}
