"""Files documents in Yuki's archive, and finds them again by a word in their name."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from webapp.connectors.filing import Paper
from webapp.connectors.ports import OutcomeUnknown, Refused, Unavailable
from webapp.connectors.yuki.answers import ArchiveDocument
from webapp.connectors.yuki.client import Page, YukiClient
from webapp.connectors.yuki.placement import Placement
from webapp.connectors.yuki.wire import NOT_XML_CHARACTERS
from webapp.domain.failures import Failure

PAGE_SIZE = 100
MAX_PAGES = 40
ALL_YEARS = date.min
"""The year 1 on both sides sets no limit, says the contract; the word is found once whatever the clocks say."""

UNSPECIFIED = 0
"""The payment method of an upload that says nothing of it."""


class Filing:
    """Uploads to one administration; the folders are its domain's."""

    def __init__(self, client: YukiClient, placement: Placement, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._placement = placement
        self._clock = clock

    def file(self, session: str, paper: Paper) -> str:
        """Upload a document; see DocumentArchive.file. An answer without an id proves nothing."""
        document_id = self._client.upload_document(
            session,
            fileName=_plain(paper.name),
            data=paper.content,
            folder=paper.folder,
            currency=paper.currency,
            amount=paper.amount,
            costCategory=_plain(paper.cost_category),
            paymentMethod=UNSPECIFIED,
            remarks=_plain(paper.remarks),
        )
        if not document_id.strip("0-{}"):
            raise OutcomeUnknown("the answer to the upload names no document")
        return document_id[:64]

    def find(self, session: str, word: str, *, folder: int, filed_from: date) -> str | None:
        """Look in the folder first, then in all of them: whoever books it there may have moved it.

        Yuki documents the search by its parameters only, and one client saw it refused whatever it asked: then the
        folder alone is the proof.
        """
        self._placement.place(session)
        since = min(filed_from, self._clock().date()) - timedelta(days=1)
        found = self._in_folder(session, word, folder, since)
        if found is not None:
            return found
        try:
            documents = self._client.search_documents(session, word, pages=Page(), since=ALL_YEARS, until=ALL_YEARS)
        except Refused:
            return None
        return next((one.id for one in documents if _holds(one, word)), None)

    def _in_folder(self, session: str, word: str, folder: int, since: date) -> str | None:
        seen: set[str] = set()
        start = 0
        for _ in range(MAX_PAGES):
            documents = self._client.modified_documents_in_folder(
                session, folder, pages=Page(start, PAGE_SIZE), since=since
            )
            fresh = [document for document in documents if document.id not in seen]
            if not fresh:  # only an answer without anything new ends the list, see lookup.py
                return None
            found = next((one.id for one in fresh if _holds(one, word)), None)
            if found is not None:
                return found
            seen.update(document.id for document in fresh)
            start += len(documents)
        raise Unavailable(Failure.REMOTE, f"the folder was not read to its end in {MAX_PAGES} pages")


def _holds(document: ArchiveDocument, word: str) -> bool:
    return word in document.file_name.casefold() or word in document.subject.casefold()


def _plain(text: str) -> str:
    return NOT_XML_CHARACTERS.sub("", text)
