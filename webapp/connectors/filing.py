"""The port of an archive that takes documents: what is filed there, and how it is found again."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Paper:
    """A document for the archive; `name` is its file name there, and has to hold a word that no other has."""

    name: str
    content: bytes = field(repr=False)
    folder: int
    amount: Decimal
    currency: str
    cost_category: str = ""
    remarks: str = ""


class DocumentArchive(Protocol):
    """An archive of a set of books."""

    def file(self, paper: Paper) -> str:
        """File a document in one call, and return its id there.

        Raises OutcomeUnknown when it may have arrived; any other ConnectorError means that it did not.
        """

    def find_filed(self, word: str, *, folder: int, filed_from: date) -> str | None:
        """Return the id of the document whose file name or subject holds a word; None means that there is none.

        Raises ConnectorError when it cannot be told.
        """
