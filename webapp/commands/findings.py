"""What a check of koppel doctor found."""

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `next_step` is empty where all is well."""

    what: str
    state: str
    finding: str
    next_step: str = ""
