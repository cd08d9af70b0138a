"""The pages of settings: one's own profile, the organisation, its users and its departments."""

from webapp.web.settings import organisation, preferences, profile, users
from webapp.web.settings.blueprint import blueprint

__all__ = ["blueprint", "organisation", "preferences", "profile", "users"]
