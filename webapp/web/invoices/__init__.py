"""The pages of invoices: the list, one invoice, the form, sending and importing."""

from webapp.web.invoices import (
    checking,
    crediting,
    editing,
    emailing,
    fetched,
    filed,
    importing,
    lists,
    pages,
    papers,
    sending,
)
from webapp.web.invoices.blueprint import blueprint

__all__ = [
    "blueprint",
    "checking",
    "crediting",
    "editing",
    "emailing",
    "fetched",
    "filed",
    "importing",
    "lists",
    "pages",
    "papers",
    "sending",
]
