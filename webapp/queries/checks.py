"""The test of a connection and the reason of its pause, in words: what is wrong, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.failures import Failure
from webapp.queries.failures import explain, remote_name
from webapp.store.connections import Connection

STEPS = {
    "session": _l("API key"),
    "domain": _l("Domain"),
    "administration": _l("Administration"),
    "sales": _l("Right: sales"),
    "accounting": _l("Right: financial"),
    "archive": _l("Right: archive"),
    "documents": _l("Right: read invoices"),
    "payment_key": _l("API key for payments"),
}
TRIED = {
    "session": _l("The key is accepted."),
    "domain": _l("The domain is found."),
    "administration": _l("The administration is found."),
    "sales": _l("Sales invoices can be sent."),
    "accounting": _l("Open items and payments can be read."),
    "archive": _l("Invoices can be looked up in the archive."),
    "documents": _l("Invoices can be read."),
    "payment_key": _l("The key for payments is accepted, and may read them."),
}
SEEN = "seen"
NOT_TRIED = _l("Not tried, because an earlier step failed.")


@dataclass(frozen=True, slots=True)
class _Words:
    cause: Any
    next_step: Any


_GIVE_RIGHTS = _l(
    "In %(remote)s open Mijn domein, choose the administration, open Instellingen → Webservices and give this key "
    "the rights for financial and sales; press Bewaren and test again."
)
_UNREADABLE = _Words(
    _l("What came back is not an answer of %(remote)s: a web page perhaps, or an answer that was cut off."),
    _l("Test again in a few minutes. If it stays so, look for a proxy or firewall between Koppel and %(remote)s."),
)
_CAUSES: dict[tuple[str, str], _Words] = {
    ("", Failure.AUTH): _Words(
        _l("%(remote)s does not accept this API key."),
        _l(
            "Copy the key again from Instellingen → Webservices in %(remote)s and save it here. "
            "A key belongs to one country: also check the region."
        ),
    ),
    ("", "sealed"): _Words(
        _l("The stored API key can no longer be opened: the encryption key of Koppel has changed."),
        _l("Type the API key again and save the connection."),
    ),
    ("", Failure.ADMINISTRATION): _Words(
        _l("This key does not see this administration, or the domain is in another region."),
        _l(
            "Compare the administration ID with the list under Instellingen → Webservices in %(remote)s, "
            "and check the region."
        ),
    ),
    ("administration", "inactive"): _Words(
        _l("The administration is not active any more in %(remote)s."),
        _l("Choose another administration, or have this one activated in %(remote)s and test again."),
    ),
    ("sales", Failure.RIGHT): _Words(_l("The key lacks the right to send sales invoices."), _GIVE_RIGHTS),
    ("accounting", Failure.RIGHT): _Words(_l("The key lacks the right to read financial data."), _GIVE_RIGHTS),
    ("archive", Failure.RIGHT): _Words(
        _l("The key lacks the right to look into the archive; without it a lost answer cannot always be looked up."),
        _GIVE_RIGHTS,
    ),
    ("payment_key", Failure.RIGHT): _Words(_l("The key for payments may not read financial data."), _GIVE_RIGHTS),
    ("payment_key", Failure.AUTH): _Words(
        _l("%(remote)s does not accept the key for payments."),
        _l("Copy it again from Instellingen → Webservices in %(remote)s, or let the key for sending read payments."),
    ),
    ("", Failure.NETWORK): _Words(
        _l("%(remote)s could not be reached, or gave no answer in time."),
        _l("Check the internet connection of Koppel and test again in a few minutes."),
    ),
    ("", Failure.REMOTE): _Words(
        _l("%(remote)s reported an error on its own side."),
        _l("Test again in a few minutes."),
    ),
    ("", Failure.NOT_UNDERSTOOD): _UNREADABLE,
}

_THERE: dict[tuple[str, str], _Words] = {
    ("billingo", Failure.AUTH): _Words(
        _l("%(remote)s does not accept this API key."),
        _l("Make a new key under Settings → API keys in %(remote)s, with the scope Read, and enter it here."),
    ),
}

_SPECIAL = {"sealed": "sealed", "the administration is not active": "inactive"}
"""Details of a failed step that say more than its class of failure."""


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a test: `tone` good, bad or neutral; `cause` and `next_step` in words, `remote_text` in theirs."""

    name: str
    label: str
    tone: str
    cause: str
    next_step: str
    remote_text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a connection is paused, and what ends it; `cured` when a test proved the reason to be gone."""

    cause: str
    next_step: str
    cured: bool = False


def read_report(rows: Sequence[Mapping[str, str]], provider: str = "yuki") -> tuple[Check, ...]:
    """Put a kept test report into words."""
    return tuple(_check(row, provider) for row in rows if row.get("name") in STEPS)


def is_good(rows: Sequence[Mapping[str, str]]) -> bool | None:
    """Return whether every step of a kept test went well; None when there was no test."""
    steps = [row.get("ok") for row in rows if row.get("name") in STEPS]
    return all(step == "yes" for step in steps) if steps else None


def read_seen(rows: Sequence[Mapping[str, str]]) -> list[tuple[str, str, bool]]:
    """Return id, name and whether it is active of the administrations that the key of a connection sees."""
    return [
        (row.get("id", ""), row.get("label", ""), row.get("active") == "yes") for row in rows if row.get("name") == SEEN
    ]


def _check(row: Mapping[str, str], provider: str) -> Check:
    name = row.get("name", "")
    label = str(STEPS.get(name, name))
    if row.get("ok") == "yes":
        return Check(name, label, "good", str(TRIED.get(name, "")), "", "")
    if row.get("ok") == "skipped":
        return Check(name, label, "neutral", str(NOT_TRIED), "", "")
    cause, next_step = _words(name, row.get("failure", ""), row.get("detail", ""), provider)
    # The server wraps its own words: "… SoapException: Server was unable to process request. ---> Invalid access key".
    remote_text = row.get("remote_text", "").rpartition("---> ")[2]
    return Check(name, label, "bad", cause, next_step, remote_text)


def _words(step: str, failure: str, detail: str, provider: str) -> tuple[str, str]:
    code = _SPECIAL.get(detail, failure)
    words = _THERE.get((provider, code)) or _CAUSES.get((step, code)) or _CAUSES.get(("", code))
    if words is None:
        known = explain(failure, {"provider": provider, "category": "process_payments"})
        return known.cause, known.next_step
    remote = {"remote": remote_name(provider)}
    return str(words.cause) % remote, str(words.next_step) % remote


_BY_PERSON = _Words(
    _l("A person paused this connection."),
    _l("Nothing is sent and no payments are read until somebody resumes it."),
)
_UNFINISHED = _Words(
    _l("This connection is not complete yet."),
    _l("Complete it to send invoices and read payments."),
)


_SOURCE_BY_PERSON = _Words(
    _l("A person paused this connection."), _l("No invoices are fetched until somebody resumes it.")
)
_OWN = {"person": _BY_PERSON, "": _BY_PERSON, "setup": _UNFINISHED}
_CHANGED = _l(
    "Since then the connection was changed, and not tested. Test it: when that goes well, what waits goes on by itself."
)
_CURED = _l("The test went well. Resume the connection to go on.")


def explain_pause(reason: str, provider: str = "yuki") -> Pause:
    """Say why a connection is paused: by a person, unfinished, or by a failure that only a person can end."""
    own = _OWN.get(reason)
    if own is _BY_PERSON and provider == "billingo":
        own = _SOURCE_BY_PERSON
    if own is not None:
        return Pause(str(own.cause), str(own.next_step))
    known = explain(reason, {"provider": provider})
    return Pause(known.cause, known.next_step)


def pause_of(connection: Connection) -> Pause:
    """Say why a paused connection is paused.

    Of a failure that may be over only what is known: that the connection was changed after the pause and not tested
    since, or that a test went well after it.
    """
    pause = explain_pause(connection.pause_reason, connection.provider)
    paused_at, tested_at = connection.paused_at, connection.tested_at
    if connection.pause_reason in _OWN or paused_at is None:
        return pause
    cured = tested_at is not None and tested_at > paused_at and bool(is_good(connection.test_report))
    if not cured and (tested_at is not None or connection.updated_at <= paused_at):
        return pause
    cause = _("It was paused for this reason: %(cause)s", cause=pause.cause)
    return Pause(cause, str(_CURED if cured else _CHANGED), cured)
