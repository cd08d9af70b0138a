"""Yuki's refusals as data: what it says, what that means, and where we know it from.

The evidence letters are those of the reference notes: [P] measured by a client in production, [D] Yuki's own
documentation, [A] one author's claim, [?] inferred, texts not captured. Matching is by substring, in Dutch
and English, because ASP.NET wraps the text ("Server was unable to process request. ---> …") and its language
follows the session.
"""

import re
from dataclasses import dataclass
from enum import Enum

from webapp.connectors.ports import AccessDenied, ConnectorError, OutcomeUnknown, QuotaExceeded, Refused, Unavailable
from webapp.connectors.yuki.wire import Fault
from webapp.domain.failures import Failure


class SessionExpired(AccessDenied):
    """The session is not accepted: authenticate again, once; nothing was done."""

    def __init__(self, remote_text: str) -> None:
        super().__init__(Failure.AUTH, "the session is not accepted", remote_text=remote_text)


class Kind(Enum):
    """Which error a fault becomes."""

    SESSION = "session"
    QUOTA = "quota"
    ACCESS = "access"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One known text: what to find in it, its error, its failure, and the note it stands on."""

    pattern: re.Pattern[str]
    kind: Kind
    failure: Failure
    note: str


def _row(pattern: str, kind: Kind, failure: Failure, note: str) -> Row:
    return Row(re.compile(pattern, re.IGNORECASE | re.DOTALL), kind, failure, note)


_SCHEMA = _row(
    r"'[^']*' (?:element|attribute) is (?:invalid|not declared)"
    r"|has (?:an )?(?:invalid|incomplete) (?:child|content)"
    r"|is invalid according to its datatype"
    r"|\b(?:Enumeration|Max ?Length|Min ?Length|Length|Pattern|(?:Fraction|Total) ?Digits) constraint failed"
    r"|could not find schema information"
    r"|ongeldig(?:e)? (?:onderliggend|onderliggende) element|\bXSD\b|schema ?validat",
    Kind.REFUSED,
    Failure.SCHEMA,
    "4.3: an XSD violation cancels the whole call with a detailed validation message [D]; the form is that of "
    "`The element 'Journal' has invalid child element …` [D]",
)

FAULTS: tuple[Row, ...] = (
    # First, because a validation message quotes values, and a value may read like any of the others.
    _SCHEMA,
    _row(
        r"invalid\s+session|session\s*(?:id)?\s+(?:is\s+)?(?:invalid|not\s+valid|(?:has\s+)?expired)"
        r"|(?:ongeldige?|verlopen)\s+sessie|sessie\s*(?:id)?\s+is\s+(?:ongeldig|verlopen)",
        Kind.SESSION,
        Failure.AUTH,
        "2: `Invalid session ID` [P]; the text of an expired one is unknown [?]",
    ),
    _row(
        r"invalid\s+access\s*key|access\s*key\s+(?:is\s+)?(?:invalid|not\s+valid|unknown|expired)"
        r"|ongeldige\s+(?:access\s*key|toegangssleutel|webservicesleutel)",
        Kind.ACCESS,
        Failure.AUTH,
        "9: `Invalid access key` [P]; also said to be the answer of the wrong country's host [A]",
    ),
    _row(
        r"daily\s+limit\s+exceeded|free\s+web\s*service\s+calls\s+a\s+day|dagelijkse?\s+limiet",
        Kind.QUOTA,
        Failure.QUOTA,
        "9: `Daily limit exceeded` until midnight [P]",
    ),
    _row(
        r"domain\s+has\s+no\s+active\s+database|domain\s+is\s+(?:inactive|not\s+active)|inactive\s+domain"
        r"|domein\s+is\s+(?:inactief|niet\s+actief)",
        Kind.ACCESS,
        Failure.ADMINISTRATION,
        "1: wrong country or an inactive domain: `Domain has no active database` [P]",
    ),
    _row(
        r"(?:invalid|unknown|ongeldige|onbekende)\s+administrati(?:on|e)"
        r"|administrati(?:on|e)\b.{0,60}\b(?:not\s+found|does\s+not\s+exist|unknown|niet\s+gevonden|bestaat\s+niet)",
        Kind.ACCESS,
        Failure.ADMINISTRATION,
        "10: the text for an unknown administration is not documented [?]",
    ),
    _row(
        r"\b(?:no|not|insufficient|missing|without|geen|onvoldoende)\b.{0,40}"
        r"\b(?:rights?|permissions?|privileges?|authori[sz]ed|rechten|bevoegd(?:heid)?|gemachtigd)\b"
        r"|\bunauthori[sz]ed\b|access\s+(?:is\s+)?denied|toegang\s+geweigerd|geen\s+toegang\s+tot"
        r"|(?:bundle|bundel)\b.{0,60}\b(?:required|not\s+allow|upgrade|nodig|vereist)",
        Kind.ACCESS,
        Failure.RIGHT,
        "9: missing web service rights, missing bundle or function [D], texts unknown [?]",
    ),
    _row(
        r"invalid\s+(?:document|tab|folder|domain)\s+id|is\s+not\s+a\s+valid\s+value\s+for",
        Kind.REFUSED,
        Failure.INTERNAL,
        "9: `Invalid document ID`, `Invalid Tab ID`, `'0' is not a valid value for DocumentSortOrder` [P]: our call",
    ),
)
"""Faults about a whole call: each is raised before anything is processed."""

MESSAGES: tuple[Row, ...] = (
    _SCHEMA,
    _row(
        r"bestaat\s+(?:al|reeds)\s+een\s+(?:verkoop)?factuur"
        r"|\b(?:invoice|reference|factuur(?:nummer)?)\b.{0,120}"
        r"(?:already\s+(?:exists|in\s+use|used)|bestaat\s+(?:al|reeds)|al\s+in\s+gebruik)"
        r"|already\s+exists.{0,60}\binvoice|duplicate\s+(?:invoice|reference)",
        Kind.REFUSED,
        Failure.DUPLICATE,
        "4.5: `bestaat al een factuur met het factuurnummer`, `already exists` [P]",
    ),
    _row(r"price\s?list|prijslijst", Kind.REFUSED, Failure.PRICE_LIST, "4.2: `The pricelist's currency …` [D]"),
    _row(r"\bvat\s?number|btw-?\s?nummer", Kind.REFUSED, Failure.CONTACT, "a VAT number belongs to the contact [?]"),
    _row(
        r"\bvat(?:\b|type|percentage|\s?code)|\bbtw\b|tax\s+code",
        Kind.REFUSED,
        Failure.VAT,
        "4.2: no VAT code with this combination cancels the invoice [D]; texts are not captured [?]",
    ),
    _row(
        r"\bcontact(?:\s?code|\s?person)?\b(?!\s+(?:support|us|yuki|your|op|opnemen))|\brelatie\b|full\s?name"
        r"|\b(?:customer|klant|debiteur)\b",
        Kind.REFUSED,
        Failure.CONTACT,
        "4.4: `Contact not found`, seen in fixtures only [A]",
    ),
    _row(r"already\s+exists", Kind.REFUSED, Failure.DUPLICATE, "4.5: matched alone by a client in production [P]"),
)
"""Words about one invoice of a batch, in `Message`."""


def classify_fault(fault: Fault) -> Row | None:
    """Return the row of a fault that is about the whole call, or None for unknown words."""
    return _first(FAULTS, fault.words)


def classify_message(text: str) -> Failure:
    """Return the failure of a refused invoice from Yuki's words; `refused` when we do not know them."""
    row = _first(MESSAGES, text) or _first(FAULTS, text)
    return row.failure if row else Failure.REFUSED


def known_message(text: str) -> Failure | None:
    """Return the failure if these words are known to be about one invoice, else None."""
    row = _first(MESSAGES, text)
    return row.failure if row else None


def _first(rows: tuple[Row, ...], text: str) -> Row | None:
    return next((row for row in rows if row.pattern.search(text)), None)


def error_for(fault: Fault, *, write: bool, words: str) -> ConnectorError:
    """Return the error for a fault; `words` is its text, cleaned.

    A known fault means that nothing was done. An unknown one proves nothing for a write; for a read it is
    the remote's trouble and we try again.
    """
    row = classify_fault(fault)
    if row is None:
        if write:
            return OutcomeUnknown("a fault that is not known to come before the booking", remote_text=words)
        return Unavailable(Failure.REMOTE, "the remote failed", remote_text=words)
    if row.kind is Kind.SESSION:
        return SessionExpired(words)
    if row.kind is Kind.QUOTA:
        return QuotaExceeded("the day's calls are used up", remote_text=words)
    if row.kind is Kind.ACCESS:
        return AccessDenied(row.failure, f"access denied: {row.failure}", remote_text=words)
    return Refused(row.failure, "the call was refused as a whole", remote_text=words)
