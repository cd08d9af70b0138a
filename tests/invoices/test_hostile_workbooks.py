"""Workbooks made to do harm: refused in a sentence, before anything of them is parsed or kept."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient

from webapp.services.imports import xlsx_file
from webapp.services.imports.raw import Unreadable
from webapp.services.imports.xlsx_file import read_xlsx
from webapp.store.invoices import Invoice
from webapp.store.session import current
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
BOMB = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]>'


def workbook() -> bytes:
    book, made = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    book.active.append(["number", "issue_date"])
    book.save(made)
    return made.getvalue()


def changed(change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    """A workbook whose members went through `change`."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return made.getvalue()


def with_doctype(wanted: str, encoding: str = "utf-8") -> bytes:
    def change(name: str, content: bytes) -> bytes:
        if name != wanted:
            return content
        text = content.decode("utf-8")
        _head, _, rest = text.partition("?>") if text.startswith("<?xml") else ("", "", text)
        return f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}{rest}'.encode(encoding)

    return changed(change)


def refused(content: bytes) -> str:
    with pytest.raises(Unreadable) as problem:
        read_xlsx(content)
    return problem.value.fault.code


@pytest.mark.portable
@pytest.mark.parametrize(
    "member", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "_rels/.rels"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_in_any_member_is_refused(member: str, encoding: str) -> None:
    assert refused(with_doctype(member, encoding)) == "doctype"


def test_a_mark_that_lies_across_two_pieces_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "PIECE", 7)

    assert refused(with_doctype("xl/workbook.xml")) == "doctype"


def test_a_workbook_that_says_it_unpacks_to_too_much_is_refused() -> None:
    zeros = bytes(20 * 1024 * 1024)

    assert refused(changed(lambda _, content: content, {f"xl/media/{n}": zeros for n in range(5)})) == (
        "unpacks_too_large"
    )


def test_a_workbook_that_lies_about_its_size_is_refused_while_it_is_read() -> None:
    honest = changed(lambda _, content: content, {"xl/media/0": bytes(90 * 1024 * 1024)})
    place = honest.rindex(b"PK\x01\x02")
    lying = honest[: place + 24] + struct.pack("<I", 10) + honest[place + 28 :]

    tracemalloc.start()
    code = refused(lying)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert code in ("unpacks_too_large", "not_xlsx")
    assert peak < 20 * 1024 * 1024


def test_a_workbook_of_very_many_members_is_refused() -> None:
    assert refused(changed(lambda _, content: content, {f"x/{n}": b"" for n in range(3_000)})) == "unpacks_too_large"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (with_doctype("xl/workbook.xml"), "Er staat een documenttypedeclaratie (DOCTYPE) in het bestand"),
        (
            changed(lambda _, content: content, {f"xl/media/{n}": bytes(20 * 1024 * 1024) for n in range(5)}),
            "De werkmap is uitgepakt groter dan 80 MB.",
        ),
    ],
    ids=["doctype", "bomb"],
)
def test_the_page_says_it_in_a_sentence(log_in: LogIn, staff: User, content: bytes, sentence: str) -> None:
    upload = {"file": (io.BytesIO(content), "maart.xlsx")}

    answer = log_in(staff).post("/invoices/import", data=upload, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert sentence in answer.text
    assert current().query(Invoice).count() == 0
