"""The answers of the API: JSON bodies, pages of records, and the errors in the shapes that are documented."""

import json
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"


@dataclass
class Answer:
    """
    What goes back: a ready `body`, or `records` (each already JSON) with the `rest` of a page around them; `before`
    is the record that stands just before the page.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    records: list[bytes] | None = None
    rest: dict[str, Any] | None = None
    before: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        """The bytes of the body."""
        if self.records is None:
            return self.body
        if self.rest is None:
            return b"".join(self.records)
        return b'{"data":[' + b",".join(self.records) + b"]," + write(self.rest)[1:]


def write(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class Refused(Exception):
    """The call is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.status)


_MESSAGES = {
    400: "The request is malformed.",
    401: "Authorization information (Header: X-API-KEY) is missing or invalid.",
    402: "You do not have subscription for this operation",
    403: "You do not have permission for this operation.",
    404: "The requested resource is not found.",
    405: "Method not allowed.",
    429: "Too many requests",
}


def error(status: int, message: str = "") -> Answer:
    """An error in its documented shape: 422 stands alone, all others are wrapped in `error`."""
    if status == 422:
        return invalid([{"field": "page", "message": message or "The page must be a positive integer."}])
    body: dict[str, Any] = {"message": message or _MESSAGES.get(status, "Internal Server Error.")}
    if status >= 500:
        body["trace_id"] = "664b218f93954a3480cb0ddb8f919c3f"
    return Answer(status, write({"error": body}))


def invalid(wrong: list[dict[str, str]]) -> Answer:
    return Answer(422, write({"message": "Validation Failed", "errors": wrong}))
