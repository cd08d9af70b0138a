"""Lists by page number, as they were printed: how many there are, this page, and where the next and previous are."""

from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema

from webapp.api.answers import Invalid, Refusal, base_url
from webapp.api.bodies import words_of
from webapp.api.fields import Body

SIZE = 100
MOST = 1000
LAST = 1_000_000


def _number(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        return int(value)
    raise ValueError("A whole number is required.")


class PageQuery(Body):
    """Which page of a list is wanted."""

    page: Annotated[
        int, BeforeValidator(_number), Field(ge=1, le=LAST, description="Page number, from 1."),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LAST, "description": "Page number, from 1."}),
    ] = 1  # fmt: skip
    page_size: Annotated[
        int, BeforeValidator(_number), Field(ge=1, le=MOST),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST,
                        "description": f"Results on a page, {SIZE} without it."}),
    ] = SIZE  # fmt: skip

    @property
    def start(self) -> int:
        """How many results stand on the pages before."""
        return (self.page - 1) * self.page_size


Query = TypeVar("Query", bound=PageQuery)


def read_query(model: type[Query]) -> Query:
    """Return the parameters of this address as the model; raises Invalid. One that is empty is as if left out."""
    values = {name: request.args[name] for name in model.model_fields if request.args.get(name, "") != ""}
    try:
        return model.model_validate(values)
    except ValidationError as problem:
        raise Invalid(words_of(problem)) from None


def listed(query: PageQuery, total: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a page; raises Refusal(404) for one beyond the last, as the first page of an empty list is not."""
    if query.page > 1 and query.start >= total:
        raise Refusal(404, "Invalid page.")
    return {
        "count": total,
        "next": _address(query.page + 1) if query.start + query.page_size < total else None,
        "previous": _address(query.page - 1) if query.page > 1 else None,
        "results": results,
    }


def _address(page: int) -> str:
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{base_url()}{request.path}?{urlencode([('page', page), *rest])}"
