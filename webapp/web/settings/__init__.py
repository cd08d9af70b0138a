"""The pages of settings: one's own profile, the organisation and how it invoices, its users and departments."""

from webapp.web.settings import (
    accounting,
    accounts,
    api_keys,
    invoicing,
    organisation,
    preferences,
    profile,
    retention,
    seller,
    users,
    webhooks,
)
from webapp.web.settings.blueprint import blueprint

__all__ = [
    "accounting",
    "accounts",
    "api_keys",
    "blueprint",
    "invoicing",
    "organisation",
    "preferences",
    "profile",
    "retention",
    "seller",
    "users",
    "webhooks",
]
