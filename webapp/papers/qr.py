"""A payment QR code as squares: black ones on white, with the quiet zone that readers need."""

import segno

QUIET = 4
"""Modules of white on each side, as ISO/IEC 18004 has it."""

MOST_VERSION = 13
"""The largest code that the guidelines of EPC069-12 allow."""


def qr_rows(payload: str) -> list[list[bool]]:
    """Return the rows of a code, True where it is black, with error correction M as EPC069-12 asks; [] without text."""
    if not payload:
        return []
    try:
        code = segno.make_qr(payload, error="m", boost_error=False, encoding="utf-8", version=None)
    except segno.DataOverflowError:
        return []
    if not isinstance(code.version, int) or code.version > MOST_VERSION:
        return []
    return [[bool(module) for module in row] for row in code.matrix_iter(scale=1, border=QUIET)]
