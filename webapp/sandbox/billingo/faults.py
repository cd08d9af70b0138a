"""The faults that can be played, and what each does: refuse, break the answer, spoil a record, or move the books."""

from dataclasses import dataclass

from webapp.sandbox import script

OPTIONS = ("page", "count", "retry_after")


@dataclass(frozen=True)
class Kind:
    """
    refuse: the status that is answered in place of the call. answer: what becomes of the answer on the wire.
    spoil: what happens to the records of a page. move: what happens in the books just before the call is answered.
    reached: whether the call reaches Billingo itself and so counts for the rate limit.
    """

    refuse: int = 0
    answer: str = ""
    spoil: str = ""
    move: str = ""
    delay_ms: int = 0
    reached: bool = True


KINDS: dict[str, Kind] = {
    "400": Kind(refuse=400),
    "401": Kind(refuse=401),
    "402": Kind(refuse=402),
    "403": Kind(refuse=403),
    "404": Kind(refuse=404),
    "422": Kind(refuse=422),
    "500": Kind(refuse=500),
    "429_seconds": Kind(refuse=429, answer="seconds"),
    "429_date": Kind(refuse=429, answer="date"),
    "429_absent": Kind(refuse=429, answer="absent"),
    "502_html": Kind(refuse=502, answer="html", reached=False),
    "503_html": Kind(refuse=503, answer="html", reached=False),
    "cut": Kind(answer="cut"),
    "half": Kind(answer="half"),
    "empty": Kind(answer="empty"),
    "not_json": Kind(answer="not_json"),
    "html_200": Kind(refuse=200, answer="html", reached=False),
    "wrong_type": Kind(answer="wrong_type"),
    "a_list": Kind(answer="a_list"),
    "reset": Kind(answer="reset"),
    "close": Kind(answer="close"),
    "slow": Kind(delay_ms=1000),
    "bad_date": Kind(spoil="bad_date"),
    "bad_amount": Kind(spoil="bad_amount"),
    "huge_amount": Kind(spoil="huge_amount"),
    "nan_amount": Kind(spoil="nan_amount"),
    "noisy_amount": Kind(spoil="noisy_amount"),
    "unknown_enum": Kind(spoil="unknown_enum"),
    "missing_id": Kind(spoil="missing_id"),
    "null_items": Kind(spoil="null_items"),
    "not_an_object": Kind(spoil="not_an_object"),
    "duplicate": Kind(spoil="duplicate"),
    "insert": Kind(move="insert"),
    "insert_draft": Kind(move="insert_draft"),
    "modify": Kind(move="modify"),
    "cancel": Kind(move="cancel"),
    "pay": Kind(move="pay"),
    "remove": Kind(move="remove"),
    "remove_draft": Kind(move="remove_draft"),
}

Step = script.Step[Kind]
