"""The PDF that is attached to an invoice: what is one, how large it may be, how it may be called."""

import base64
import binascii
import re
from collections.abc import Iterator

from webapp.domain.drafts import Fault, unfit_sign
from webapp.services.invoices.data import FileData

LIMIT = 2_500_000
"""Bytes; as base64 it still fits in one call beside the invoice itself, and Yuki advises against more than 5 MB."""

MOST_NAME = 120
_VERSION = re.compile(rb"%PDF-[12]\.[0-9]")
_UNFIT_NAME = re.compile(r'[\\/:*?"<>|]')
_END = 2048


def document_faults(document: FileData) -> Iterator[Fault]:
    """Judge a file by its content, not by what it is called; the name has to be one that a file can have."""
    if len(document.content) > LIMIT:
        yield Fault("pdf_too_large", "document", {"most": f"{LIMIT / 1_000_000:g}"})
    elif not is_pdf(document.content):
        yield Fault("not_pdf", "document", {"value": document.name[:60]})
    name = document.name
    whole = name.lower().endswith(".pdf") and len(name) <= MOST_NAME and name.removesuffix(name[-4:]).strip()
    if not whole or _UNFIT_NAME.search(name) or not name.isprintable() or unfit_sign(name):
        yield Fault("pdf_name", "document", {"most": MOST_NAME})


def is_pdf(content: bytes) -> bool:
    """Whether these bytes begin as a PDF does, and end as one: a cut one lacks its end."""
    tail = content[-_END:]
    return _VERSION.match(content) is not None and b"%%EOF" in tail and b"startxref" in tail


def from_base64(text: str) -> bytes:
    """Return the bytes of a base64 text, white space aside; raises ValueError for what is none."""
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None
