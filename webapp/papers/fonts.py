"""The letters of papers: Source Sans Pro, embedded, for what PDF readers bring along lacks the Hungarian ő and ű."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont

FAMILY = "Source Sans"
STYLES = {"": "Regular", "B": "Semibold"}
STAND_IN = "?"
"""What stands for a sign that the font has no picture of."""


def font_file(style: str) -> Path:
    """Return the file of a style; it is found without importing its package, which would want others."""
    spec = find_spec("font_source_sans_pro")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package font-source-sans-pro is not installed")
    return Path(spec.origin).parent / "files" / f"SourceSansPro-{STYLES[style]}.ttf"


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    with TTFont(font_file(""), lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> str:
    """Return a text in which every sign has a picture: spaces for what breaks lines, `?` for what is unknown."""
    known = _signs()
    plain = (" " if sign.isspace() or not sign.isprintable() else sign for sign in text)
    return "".join(sign if ord(sign) in known else STAND_IN for sign in plain)
