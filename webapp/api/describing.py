"""What a route says of itself for the document: the models that it reads and answers with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Description:
    """One operation; `answers` holds for each status the model of its body, or a media type such as text/html."""

    summary: str
    body: type[BaseModel] | None
    answers: Mapping[int, type[BaseModel] | str]
    headers: Mapping[str, str]
    query: type[BaseModel] | None = None


def describe(
    summary: str,
    *,
    answers: Mapping[int, type[BaseModel] | str],
    body: type[BaseModel] | None = None,
    headers: Mapping[str, str] | None = None,
    query: type[BaseModel] | None = None,
) -> Callable[[View], View]:
    """Describe a view; its docstring is the longer text. `headers` are request headers that it takes, with a text.

    `query` is the model of the parameters in the address.
    """

    def mark(view: View) -> View:
        view.description = Description(summary, body, dict(answers), dict(headers or {}), query)  # type: ignore[attr-defined]
        return view

    return mark
