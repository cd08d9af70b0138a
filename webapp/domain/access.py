"""Who may do what, by name: roles of people, features of organisations, scopes of API keys."""

ROLES = ("viewer", "staff", "admin")
"""Each role may do what the ones before it may."""

FEATURES = ("yuki", "billingo_sync", "import_api", "expenses")
"""What an organisation may use."""

SCOPES = ("import",)
"""What a key may be good for: `import` brings invoices in, corrects them and follows them."""
