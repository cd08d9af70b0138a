"""Yuki as a source of invoices: what lies in the archive, what is open of it, and one document's details."""

import base64
import binascii
from collections.abc import Generator
from hashlib import blake2b

from webapp.connectors.ports import NotUnderstood, Refused
from webapp.connectors.sources import Asked, Details, InvoicePage, Known, Shelf
from webapp.connectors.yuki import archive, wire
from webapp.connectors.yuki.archive import SMALLEST_PAGE, Rows
from webapp.connectors.yuki.details import read_details
from webapp.connectors.yuki.gateway import YukiGateway
from webapp.domain.failures import Failure
from webapp.domain.remote_invoices import RemotePayment

END = 2048
"""Where in a PDF its end has to stand, in bytes from behind."""


class YukiSource(YukiGateway):
    """One administration's archive; implements BooksSource beside LedgerGateway.

    Archive reads work on a session's current domain. `placed` is the mark of the session that stands on the right
    one: given anew, it spares the call that would say so.
    """

    placed = ""

    def _place(self, session: str) -> None:
        mark = blake2b(session.encode(), digest_size=16).hexdigest()
        if mark != self.placed:
            self._placement.place(session)
            self.placed = mark

    def _place_alone(self, session: str) -> None:
        """Put the session on the domain, for lists; raises Refused where they would mix several administrations.

        No document says which administration it belongs to, and archive reads cannot be told. A key of one
        administration opens the documents of that one.
        """
        before = self.placed
        self._place(session)
        if self._placement.is_shared():
            self.placed = before
            raise Refused(Failure.MIXED, "the key sees several administrations, whose documents cannot be told apart")

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        """Return up to 1,000 documents in one call; `number` is that of the first record, counted from 1.

        The list has no total. The last record of a page is asked for again as the first of the next: whoever does
        not find it there knows that the list moved. A page of so few records that no server would have cut it is
        the last. A record is but a few words: all are read, none is passed over.
        """
        del known

        def read(session: str) -> Rows:
            self._place_alone(session)
            return archive.list_documents(self._client, session, asked, number - 1)

        found = self._with_session(read)
        count = len(found.ids)
        last = number + count - 1 if count >= SMALLEST_PAGE else number
        return InvoicePage(number, last, None, found.invoices, found.bad, found.ids, self.placed)

    def pages(
        self, asked: Asked, number: int, *, known: Known | None = None, shelf: Shelf | None = None
    ) -> Generator[InvoicePage | None]:
        """Yield the page that begins there: where the next one begins depends on what is found on it."""
        del shelf
        yield self.page(asked, number, known=known)

    def document(self, remote_id: str, *, box: str = "") -> InvoicePage:
        """Return one document as a page of one; of none when Yuki has no such document."""

        def read(session: str) -> Rows:
            self._place(session)
            return archive.find_document(self._client, session, remote_id, box)

        try:
            found = self._with_session(read)
        except Refused:
            return InvoicePage(1, 1, 0, ())
        return InvoicePage(1, 1, len(found.ids), found.invoices, found.bad)

    def payments(self, remote_id: str) -> tuple[RemotePayment, ...]:
        """Return nothing: Yuki tells what is open, not what was paid."""
        del remote_id
        return ()

    def details(self, remote_id: str) -> Details | None:
        """`Archive.DocumentXMLDataAsString`: Yuki's own invoice or UBL; None where there is neither."""

        def read(session: str) -> str:
            self._place(session)
            return self._client.read_archive(
                "DocumentXMLDataAsString",
                session,
                {"documentID": remote_id},
                lambda answer: wire.text_of(answer, "DocumentXMLDataAsStringResult"),
            )

        try:
            return read_details(self._with_session(read))
        except Refused:
            return None

    def pdf(self, remote_id: str) -> bytes | None:
        """`Archive.DocumentBinaryData`: the file as it was filed; None when there is none, or it is no whole PDF."""

        def read(session: str) -> bytes | None:
            self._place(session)
            return self._client.read_archive(
                "DocumentBinaryData",
                session,
                {"documentID": remote_id},
                lambda answer: _bytes(wire.text_of(answer, "DocumentBinaryDataResult")),
            )

        try:
            return self._with_session(read)
        except Refused:
            return None


def _bytes(text: str) -> bytes | None:
    if not text:
        return None
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise NotUnderstood("the file is not base64") from None
    # By what it holds, whatever it is called: a cut one lacks its end.
    return content if content.startswith(b"%PDF-") and b"%%EOF" in content[-END:] else None
