"""Holds what one invoice would change until all of it is right, so that a failed one leaves nothing behind."""

import copy
from collections.abc import Callable

from webapp.sandbox.yuki.books import Books, same_name
from webapp.sandbox.yuki.records import Booking, Contact, Document, SalesItem


class Cancelled(Exception):
    """The invoice is not booked; the message is what Yuki answers for it."""


class Stage:
    """Looks things up in the books and in itself; `keep()` writes all of it, dropping the stage writes nothing."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._contact: Contact | None = None
        self._items: dict[str, SalesItem] = {}
        self._booking: Booking | None = None
        self._document: Document | None = None

    def contact_by_code(self, domain_id: str, code: str) -> Contact | None:
        return copy.deepcopy(self.books.contact_by_code(domain_id, code)) if code else None

    def contact_by_name(self, domain_id: str, name: str) -> Contact | None:
        """The first contact of that name; by the usual mode one with a code of its own is somebody else."""
        found = self.books.contacts_by_name(domain_id, name) if same_name(name) else []
        if self.books.mode.name_match == "uncoded":
            found = [one for one in found if not one.code]
        return copy.deepcopy(found[0]) if found else None

    def item(self, administration_id: str, reference: str, description: str) -> SalesItem | None:
        """A sales item by reference or else by description, which are both unique."""
        looks: list[tuple[str, Callable[[SalesItem], str], Callable[[str, str], SalesItem | None]]] = [
            (reference, lambda one: one.reference, self.books.item_by_reference),
            (description, lambda one: one.description, self.books.item_by_description),
        ]
        for wanted, own, look in looks:
            if not wanted:
                continue
            staged = next((one for one in self._items.values() if own(one) == wanted), None)
            found = staged or copy.deepcopy(look(administration_id, wanted))
            if found is not None:
                return found
        return None

    def put_contact(self, contact: Contact) -> None:
        self._contact = contact

    def put_item(self, item: SalesItem) -> None:
        self._items[item.id] = item

    def put_booking(self, booking: Booking, document: Document | None) -> None:
        self._booking, self._document = booking, document

    def keep(self) -> None:
        if self._contact is not None:
            self.books.put_contact(self._contact)
        for item in self._items.values():
            self.books.put_item(item)
        if self._booking is not None:
            self.books.put_booking(self._booking)
        if self._document is not None:
            self.books.put_document(self._document)
