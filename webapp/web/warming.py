"""Make ready what the first pages of a web process would wait for: the templates of those asked most, and all words."""

import re

from flask import Flask
from flask_babel import force_locale

from webapp.web.context import LANGUAGES
from webapp.web.wording import catalogue

PAGES = (
    "auth/login.html",
    "dashboard/index.html",
    "invoices/index.html",
    "invoices/show.html",
    "logs/index.html",
    "payments/index.html",
)
_NEEDED = re.compile(r'\{%-?\s*(?:extends|from|import|include)\s+"([^"]+)"')


def warm_pages(app: Flask) -> None:
    """Compile the templates of the usual pages with all that they need, and read the catalogues of all languages."""
    with app.test_request_context():
        for code, _ in LANGUAGES:
            with force_locale(code):
                catalogue()
    templates, known = app.jinja_env, set[str]()
    waiting = list(PAGES)
    while waiting:
        name = waiting.pop()
        if name in known or templates.loader is None:
            continue
        known.add(name)
        templates.get_template(name)
        waiting += _NEEDED.findall(templates.loader.get_source(templates, name)[0])
