"""A list as a file, piece by piece, in the language at hand: the same whether a browser or a job takes it."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import Any

from flask_babel import get_locale

from webapp.papers.sheets import csv_pieces, write_xlsx
from webapp.queries.listings import LISTINGS, Listing
from webapp.queries.listings.base import Args

AT_ONCE = {"csv": 100_000, "xlsx": 5_000}
"""Rows that a browser gets at once; a workbook is made whole before its first byte, so of those fewer."""

POINT = ("en",)
"""Languages whose decimals have a point; the others have a comma, and semicolons between columns."""

PIECE, BEAT = 65_536, 1000
"""Bytes that are read at a time, and rows after which whoever waits is told that it goes on."""

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def pieces(
    organisation_id: int, listing: str, ending: str, args: Args, *, beat: Callable[[], None] = lambda: None
) -> Iterator[bytes]:
    """Yield the file of a list, with the filters, order and `columns` of `args`; `beat` is called as it goes on."""
    found = LISTINGS[listing]
    heads, read = found.sheet(organisation_id, args)
    rows = _beating(read, beat)
    if ending == "csv":
        yield from csv_pieces(heads, rows, comma=str(get_locale()) not in POINT)
        return
    with TemporaryFile() as file:
        write_xlsx(file, str(found.title), heads, rows)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _beating(rows: Iterable[Sequence[Any]], beat: Callable[[], None]) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows):
        if number % BEAT == 0:
            beat()
        yield row


def is_large(organisation_id: int, listing: Listing, ending: str, args: Args) -> bool:
    """Return whether a list has more rows than go out at once."""
    most = AT_ONCE[ending]
    return listing.count(organisation_id, args, most + 1) > most


def file_name(listing: Listing, ending: str, day: str) -> str:
    """Return what the file is called: the list in the reader's language, without signs that some systems refuse."""
    plain = unicodedata.normalize("NFKD", str(listing.title)).encode("ascii", "ignore").decode()
    return f"{plain.lower().replace(' ', '-')}-{day}.{ending}"
