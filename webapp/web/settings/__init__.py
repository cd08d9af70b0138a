"""The pages of settings: one's own profile, the organisation, its users, its departments and its API keys."""

from webapp.web.settings import api_keys, organisation, preferences, profile, users
from webapp.web.settings.blueprint import blueprint

__all__ = ["api_keys", "blueprint", "organisation", "preferences", "profile", "users"]
