"""Read a picture that somebody uploaded: judged by its content, limited in size, and written anew as a plain PNG."""

import io
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


LIMIT = 1_000_000
"""Bytes of the file."""

MOST_PIXELS = 4_000_000
LEAST_SIDE = 16
KEPT = (1400, 480)
"""Pixels that are kept: 300 to the inch in the box of the letterhead, and then some."""

_FORMATS = ("PNG", "JPEG")


class PictureProblem(Exception):
    """A picture that cannot be taken; `code` is one of `large`, `kind`, `pixels`, `small`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: an opaque RGB PNG that holds nothing but its pixels."""

    width: int
    height: int
    content: bytes = field(repr=False)


def read_picture(content: bytes) -> Picture:
    """Read a PNG or a JPEG, and write it anew on white, without whatever else the file held.

    Raises PictureProblem. The size in pixels is judged before any of them is unpacked.
    """
    from PIL import Image  # imported here: few processes ever see a picture

    if len(content) > LIMIT:
        raise PictureProblem("large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as found:
                _judge(found.width, found.height)
                return _anew(found)
    except PictureProblem:
        raise
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError, MemoryError):
        raise PictureProblem("kind") from None


def _judge(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise PictureProblem("pixels")
    if min(width, height) < LEAST_SIDE:
        raise PictureProblem("small")


def _anew(found: "Image.Image") -> Picture:
    from PIL import Image  # imported here: as above

    whole = found.convert("RGBA")
    whole.thumbnail(KEPT)
    flat = Image.new("RGB", whole.size, "white")
    flat.paste(whole, mask=whole.getchannel("A"))
    target = io.BytesIO()
    flat.save(target, "PNG", optimize=True)
    return Picture(flat.width, flat.height, target.getvalue())
