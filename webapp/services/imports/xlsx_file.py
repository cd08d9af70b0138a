"""XLSX: the first sheet, one row for each line of an invoice; values only, no formulas."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from webapp.domain.drafts import Fault
from webapp.services.imports.columns import Row, read_table
from webapp.services.imports.raw import MOST_ROWS, Found, Unreadable

MOST_COLUMNS = 100
MOST_UNPACKED = 80 * 1024 * 1024
"""Bytes of a workbook once unpacked: a small file can claim to be a very large one."""

MOST_MEMBERS = 2_000
PIECE = 256 * 1024
XML = (".xml", ".rels", ".vml")
FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")
"""What no workbook holds, and what a parser could be made to do much work by."""

_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, OSError, EOFError)


def read_xlsx(content: bytes) -> Found:
    """Read the first sheet of a workbook; raises Unreadable."""
    # Imported here: it brings a picture library along, and few processes ever see a workbook.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (InvalidFileException, *_BROKEN)
    _weigh(content)
    faults: list[Fault] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about drawings and validations, which are not read
        try:
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            sheet = book.worksheets[0] if book.worksheets else None
        except broken:
            raise Unreadable("not_xlsx") from None
        if sheet is None:
            raise Unreadable("empty_file")
        try:
            found = read_table(_rows(sheet, faults))
        except broken:
            raise Unreadable("not_xlsx") from None
        finally:
            book.close()
    found.faults = faults + found.faults
    return found


def _weigh(content: bytes) -> None:
    """Refuse what would unpack to too much, by what it says of itself and by what comes out, and any DOCTYPE."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
                raise Unreadable("unpacks_too_large", most=MOST_UNPACKED // 1024 // 1024)
            left = MOST_UNPACKED
            for member in members:
                left -= _look_through(archive, member, left)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        raise Unreadable("not_xlsx") from None


def _look_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> int:
    """Unpack a member piece by piece without keeping it, at most `most` bytes; returns how many there were."""
    size, tail = 0, b""
    with archive.open(member) as packed:
        while piece := packed.read(PIECE):
            size += len(piece)
            if size > most:
                raise Unreadable("unpacks_too_large", most=MOST_UNPACKED // 1024 // 1024)
            # Also in UTF-16, whose signs have a zero beside them; a mark may lie across two pieces.
            text = (tail + piece).replace(b"\0", b"").upper()
            if member.filename.lower().endswith(XML) and any(mark in text for mark in FORBIDDEN):
                raise Unreadable("doctype")
            tail = piece[-32:]
    return size


def _rows(sheet: Any, faults: list[Fault]) -> Iterator[Row]:
    sheet.reset_dimensions()  # a sheet may say that it is smaller than it is
    for line, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS), start=1):
        cells = [_value(cell, line, faults) for cell in row]
        yield line, cells + [None] * (MOST_COLUMNS - len(cells))


def _value(cell: Any, line: int, faults: list[Fault]) -> Any:
    """Return a cell's value; what Excel shows of a number, not the last bits of its floating point."""
    value = cell.value
    if value is None:
        return None
    if cell.data_type in ("f", "e"):
        code = "formula" if cell.data_type == "f" else "cell_error"
        faults.append(Fault(code, "", {"value": str(value)[:40], "cell": cell.coordinate}, {"line": line}))
        return None
    if isinstance(value, float):
        return Decimal(format(value, ".15g"))
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
