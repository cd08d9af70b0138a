"""The blueprint of settings, and the tabs that its pages share."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.queries.words import ROLE
from webapp.web.policy import may

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


def _stems(name: str) -> tuple[str, str]:
    """By which words in its endpoint a page is known to belong to a tab."""
    stem = name.removesuffix("_page")
    return stem, stem.removesuffix("s")


@blueprint.context_processor
def _tabs() -> dict[str, Any]:
    pages = [("profile", _("My profile"), "viewer")]
    pages += [("organisation", _("Organisation"), "admin"), ("users", _("Users"), "admin")]
    pages += [("invoicing", _("Invoicing"), "admin")]
    pages += [("accounting_page", _("API accounting connection"), "admin")]
    pages += [("accounts_page", _("Financial accounting"), "admin")]
    pages += [("seller", _("On invoices"), "admin")]
    pages += [("departments", _("Departments"), "admin"), ("api_keys", _("API keys"), "admin")]
    pages += [("webhooks", _("Webhooks"), "admin"), ("retention", _("Keeping"), "admin")]
    here = (request.endpoint or "").partition(".")[2].replace("dimension", "accounts")
    return {
        "role_words": ROLE,
        "settings_tabs": [
            {
                "label": label,
                "url": url_for(f"settings.{name}"),
                "active": any(f"_{one}_" in f"_{here}_" for one in _stems(name)),
            }
            for name, label, role in pages
            if current_user.is_authenticated and may(role)
        ],
    }


@blueprint.app_context_processor
def _theme() -> dict[str, str]:
    return {"theme": current_user.theme} if current_user and current_user.is_authenticated else {}
