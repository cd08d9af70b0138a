"""Changes a sandbox's mode: a frozen dataclass of choices, numbers and switches, from what a test asks for."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from webapp.sandbox.asked import BadRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Mode = TypeVar("Mode", bound="DataclassInstance")


def changed(mode: Mode, update: Any, choices: Mapping[str, tuple[str, ...]]) -> Mode:
    """The mode with the given names changed; a name or value that does not exist raises BadRequest."""
    if not isinstance(update, dict):
        raise BadRequest("The mode must be an object.")
    known = {one.name: type(one.default) for one in fields(mode)}
    for name, value in update.items():
        if name not in known:
            raise BadRequest(f"There is no mode '{name}'; there are {', '.join(known)}.")
        if type(value) is not known[name]:
            raise BadRequest(f"The mode '{name}' must be of type {known[name].__name__}.")
        if name in choices and value not in choices[name]:
            raise BadRequest(f"The mode '{name}' must be one of {', '.join(choices[name])}.")
        if isinstance(value, int) and value < 0:
            raise BadRequest(f"The mode '{name}' must not be negative.")
    return replace(mode, **update)
