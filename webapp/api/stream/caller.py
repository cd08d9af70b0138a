"""Who opens a stream: a person who is logged in, or a system with its key."""

from dataclasses import dataclass

from flask_login import current_user

from webapp.api.stream.readers import Pass
from webapp.queries.passes import LOGIN
from webapp.services.accounts import token_hash


@dataclass(frozen=True, slots=True)
class StreamCaller:
    """Whose stream it is, and what it was opened with."""

    organisation_id: int
    opened_by: Pass


def calling() -> StreamCaller | None:
    """Return who calls, None for a stranger."""
    if current_user.is_authenticated:
        return StreamCaller(current_user.organisation_id, (LOGIN, token_hash(current_user.token)))
    return None
