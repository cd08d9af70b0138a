"""Build hook: puts htmx, the icon sprite and the compiled catalogues where the application serves them from.

Hatchling calls it for wheels and editable installs; ``python hatch_build.py`` does the same by hand.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LANGUAGES = ("nl", "hu")  # English is the source text and needs no catalogue

SCRIPTS = {  # name in the django-htmx wheel -> name in static/vendor
    "htmx-2.min.js": "htmx.min.js",
    "ext/hx-sse-2.min.js": "htmx-sse.min.js",
}

ICON_NAMES = """
archive arrow-clockwise arrow-counterclockwise arrow-down-short arrow-left arrow-left-right arrow-repeat broadcast
arrow-return-left arrow-right arrow-up-short bank bar-chart bell bookmark box-arrow-right box-arrow-up-right building
calendar3 cash-coin check-circle check-circle-fill check-lg check2-all check2-square chevron-down chevron-left
chevron-right chevron-up circle circle-half clipboard clock cloud-upload code-slash copy credit-card currency-euro
dash-circle download envelope eraser exclamation-circle exclamation-triangle exclamation-triangle-fill eye
file-earmark-arrow-up file-earmark-pdf file-earmark-plus file-earmark-text folder2-open funnel gear graph-up
hourglass-split inbox info-circle journal-text key layout-three-columns lightbulb lightning-charge link-45deg list
list-ul lock magic moon paperclip pause-circle pencil people percent person person-circle play-circle plug plus-lg
question-circle receipt reply search send shield-check slash-circle sliders speedometer2 star stop-circle sun
three-dots three-dots-vertical translate trash upload wallet2 x-circle x-circle-fill x-lg
box clipboard-check
"""

NOTICE = "<!-- Bootstrap Icons, copyright The Bootstrap Authors, MIT licence -->"
SYMBOL = re.compile(r"<symbol\b[^>]*\bid=\"([^\"]+)\".*?</symbol>", re.DOTALL)


class BuildError(Exception):
    """The build cannot go on; the message names the file and what to put right."""


def build(root: Path) -> list[Path]:
    """Make every generated file below ``root``, the repository; returns what was written."""
    written = [*copy_scripts(root / "static/vendor"), write_sprite(root / "static/vendor/icons.svg")]
    return written + [compile_catalogue(root / "webapp/translations" / language) for language in LANGUAGES]


def copy_scripts(target: Path) -> list[Path]:
    """Copy htmx 2 and its server-sent-events extension out of the django-htmx wheel."""
    source = _package("django_htmx") / "static/django_htmx"
    return [_write(target / ours, (source / theirs).read_bytes()) for theirs, ours in SCRIPTS.items()]


def write_sprite(target: Path) -> Path:
    """Write an SVG with one symbol per name in ICON_NAMES, taken from the sprite in the bootstrap-flask wheel."""
    source = _package("flask_bootstrap") / "static/bootstrap5/icons/bootstrap-icons.svg"
    names = ICON_NAMES.split()
    symbols = {found[1]: found[0] for found in SYMBOL.finditer(source.read_text(encoding="utf-8"))}
    if missing := [name for name in names if name not in symbols]:
        raise BuildError(f"{source.name} has no icon named {', '.join(missing)}: correct ICON_NAMES in hatch_build.py")
    body = "\n".join(re.sub(r' class="[^"]*"', "", symbols[name]) for name in names)
    sprite = f'{NOTICE}\n<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'
    return _write(target, sprite.encode())


def compile_catalogue(folder: Path) -> Path:
    """Merge the fragments ``folder/*.po`` of one language into ``LC_MESSAGES/messages.mo``.

    Raises BuildError for a fuzzy or empty translation, a wrong placeholder, and for a text that two fragments
    translate differently.
    """
    merged = Catalog(locale=folder.name, project="koppel", fuzzy=False)
    origin: dict[object, tuple[str, Message]] = {}
    for path in sorted(folder.glob("*.po")):
        for message in _translations(path):
            key = (message.context, message.id if isinstance(message.id, str) else message.id[0])
            name, first = origin.setdefault(key, (path.name, message))
            if first.string != message.string:
                raise BuildError(f"{folder.name}: {message.id!r} differs between {name} and {path.name}")
            merged.add(message.id, message.string, context=message.context)
    merged.mime_headers = [("Plural-Forms", "nplurals=2; plural=(n != 1);")]  # babel's own rule for hu has one form
    target = folder / "LC_MESSAGES/messages.mo"
    return _write(target, _mo_bytes(merged))


def _translations(path: Path) -> Iterator[Message]:
    """The messages of a fragment, each one complete; the first that is not stops the build."""
    where = f"{path.parent.name}/{path.name}"
    try:
        with path.open("rb") as handle:
            fragment = read_po(handle, abort_invalid=True)
    except PoFileError as error:
        raise BuildError(f"{where}: line {error.lineno}: {error}") from error
    for message in fragment:
        if not message.id:
            continue
        forms = [message.string] if isinstance(message.string, str) else list(message.string or [""])
        if message.fuzzy or not all(forms):
            raise BuildError(f"{where}: {message.id!r} is {'fuzzy' if message.fuzzy else 'not translated'}")
        if message.pluralizable and len(forms) != 2:
            raise BuildError(f"{where}: {message.id!r} needs two plural forms, has {len(forms)}")
        for problem in message.check(fragment):
            raise BuildError(f"{where}: {message.id!r}: {problem}")
        yield message


def _mo_bytes(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def _package(name: str) -> Path:
    """The folder of an installed package, found without importing it (django-htmx would pull in Django)."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise BuildError(f"the package {name} is needed to build: install the build requirements of pyproject.toml")
    return Path(spec.origin).parent


def _write(target: Path, content: bytes) -> Path:
    """Write by replacing, so that a server which reads at the same moment never sees half a file."""
    if target.exists() and target.read_bytes() == content:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(target)
    return target


class AssetsHook(BuildHookInterface[Any]):
    """Runs ``build`` before hatchling collects the files of a wheel or an editable install."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Make the generated files and tell hatchling to take them although git ignores them."""
        root = Path(self.root)
        build_data.setdefault("artifacts", []).extend(str(path.relative_to(root)) for path in build(root))


if __name__ == "__main__":
    try:
        for made in build(Path(__file__).resolve().parent):
            sys.stdout.write(f"{made}\n")
    except BuildError as error:
        sys.exit(f"hatch_build.py: {error}")
