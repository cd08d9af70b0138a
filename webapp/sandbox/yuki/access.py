"""Who may call what: access keys, sessions of 24 hours, rights, administrations and the day's quota."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from lxml import etree

from webapp.sandbox.yuki.books import Books, new_id
from webapp.sandbox.yuki.contract import GENERAL, Operation
from webapp.sandbox.yuki.records import AccessKey, Administration, Session
from webapp.sandbox.yuki.soap import Fault

SESSION_LIFE = timedelta(hours=24)
RIGHTS = {
    "Sales": "Sales",
    "Accounting": "Financial",
    "AccountingInfo": "Financial",
    "Vat": "Financial",
    "Archive": "Archive",
    "Contact": "Contacts",
}


@dataclass
class Call:
    """What an operation works with; the lock of the books is held while it does."""

    books: Books
    operation: Operation
    values: dict[str, Any]
    document: etree._Element | None
    base_url: str
    session: Session | None = None
    notes: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A string parameter without blanks around it; empty when it is missing."""
        return (self.values.get(name) or "").strip()

    @property
    def signed_in(self) -> Session:
        if self.session is None:
            raise invalid_session()
        return self.session

    @property
    def key(self) -> AccessKey:
        return self.books.keys[self.signed_in.key]

    @property
    def language(self) -> str:
        return self.session.language if self.session else "nl"

    def visible(self) -> list[Administration]:
        """The administrations of the session's current domain that its key sees."""
        domain, only = self.signed_in.domain_id, self.key.administration_id
        return [
            one for one in self.books.administrations.values() if one.domain_id == domain and only in (None, one.id)
        ]

    def administration(self, name: str = "administrationID") -> Administration:
        """The administration that is asked for; a key of one administration may leave it out."""
        wanted = self.text(name).lower()
        if not wanted and self.key.administration_id:
            wanted = self.key.administration_id
        found = next((one for one in self.visible() if one.id == wanted), None)
        if found is None:
            raise Fault("Invalid administration ID")
        if not found.active:
            raise Fault("The administration is not active")
        return found


def invalid_session() -> Fault:
    return Fault("Invalid session ID")


def daily_limit(limit: int) -> Fault:
    return Fault(
        "Daily limit exceeded", code="Client", detail=f"Every domain has {limit} free webservice calls a day.", wrap=""
    )


def no_right(service: str) -> Fault:
    return Fault(f"The access key has no right to use the web service {service}")


def open_session(call: Call, access_key: str) -> Session:
    """A new session for a key; the login itself is a call that counts."""
    key = call.books.keys.get(access_key.lower())
    if key is None:
        raise Fault("Invalid access key")
    spend(call, key.domain_ids[0])
    session = Session(new_id(), key.key, key.domain_ids[0], call.books.now() + SESSION_LIFE)
    call.books.put_session(session)
    return session


def enter(call: Call) -> None:
    """Finds the session of a call, counts the call, and checks the right to it; each that fails is a fault."""
    name = "sessionId" if ("sessionId", "string") in call.operation.parameters else "sessionID"
    session = call.books.sessions.get(call.text(name).lower())
    if session is None:
        raise invalid_session()
    if session.expires <= call.books.now():
        call.books.drop_session(session.id)
        raise invalid_session()
    call.session = session
    spend(call, session.domain_id)
    if call.operation.name in GENERAL:
        return
    right = "Upload" if call.operation.name.startswith("UploadDocument") else RIGHTS[call.operation.service]
    if right not in call.key.rights:
        raise no_right(call.operation.service)
    if not call.books.domains[session.domain_id].has_database:
        raise Fault("Domain has no active database")


def spend(call: Call, domain_id: str) -> None:
    call.notes["domain"] = domain_id
    limit = call.books.mode.daily_limit
    if not call.books.calls.spend(domain_id, call.books.local().date().isoformat(), limit):
        raise daily_limit(limit)
