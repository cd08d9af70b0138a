"""The pages of settings: one's own profile, the organisation, its users, its departments, API keys and webhooks."""

from webapp.web.settings import api_keys, organisation, preferences, profile, users, webhooks
from webapp.web.settings.blueprint import blueprint

__all__ = ["api_keys", "blueprint", "organisation", "preferences", "profile", "users", "webhooks"]
