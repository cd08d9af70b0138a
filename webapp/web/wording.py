"""Words on pages, quickly: a list says some six hundred, and the stock way asks each time in which language."""

from collections.abc import Callable
from typing import Any

from babel import Locale
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_babel import Domain, get_babel, get_locale
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

_CATALOGUES: dict[str, Any] = {}


def _locale() -> Locale | None:
    """What Flask-Babel has found out already; it asks itself through three proxies, hundreds of times for a page."""
    if has_app_context():
        known = getattr(g._get_current_object(), "_flask_babel", None)
        found: Locale | None = getattr(known, "babel_locale", None)
        if found is not None:
            return found
    return get_locale()  # type: ignore[no-any-return]


def language() -> str:
    """Return the code of the language of this request, or of the one that a mail or paper is written in."""
    locale = _locale()
    return str(locale.language) if locale else "en"


class _Words(Domain):  # type: ignore[misc] # it has no types
    """The words of Koppel; the stock way goes through three proxies for each to learn in which language it is."""

    def get_translations(self) -> Any:
        """Return the translations of this request's language; they are read once in a process."""
        locale = _locale()
        if locale is None:
            return super().get_translations()
        found = _CATALOGUES.get(locale.language)
        if found is None:
            found = _CATALOGUES[locale.language] = super().get_translations()
        return found


_WORDS = _Words()
catalogue = _WORDS.get_translations


@pass_context
def _say(context: Context, text: str, /, **values: Any) -> str:
    """Translate a text of a template; where it stands in HTML, values are escaped."""
    return _filled(context, catalogue().ugettext(text), values)


@pass_context
def _say_many(context: Context, one: str, many: str, num: int, /, **values: Any) -> str:
    """Translate a text of a template that depends on a number."""
    return _filled(context, catalogue().ungettext(one, many, num), {"num": num} | values)


def _filled(context: Context, text: str, values: dict[str, Any]) -> str:
    said = Markup(text) if context.eval_ctx.autoescape else text  # noqa: S704 - our own catalogue
    return said % values if "%" in text else said


class Pills:
    """The pills of the status axes, drawn once for each language and then known."""

    def __init__(self, templates: Environment) -> None:
        self._templates = templates
        self._drawn: dict[tuple[str, str | None, str, str], Markup] = {}

    def __call__(self, axis: str, value: str) -> Markup:
        """Return the pill of a value of an axis."""
        return self.here()(axis, value)

    def here(self) -> Callable[[str, str], Markup]:
        """Return what draws pills for this request: a long list asks once who it is for."""
        root = request.script_root if has_request_context() else None
        code, drawn = language(), self._drawn

        def draw(axis: str, value: str) -> Markup:
            found = drawn.get((code, root, axis, value))
            return found if found is not None else self._draw((code, root, axis, value))

        return draw

    def _draw(self, key: tuple[str, str | None, str, str]) -> Markup:
        macros: Any = self._templates.get_template("_macros.html").module
        found: Markup = macros.drawn_status(*key[2:])
        if len(self._drawn) < 1000:  # a value that nobody foresaw is shown, and cannot fill the memory
            self._drawn[key] = found
        return found


def status_pills() -> Callable[[str, str], Markup]:
    """Return what draws the pills of the status axes for this request."""
    pills: Pills = current_app.extensions["koppel_pills"]
    return pills.here()


def bind_wording(app: Flask) -> None:
    """Let templates, and whoever speaks beside them, say their words the quick way."""
    get_babel(app).instance.domain_instance = _WORDS
    templates = app.jinja_env
    pills = app.extensions["koppel_pills"] = Pills(templates)
    templates.globals.update(_=_say, gettext=_say, ngettext=_say_many, status_pill=pills)
