"""Lists that leave as a file: CSV as a person's own spreadsheet reads it, and XLSX; written row by row."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula, also in its wide form."""

PIECE = 32_768
"""Characters of CSV that are handed on at a time."""

MOST_ROWS = 1_000_000
"""Rows of one sheet of a workbook, which itself ends at 1,048,576."""

LONGEST = 32_767
"""Signs that one cell of a workbook can hold."""

FIRST_YEAR = 1900
"""Spreadsheets know no earlier day; one goes as text."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: its words, and the kind of what stands under it.

    Kinds: `text`, `number`, `amount` (Decimal), `date`, and `moment` (datetime in the zone of the screens).
    """

    label: str
    kind: str = "text"


def csv_pieces(heads: Sequence[Head], rows: Iterable[Sequence[Any]], *, comma: bool) -> Iterator[bytes]:
    """Yield a CSV in UTF-8 with a byte order mark, so that Excel knows it.

    With `comma` decimals have a comma and columns are separated by semicolons, as spreadsheets of such languages
    read them. Days are written as ISO 8601, which every one of them reads.
    """
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([safe(head.label) for head in heads])
    for row in rows:
        writer.writerow([_plain(value, comma) for value in row])
        if buffer.tell() >= PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before one that begins like it."""
    begins = text.startswith(DANGEROUS) or text.lstrip().startswith(DANGEROUS)
    return f"'{text}" if begins else text


def _plain(value: Any, comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.replace(".", ",") if comma else text
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)


def write_xlsx(file: IO[bytes], title: str, heads: Sequence[Head], rows: Iterable[Sequence[Any]]) -> None:
    """Write a workbook with real numbers and days, a row at a time: what is written is held in memory no longer.

    Text stays text, whatever it begins with, also when somebody edits its cell. More rows than a sheet can hold
    go on in another sheet.
    """
    import xlsxwriter  # imported here: every web process would load it, and few ever write a workbook

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    try:
        _Sheets(book, title, heads).write(rows)
    finally:
        book.close()


class _Sheets:
    """The sheets of one workbook, begun as the rows come."""

    def __init__(self, book: Any, title: str, heads: Sequence[Head]) -> None:
        self.book, self.heads = book, heads
        self.title = "".join(sign for sign in title if sign not in "[]:*?/\\'")[:25] or "Koppel"
        self.bold = book.add_format({"bold": True, "bottom": 1})
        self.quoted = book.add_format({"quote_prefix": True})
        # 14 and 22 are a day and a moment as the reader's own language writes them.
        number_formats = {"date": 14, "moment": 22, "amount": "#,##0.00####"}
        self.formats = {kind: book.add_format({"num_format": form}) for kind, form in number_formats.items()}
        self.count = 0

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        sheet = self._begin()
        at = 0
        for row in rows:
            at += 1
            if at > MOST_ROWS:
                sheet, at = self._begin(), 1
            for place, value in enumerate(row):
                if value is not None and value != "":
                    self._cell(sheet, at, place, value)

    def _begin(self) -> Any:
        self.count += 1
        sheet = self.book.add_worksheet(self.title if self.count == 1 else f"{self.title} {self.count}")
        for place, head in enumerate(self.heads):
            sheet.set_column(place, place, {"text": 24, "moment": 18}.get(head.kind, 13))
        for place, head in enumerate(self.heads):
            sheet.write_string(0, place, head.label, self.bold)
        sheet.freeze_panes(1, 0)
        return sheet

    def _cell(self, sheet: Any, at: int, place: int, value: Any) -> None:
        if isinstance(value, str):
            sheet.write_string(at, place, value[:LONGEST], self.quoted if safe(value) != value else None)
        elif isinstance(value, Decimal | int | float):
            sheet.write_number(at, place, value, self.formats.get(self.heads[place].kind))
        elif value.year < FIRST_YEAR:
            sheet.write_string(at, place, value.isoformat())
        else:
            sheet.write_datetime(at, place, value, self.formats["moment" if isinstance(value, datetime) else "date"])
