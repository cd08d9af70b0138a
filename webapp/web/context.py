"""What every page needs around its content: navigation, notices, the quota, languages."""

from typing import Any

from flask import Flask, request, session, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.queries import shell, words
from webapp.web.policy import may

LANGUAGES = (("nl", "Nederlands"), ("en", "English"), ("hu", "Magyar"))

NAV = (
    ("dashboard", "dashboard.index", "speedometer2", _l("Dashboard"), "viewer"),
    ("invoices", "invoices.index", "receipt", _l("Invoices"), "viewer"),
    ("contacts", "contacts.index", "people", _l("Contacts"), "viewer"),
    ("products", "products.index", "box", _l("Products"), "viewer"),
    ("payments", "payments.index", "arrow-left-right", _l("Payments"), "viewer"),
    ("expenses", "expenses.index", "wallet2", _l("Expense claims"), "viewer"),
    ("logs", "logs.index", "list-ul", _l("Logs"), "viewer"),
    ("connections", "connections.index", "plug", _l("Connections"), "viewer"),
    ("settings", "settings.index", "gear", _l("Settings"), "viewer"),
)

INSIDE = {"payments": ("matching", "statements")}
"""Blueprints whose pages stand below another noun's."""


def select_locale() -> str:
    """Return the language of this request: the user's own, else the last chosen, else the browser's."""
    codes = [code for code, _ in LANGUAGES]
    if current_user and current_user.is_authenticated:
        return str(current_user.language)
    if session.get("language") in codes:
        return str(session["language"])
    return request.accept_languages.best_match(codes, default="nl") or "nl"


def bind_context(app: Flask) -> None:
    """Make the shell's variables known to every template."""
    app.jinja_env.globals.update(status_word=words.status_word, may=may, get_locale=get_locale)
    app.context_processor(_shell)


def _navigation() -> list[dict[str, Any]]:
    blueprint = request.blueprint or ""
    return [
        {
            "name": name,
            "endpoint_url": url_for(endpoint),
            "icon": icon,
            "label": label,
            "active": blueprint in (name, *INSIDE.get(name, ())),
            "count": None,
        }
        for name, endpoint, icon, label, role in NAV
        if may(role)
    ]


def _shell() -> dict[str, Any]:
    code = str(get_locale() or "nl")
    common: dict[str, Any] = {
        "language": code,
        "languages": [(short, name, short == code) for short, name in LANGUAGES],
        "organisation": None,
        "nav": [],
        "unread_notices": 0,
        "quota": None,
        "theme": current_user.theme if current_user and current_user.is_authenticated else "system",
    }
    if not (current_user and current_user.is_authenticated) or request.headers.get("HX-Request"):
        return common
    view = shell.frame(current_user.organisation_id, user_id=current_user.id, role=current_user.role)
    return common | {
        "organisation": current_user.organisation,
        "nav": _navigation(),
        "unread_notices": view.unread_notices,
        "quota": view.quota and {"used": view.quota.used, "limit": view.quota.limit, "label": gettext("Yuki today")},
    }
