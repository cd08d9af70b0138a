"""The sandbox's books: everything it knows, behind one lock, kept in a file when it is given one."""

import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from webapp.sandbox.shelf import Shelf, revive
from webapp.sandbox.yuki import opening
from webapp.sandbox.yuki.calls import Calls
from webapp.sandbox.yuki.faults import KINDS, Script
from webapp.sandbox.yuki.modes import Mode
from webapp.sandbox.yuki.records import Administration, Booking, Contact, Document, Domain, Receipt, SalesItem, Session

Clock = Callable[[], datetime]
YUKI_ZONE = ZoneInfo("Europe/Amsterdam")


def new_id() -> str:
    return str(uuid.uuid4())


def same_name(name: str) -> str:
    """The form in which names are compared."""
    return " ".join(name.split()).casefold()


class Books:
    """Use it with `with books.lock:`; call `commit()` when a change is complete."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self.shelf = Shelf(path)
        self.domains: dict[str, Domain] = {one.id: one for one in opening.DOMAINS}
        self.administrations: dict[str, Administration] = {one.id: one for one in opening.ADMINISTRATIONS}
        self.keys = {one.key: one for one in opening.KEYS}
        self.faults = Script(KINDS)
        self.calls = Calls(self.shelf)
        self._empty()
        self._load()

    def now(self) -> datetime:
        return self._clock()

    def local(self) -> datetime:
        """Yuki's wall clock, without a zone and to the second, as the archive shows it."""
        return self.now().astimezone(YUKI_ZONE).replace(tzinfo=None, microsecond=0)

    def reset(self) -> None:
        """Back to the books at the start; sessions, mode, faults and counts are forgotten too."""
        self.shelf.clear()
        self.faults.replace([])
        self.calls.clear()
        self._empty()
        self._open()
        self.commit()

    def commit(self) -> None:
        self.shelf.commit()

    def set_mode(self, mode: Mode) -> None:
        self.mode = mode
        self.shelf.put("mode", "mode", mode.as_json())

    def put_session(self, session: Session) -> None:
        self.sessions[session.id] = session
        self.shelf.put("session", session.id, session)

    def drop_session(self, session_id: str) -> None:
        self.sessions.pop(session_id, None)
        self.shelf.remove("session", session_id)

    def put_contact(self, contact: Contact) -> None:
        old = self.contacts.get(contact.id)
        if old is not None:
            self._codes.pop((old.domain_id, old.code), None)
            self._names[(old.domain_id, same_name(old.name))].remove(old.id)
        self.contacts[contact.id] = contact
        if contact.code:
            self._codes[(contact.domain_id, contact.code)] = contact.id
        self._names.setdefault((contact.domain_id, same_name(contact.name)), []).append(contact.id)
        self.shelf.put("contact", contact.id, contact)

    def contact_by_code(self, domain_id: str, code: str) -> Contact | None:
        return self.contacts.get(self._codes.get((domain_id, code), ""))

    def contacts_by_name(self, domain_id: str, name: str) -> list[Contact]:
        return [self.contacts[one] for one in self._names.get((domain_id, same_name(name)), [])]

    def put_item(self, item: SalesItem) -> None:
        self.items[item.id] = item
        if item.reference:
            self._item_references[(item.administration_id, item.reference)] = item.id
        self._item_descriptions[(item.administration_id, item.description)] = item.id
        self.shelf.put("item", item.id, item)

    def item_by_reference(self, administration_id: str, reference: str) -> SalesItem | None:
        return self.items.get(self._item_references.get((administration_id, reference), ""))

    def item_by_description(self, administration_id: str, description: str) -> SalesItem | None:
        return self.items.get(self._item_descriptions.get((administration_id, description), ""))

    def put_booking(self, booking: Booking) -> None:
        self.bookings[booking.id] = booking
        same = self._references.setdefault((booking.administration_id, booking.reference), [])
        if booking.reference and booking.id not in same:
            same.append(booking.id)
        self.shelf.put("booking", booking.id, booking)

    def booked_as(self, administration_id: str, reference: str) -> list[Booking]:
        """The bookings of an administration with that reference, drafts left out."""
        found = (self.bookings[one] for one in self._references.get((administration_id, reference), []))
        return [one for one in found if not one.draft]

    def bookings_of(self, administration_ids: Iterable[str]) -> list[Booking]:
        wanted = set(administration_ids)
        return [one for one in self.bookings.values() if one.administration_id in wanted]

    def put_document(self, document: Document) -> None:
        self.documents[document.id] = document
        self.shelf.put("document", document.id, document)

    def drop_document(self, document_id: str) -> None:
        self.documents.pop(document_id, None)
        self.shelf.remove("document", document_id)

    def put_receipt(self, receipt: Receipt) -> None:
        self.receipts[receipt.id] = receipt
        self.shelf.put("receipt", receipt.id, receipt)

    def count_order(self) -> int:
        """The place of the next booking in the order of arrival."""
        self._order += 1
        return self._order

    def next_number(self, administration_id: str, year: int) -> str:
        """The next invoice number that Yuki gives by itself, never one that is taken."""
        counter = f"{administration_id} {year}"
        while True:
            self._numbers[counter] = self._numbers.get(counter, 0) + 1
            self.shelf.put("number", counter, self._numbers[counter])
            number = f"Y{year}{self._numbers[counter]:05d}"
            if not self.booked_as(administration_id, number):
                return number

    def _empty(self) -> None:
        self.mode = Mode()
        self.sessions: dict[str, Session] = {}
        self.contacts: dict[str, Contact] = {}
        self.items: dict[str, SalesItem] = {}
        self.bookings: dict[str, Booking] = {}
        self.documents: dict[str, Document] = {}
        self.receipts: dict[str, Receipt] = {}
        self._codes: dict[tuple[str, str], str] = {}
        self._names: dict[tuple[str, str], list[str]] = {}
        self._item_references: dict[tuple[str, str], str] = {}
        self._item_descriptions: dict[tuple[str, str], str] = {}
        self._references: dict[tuple[str, str], list[str]] = {}
        self._numbers: dict[str, int] = {}
        self._order = 0

    def _open(self) -> None:
        for contact, booking, document in opening.opening_purchases():
            self.put_contact(contact)
            self.put_booking(booking)
            self.put_document(document)

    def _load(self) -> None:
        kinds: list[tuple[str, Any, Callable[[Any], None]]] = [
            ("contact", Contact, self.put_contact),
            ("item", SalesItem, self.put_item),
            ("booking", Booking, self.put_booking),
            ("document", Document, self.put_document),
            ("receipt", Receipt, self.put_receipt),
            ("session", Session, self.put_session),
        ]
        self.shelf.reading = True
        for kind, cls, put in kinds:
            for _, body in self.shelf.all(kind):
                put(revive(cls, body))
        self.shelf.reading = False
        for _, body in self.shelf.all("mode"):
            self.mode = Mode().changed(body)
        self._numbers = dict(self.shelf.all("number"))
        self._order = max((one.order for one in self.bookings.values()), default=0)
        if not self.bookings:
            self._open()
        self.commit()
