"""Receipts: what a file really is, told from its first bytes and its structure, never from its name."""

import re
import zlib

LIMIT = 4_000_000
"""Bytes of one receipt: as base64 it stays near the 5 MB above which Yuki advises against an upload."""

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
MOST_PIXELS = 100_000_000

_PDF = re.compile(rb"%PDF-[12]\.[0-9]")
_PDF_END = 2048
_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""The JPEG markers that begin a picture and tell its size."""

_ALONE = {0x01, *range(0xD0, 0xD8)}
"""The JPEG markers that nothing follows."""


def kind_of(content: bytes) -> str | None:
    """Return the media type of a whole PDF, JPEG or PNG; None for anything else, and for one that is cut."""
    if _is_pdf(content):
        return "application/pdf"
    if content.startswith(_PNG):
        return "image/png" if _is_png(content) else None
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg" if _is_jpeg(content) else None
    return None


def _is_pdf(content: bytes) -> bool:
    tail = content[-_PDF_END:]
    return _PDF.match(content) is not None and b"startxref" in tail and b"%%EOF" in tail


def _is_png(content: bytes) -> bool:
    """Whether the chunks follow each other with good checksums, from IHDR to an IEND that ends the file."""
    at, names = len(_PNG), []
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        end = at + 12 + size
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return False
        names.append(content[at + 4 : at + 8])
        at = end
        if names[-1] == b"IEND":
            break
    first = content[16:24]
    is_sized = _is_sized(int.from_bytes(first[:4]), int.from_bytes(first[4:]))
    return at == len(content) and names[:1] == [b"IHDR"] and b"IDAT" in names and names[-1] == b"IEND" and is_sized


def _is_jpeg(content: bytes) -> bool:
    """Whether the segments lead to a picture with a size, and the picture to its end mark."""
    at, sized = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a filling byte
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        size = int.from_bytes(content[at + 2 : at + 4])
        if size < 2:
            return False
        if marker in _FRAMES:
            sized = _is_sized(int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7]))
        if marker == 0xDA:  # the picture itself; phones put things of their own after it
            return sized and content.find(b"\xff\xd9", at + 2 + size) > 0
        at += 2 + size
    return False


def _is_sized(width: int, height: int) -> bool:
    return width > 0 and height > 0 and width * height <= MOST_PIXELS
