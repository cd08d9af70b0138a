"""Tables, one file per noun; importing this package makes all of them known."""

from webapp.store import (
    api_keys,
    connections,
    contacts,
    deliveries,
    invoices,
    notifications,
    organisations,
    outbox,
    payments,
    products,
    runs,
    schedule,
    statements,
    stream,
    users,
    webhooks,
)

__all__ = [
    "api_keys",
    "connections",
    "contacts",
    "deliveries",
    "invoices",
    "notifications",
    "organisations",
    "outbox",
    "payments",
    "products",
    "runs",
    "schedule",
    "statements",
    "stream",
    "users",
    "webhooks",
]
