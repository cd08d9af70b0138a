"""The catalogues: every text of the product in Dutch and Hungarian, and Dutch in one voice."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

pytestmark = pytest.mark.pure
ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


@cache
def texts() -> frozenset[str]:
    """Every text that the product gives to gettext; of a plural its singular."""
    found = set()
    for folder, methods in (("webapp", [("**.py", "python")]), ("templates", [("**.html", "jinja2")])):
        for _file, _line, said, _comments, _context in extract_from_dir(
            ROOT / folder, method_map=methods, keywords=KEYWORDS, options_map={"**.html": {"silent": "false"}}
        ):
            found.add(said[0] if isinstance(said, tuple) else said)
    return frozenset(found)


def translations(language: str) -> Iterator[tuple[str, str, str]]:
    """Fragment, English and translation (of a plural each form) of everything a language has."""
    for path in sorted((ROOT / "webapp/translations" / language).glob("*.po")):
        with path.open("rb") as file:
            for one in read_po(file):
                if one.id:
                    english = one.id[0] if isinstance(one.id, tuple) else one.id
                    for said in one.string if isinstance(one.string, tuple) else (one.string,):
                        yield path.name, english, said


@pytest.mark.parametrize("language", ["nl", "hu"])
def test_every_text_is_translated(language: str) -> None:
    there = {english for _, english, said in translations(language) if said}
    assert texts() - there == set()


def test_dutch_says_u_and_never_je() -> None:
    familiar = re.compile(r"\b(?:je|jij|jou|jouw|jezelf|jullie)\b", re.IGNORECASE)
    assert [one for one in translations("nl") if familiar.search(one[2])] == []
