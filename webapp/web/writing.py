"""How templates write a value, quickly: a list writes two thousand, and hardly one of them has to be escaped."""

import re
from collections.abc import Callable, MutableMapping
from types import CodeType
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup, escape

_SPECIAL = re.compile("[&<>\"']").search


def safe(value: Any) -> str:
    """Return what stands for a value in HTML: as `markupsafe.escape`, without a new object for what is safe already."""
    kind = type(value)
    if kind is Markup or (kind is str and _SPECIAL(value) is None):
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else escape(value)


class QuickTemplate(Template):
    """A template that escapes by `safe`, to which its own code gives another name."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        """Return the template of compiled code."""
        made = super().from_code(environment, code, globals, uptodate)
        made.root_render_func.__globals__["escape"] = safe
        return made


def bind_writing(templates: Environment) -> None:
    """Let the templates of an environment write their values by `safe`."""
    templates.template_class = QuickTemplate
