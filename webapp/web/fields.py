"""Form fields of our own."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField

NOT_A_NUMBER = _l("Fill in a whole number.")


class WholeNumber(IntegerField):  # type: ignore[misc]
    """A whole number that says in our words when it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; blanks around it are no fault."""
        self.data: Any = None
        if not valuelist or not valuelist[0].strip():
            return
        text = valuelist[0].strip()
        if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 9:
            raise ValueError(NOT_A_NUMBER)
        self.data = int(text)
