"""A sheet of A4 to write on: its fonts, its footer with page numbers, and the ways to put words down. Millimetres."""

import io
from collections.abc import Callable, Sequence
from datetime import datetime

import flask_babel
from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, XPos, YPos

from webapp.papers.fonts import FAMILY, STYLES, font_file, printable
from webapp.papers.qr import qr_rows

_: Callable[..., str] = flask_babel.gettext

LEFT, RIGHT, WIDTH, BOTTOM = 20.0, 190.0, 170.0, 24.0
INK, MUTED, LINE = (27, 31, 36), (91, 102, 117), (205, 211, 219)
PAGES = "\ue000" * 4
"""Stands for the number of pages until it is known; no text can hold it, for `printable` takes it out."""

STANDARD = "PDF/A-3U"
"""For archives: everything embedded, every text to be copied out again."""


class Sheet(FPDF):
    """A document of A4 pages; `footer_lines` stand at the foot of each."""

    def __init__(self, *, title: str, author: str, language: str, made_at: datetime) -> None:
        super().__init__(unit="mm", format="A4", enforce_compliance=STANDARD)
        self.footer_lines: tuple[str, ...] = ()
        self.on_new_page: Callable[[], None] | None = None
        for style in STYLES:
            self.add_font(FAMILY, style, str(font_file(style)))
        self.set_title(printable(title))
        self.set_author(printable(author))
        self.set_lang(language)
        self.set_creator("Koppel")
        self.set_creation_date(made_at)
        self.alias_nb_pages(PAGES)
        self.set_margins(LEFT, 16, 210 - RIGHT)
        self.set_auto_page_break(False)
        self.c_margin = 0  # text stands where the lines under it begin and end
        self.add_page()

    def footer(self) -> None:
        """Write who sends this, and which page it is."""
        self.set_draw_color(*LINE)
        self.line(LEFT, 297 - 18, RIGHT, 297 - 18)
        for row, text in enumerate(self.footer_lines[:2]):
            self.put(LEFT, 297 - 16.5 + 4 * row, text, size=7.5, color=MUTED, width=WIDTH - 22)
        pages = _("Page %(page)s of %(pages)s", page=self.page_no(), pages=PAGES)
        self.set_font(FAMILY, "", 7.5)
        width = self.get_string_width(pages.replace(PAGES, "9" if self.page_no() < 10 else "99"))
        self._write(RIGHT - width, 297 - 16.5, pages, size=7.5, color=MUTED, width=width, align="L")

    def put(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9.5,
        bold: bool = False,
        color: tuple[int, int, int] = INK,
        width: float = WIDTH,
        align: str = "L",
    ) -> None:
        """Write one line at a place, cut with an ellipsis where it does not fit."""
        self.set_font(FAMILY, "B" if bold else "", size)
        self._write(
            x, y, self.fitting(printable(text), width), size=size, bold=bold, color=color, width=width, align=align
        )

    def _write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        width: float,
        color: tuple[int, int, int],
        align: str,
        bold: bool = False,
    ) -> None:
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(*color)
        self.set_xy(x, y)
        self.cell(width, size * 0.46, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.TOP)

    def fitting(self, text: str, width: float) -> str:
        """Return a text that fits on one line in the current font."""
        if self.get_string_width(text) <= width - 0.5:
            return text
        while text and self.get_string_width(text + "…") > width - 0.5:
            text = text[:-1]
        return text.rstrip() + "…"

    def wrapped(self, text: str, width: float, *, size: float, bold: bool = False) -> list[str]:
        """Return a text as the lines that it takes in a width; its own line breaks are kept."""
        self.set_font(FAMILY, "B" if bold else "", size)
        lines: list[str] = []
        for part in text.splitlines():
            plain = printable(part).strip()
            found = self.multi_cell(width, 4, plain, dry_run=True, output=MethodReturnValue.LINES, align=Align.L)
            lines += [str(line) for line in found] if plain and isinstance(found, list) else []
        return lines

    def paragraph(
        self, x: float, y: float, text: str, *, width: float, size: float = 9.5, color: tuple[int, int, int] = INK
    ) -> float:
        """Write a text over as many lines as it takes, on new pages where it must; returns where the next may begin."""
        step = size * 0.46
        for line in self.wrapped(text, width, size=size):
            y = self.room(y, step)
            self._write(x, y, line, size=size, color=color, width=width, align="L")
            y += step
        return y

    def room(self, y: float, height: float) -> float:
        """Return where something of a height goes: here, or at the top of a new page."""
        if y + height <= 297 - BOTTOM:
            return y
        self.add_page()
        if self.on_new_page is not None:
            self.on_new_page()
            return self.get_y()
        return 20.0

    def rule(self, y: float, *, x: float = LEFT, to: float = RIGHT, color: tuple[int, int, int] = LINE) -> None:
        """Draw a thin line across."""
        self.set_line_width(0.2)
        self.set_draw_color(*color)
        self.line(x, y, to, y)

    def draw_qr(self, payload: str, *, x: float, y: float, size: float) -> bool:
        """Draw a payment code; returns whether there is one."""
        rows = qr_rows(payload)
        if not rows:
            return False
        module = size / len(rows)
        self.set_fill_color(0, 0, 0)
        for line, row in enumerate(rows):
            for start, length in runs(row):
                # A hair wider than it is, so that no white line shows between two squares.
                self.rect(x + start * module, y + line * module, length * module, module + 0.01, style="F")
        return True

    def draw_logo(self, logo: bytes, *, x: float, y: float, width: float, height: float) -> None:
        """Draw a logo into a box, in its own proportions."""
        self.image(io.BytesIO(logo), x=x, y=y, w=width, h=height, keep_aspect_ratio=True)

    def made(self) -> bytes:
        """Return the bytes of the document."""
        return bytes(self.output())


def runs(row: Sequence[bool]) -> list[tuple[int, int]]:
    """Return where black begins in a row of squares, and for how long."""
    found: list[tuple[int, int]] = []
    for at, black in enumerate(row):
        if black and found and sum(found[-1]) == at:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif black:
            found.append((at, 1))
    return found
