"""Pages and fragments: one blueprint per noun."""

from importlib import import_module

from flask import Blueprint

NOUNS = (
    "auth",
    "dashboard",
    "invoices",
    "contacts",
    "products",
    "payments",
    "matching",
    "matching_rules",
    "statements",
    "expenses",
    "logs",
    "mails",
    "reminders",
    "connections",
    "settings",
    "notifications",
    "exports",
    "views",
    "search",
    "health",
)


def blueprints() -> list[Blueprint]:
    """Return the blueprint of every noun."""
    return [import_module(f"webapp.web.{noun}").blueprint for noun in NOUNS]
