"""Looks an invoice up by its reference: among the open items, then in the archive; absent only when proved."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from webapp.connectors.ports import Found, OpenItem, Refused, Unavailable
from webapp.connectors.yuki.answers import ArchiveDocument
from webapp.connectors.yuki.client import SALES_FOLDER, Page, YukiClient
from webapp.connectors.yuki.placement import Placement
from webapp.connectors.yuki.wire import NOT_XML_CHARACTERS
from webapp.domain.failures import Failure

PAGE_SIZE = 100
MAX_PAGES = 40
_PURCHASE = "2"
_SALES = "6"


class Lookup:
    """Look-ups in one administration."""

    def __init__(self, client: YukiClient, placement: Placement, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._placement = placement
        self._clock = clock

    def find(self, session: str, reference: str, *, issued_from: date) -> Found | None:
        """Return where the reference was found, or None when it is in neither place.

        What is paid, or was paid by card, is no open item any more: only the archive knows it. Raises
        ConnectorError when it cannot be told.
        """
        wanted = _usable(reference)
        item = _best_item(self._client.check_outstanding_item_admin(session, wanted), wanted)
        if item is not None:
            return _open_item(item, wanted)
        self._placement.place(session)
        return self._search_archive(session, {wanted}, issued_from).get(wanted)

    def find_many(self, session: str, references: Iterable[str], *, issued_from: date) -> dict[str, Found]:
        """Return what was found of several references, in one list of open items and one reading of the archive.

        What is missing is in neither place. Raises ConnectorError when it cannot be told of all.
        """
        wanted = {_usable(reference) for reference in references}
        items: dict[str, list[OpenItem]] = defaultdict(list)
        for item in self._client.outstanding_debtor_items(session):  # to its end: only a complete list proves anything
            items[item.reference].append(item)
        best = {reference: _best_item(items[reference], reference) for reference in wanted if reference in items}
        found = {reference: _open_item(item, reference) for reference, item in best.items() if item is not None}
        rest = wanted - found.keys()
        if rest:
            self._placement.place(session)
            found |= self._search_archive(session, rest, issued_from)
        return found

    def _search_archive(self, session: str, references: set[str], issued_from: date) -> dict[str, Found]:
        """Read the archive's sales documents since a day, until all references are found or it ends."""
        # An invoice dated ahead is in the archive since the day it was booked; a day more for their time zone.
        since = min(issued_from, self._clock().date()) - timedelta(days=1)
        patterns = {reference: _word(reference) for reference in references}
        found: dict[str, Found] = {}
        seen: set[str] = set()
        start = 0
        for _ in range(MAX_PAGES):
            documents = self._client.modified_documents_in_folder(
                session, SALES_FOLDER, pages=Page(start, PAGE_SIZE), since=since
            )
            fresh = [document for document in documents if document.id not in seen]
            if not fresh:
                # Only an answer without anything new ends the list: how many records the server gives at most,
                # and whether it counts from 0 or 1, is not documented.
                return found
            for document in fresh:
                for reference, pattern in patterns.items():
                    if reference not in found and _is_it(document, reference, pattern):
                        found[reference] = _archived(document, reference)
            if len(found) == len(references):
                return found
            seen.update(document.id for document in fresh)
            start += len(documents)
        raise Unavailable(Failure.REMOTE, f"the archive was not read to its end in {MAX_PAGES} pages")


def _usable(reference: str) -> str:
    wanted = reference.strip()
    if not wanted or NOT_XML_CHARACTERS.search(wanted):
        raise Refused(Failure.INCOMPLETE, "nothing to look up by", field="reference")
    return wanted


def _open_item(item: OpenItem, reference: str) -> Found:
    return Found(
        reference=reference,
        where="open_items",
        amount=item.original_amount,
        contact_name=item.contact_name,
        contact_code=item.contact_code,
        issue_date=item.issue_date,
        remote_id=item.remote_id,
    )


def _archived(document: ArchiveDocument, reference: str) -> Found:
    return Found(
        reference=reference,
        where="archive",
        amount=document.amount,
        contact_name=document.contact_name,
        contact_code="",
        issue_date=document.document_date,
        remote_id=document.id,
    )


def _best_item(items: list[OpenItem], reference: str) -> OpenItem | None:
    # A supplier may use the same number: his invoices are type 2. Sales invoices (6) come before journals.
    found = [item for item in items if item.reference == reference and item.type_id != _PURCHASE]
    return min(found, key=lambda item: item.type_id != _SALES, default=None)


def _is_it(document: ArchiveDocument, reference: str, pattern: re.Pattern[str]) -> bool:
    if document.reference:
        return document.reference == reference
    # A document made here in Yuki has its reference; an upload may only name it in words.
    return bool(pattern.search(document.subject) or pattern.search(document.file_name))


def _word(reference: str) -> re.Pattern[str]:
    """Match the reference as a word of its own: 2026-1 is in `factuur_2026-1.pdf`, not in 2026-12 or 5/2026-1.

    Rather too much than too little: what is found is compared by amount and customer, what is not is sent again.
    """
    return re.compile(rf"(?<![^\W_])(?<!\d[-/.]){re.escape(reference)}(?![^\W_])(?![-/.]\d)", re.IGNORECASE)
