"""How the sandbox behaves where Yuki's own behaviour is a choice or is not known for certain; tests switch it."""

from dataclasses import asdict, dataclass
from typing import Any

from webapp.sandbox import modes

_CHOICES: dict[str, tuple[str, ...]] = {
    "duplicates": ("refuse", "book"),
    "drafts": ("keep", "refuse"),
    "name_match": ("uncoded", "any"),
    "response_form": ("current", "2012"),
    "search_tabs": ("work", "fault"),
}


@dataclass(frozen=True)
class Mode:
    """
    duplicates: a Reference that is already booked is refused, or booked a second time.
    daily_limit: calls for each domain and day, logins included.
    latency_ms: how long every call takes at least.
    drafts: an invoice with Process=false is kept in "To be sent", or refused as in the smallest bundle.
    name_match: a search by name finds contacts without a code only, or any.
    due_date_required: whether booking at once needs a DueDate.
    first_record: the number of the first record in paged lists, 0 or 1.
    response_form: the import response of today, or the older one (no xmlns="", no Contact).
    search_tabs: SearchDocuments takes tab ids, or answers "Invalid Tab ID" to every one.
    """

    duplicates: str = "refuse"
    daily_limit: int = 1000
    latency_ms: int = 0
    drafts: str = "keep"
    name_match: str = "uncoded"
    due_date_required: bool = False
    first_record: int = 0
    response_form: str = "current"
    search_tabs: str = "work"

    def changed(self, update: Any) -> "Mode":
        """This mode with the given names changed; a name or value that does not exist raises BadRequest."""
        return modes.changed(self, update, _CHOICES)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
