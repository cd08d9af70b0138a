"""CSV: UTF-8, separated by ; , or tab; one row for each line of an invoice."""

import csv
import io
from collections.abc import Iterator

from webapp.domain.drafts import Fault
from webapp.services.imports.columns import Row, read_table
from webapp.services.imports.raw import Found, Unreadable

SEPARATORS = ";,\t"
FORMULA = ("=", "@")
"""What a spreadsheet would compute; a number may begin with + or -."""


def read_csv(content: bytes) -> Found:
    """Read a CSV file; raises Unreadable."""
    text = decode(content)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        separator, text, skipped = first.strip()[4], rest, 1
    else:
        separator, skipped = max(SEPARATORS, key=first.count), 0
    formulas: list[Fault] = []
    found = read_table(_rows(text, separator, skipped, formulas))
    found.faults = formulas + found.faults
    return found


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark; raises Unreadable."""
    if not content.strip():
        raise Unreadable("empty_file")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("encoding", found="UTF-16")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("encoding", found="", line=content.count(b"\n", 0, error.start) + 1) from None
    if "\0" in text:
        raise Unreadable("not_text")
    return text


def _rows(text: str, separator: str, skipped: int, formulas: list[Fault]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begin = 0
    try:
        for cells in reader:
            line, begin = begin + 1 + skipped, reader.line_num
            for index, cell in enumerate(cells):
                if cell.lstrip().startswith(FORMULA):
                    formulas.append(
                        Fault("formula", "", {"value": cell.strip()[:40], "cell": index + 1}, {"line": line})
                    )
            yield line, list(cells)
    except csv.Error as error:
        raise Unreadable("csv", line=reader.line_num + skipped, detail=str(error)) from None
