"""Who does something: a person of an organisation, another system with its key, or the system on its behalf."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts; `name` stands in histories and logs."""

    organisation_id: int
    kind: str = "system"
    name: str = ""
    user_id: int | None = None

    @property
    def trigger(self) -> str:
        """The trigger of a run that this actor starts."""
        return "manual" if self.kind == "user" else "automatic"


def system(organisation_id: int) -> Actor:
    """Return the system, acting for an organisation."""
    return Actor(organisation_id)


def caller(organisation_id: int, name: str) -> Actor:
    """Return another system, which acts with the API key of that name."""
    return Actor(organisation_id, "api", f"API ({name})")


def person(organisation_id: int, name: str, *, user_id: int | None = None) -> Actor:
    """Return a person; without `user_id` one at the command line."""
    return Actor(organisation_id, "user", name, user_id)
