"""Draw an invoice, a credit note or a pro forma as a PDF."""

from collections.abc import Callable, Sequence
from datetime import datetime

import flask_babel

from webapp.papers.facts import InvoicePaper, PaperKind, PaperLine
from webapp.papers.letterhead import draw_head
from webapp.papers.letters import title_of
from webapp.papers.page import INK, LEFT, MUTED, RIGHT, WIDTH, Sheet
from webapp.papers.paying import draw_payment
from webapp.papers.words import VAT_NOTES, day, figures, language, money, number, rate

_: Callable[..., str] = flask_babel.gettext

_GAP = 6.0
_TEXT = 9.5


def draw_invoice(paper: InvoicePaper, *, made_at: datetime) -> bytes:
    """Return the PDF, in the language that is set; `made_at` is the moment that the file carries."""
    sheet = Sheet(title=title_of(paper), author=paper.seller.party.name, language=language(), made_at=made_at)
    y = draw_head(sheet, paper.seller, paper.buyer, _facts(paper))
    sheet.put(LEFT, y, title_of(paper), size=20, bold=True)
    y += 11
    if paper.kind is PaperKind.PRO_FORMA:
        words = _("This is not an invoice: it has no number, and nothing has to be paid yet.")
        y = sheet.paragraph(LEFT, y, words, width=WIDTH, color=MUTED) + 1.5
    if paper.subject:
        y = sheet.paragraph(LEFT, y, paper.subject, width=WIDTH, size=10.5)
    y = _Table(sheet, paper).draw(y + 4)
    y = _sums(sheet, paper, y + 4)
    if paper.remarks:
        y = sheet.paragraph(LEFT, y + 4, paper.remarks, width=WIDTH)
    draw_payment(sheet, paper, y + 7)
    return sheet.made()


def _facts(paper: InvoicePaper) -> list[tuple[str, str]]:
    pairs = [
        (_("Invoice number"), paper.number if paper.kind is PaperKind.INVOICE else ""),
        (_("Number"), paper.number if paper.kind is PaperKind.CREDIT_NOTE else ""),
        (_("Date"), day(paper.issue_date)),
        (_("Concerns invoice"), paper.credited_number),
        (_("Due date"), day(paper.due_date) if paper.due_date and paper.kind is PaperKind.INVOICE else ""),
        (_("Your order"), paper.purchase_order),
        (_("Contact code"), paper.contact_code),
        (_("Attn."), paper.contact_person),
        (_("Your VAT number"), paper.buyer.vat_number),
    ]
    return [(label, value) for label, value in pairs if value]


class _Table:
    """The lines of an invoice; its head comes again on every page."""

    def __init__(self, sheet: Sheet, paper: InvoicePaper) -> None:
        self.sheet, self.paper = sheet, paper
        self.heads = (
            _("Description"),
            _("Quantity"),
            _("Price incl. VAT") if paper.prices_include_vat else _("Price"),
            _("VAT"),
            _("Amount incl. VAT") if paper.prices_include_vat else _("Amount"),
        )
        rows = [self._cells(line) for line in paper.lines]
        self.widths = self._widths(rows)

    def _cells(self, line: PaperLine) -> tuple[str, ...]:
        return (
            number(line.quantity),
            figures(line.unit_price),
            rate(line.vat_type, line.vat_rate),
            figures(line.amount),
        )

    def _widths(self, rows: Sequence[tuple[str, ...]]) -> tuple[float, ...]:
        """Give each column of figures what its widest one takes, and the description the rest."""
        widths = []
        for column, head in enumerate(self.heads[1:]):
            self.sheet.put(LEFT, -20, "", size=_TEXT)
            texts = [head, *(row[column] for row in rows)]
            widths.append(max(self.sheet.get_string_width(text) for text in texts) + _GAP)
        return (max(WIDTH - sum(widths), 40.0), *widths)

    def draw(self, y: float) -> float:
        """Draw head and lines; returns where the table ends."""
        self.sheet.on_new_page = lambda: self.sheet.set_y(self._head(20.0))
        y = self._head(y)
        for line in self.paper.lines:
            y = self._line(line, y)
        self.sheet.on_new_page = None
        return y

    def _head(self, y: float) -> float:
        self._figures(self.heads[1:], y, size=8.5, color=MUTED)
        self.sheet.put(LEFT, y, self.heads[0], size=8.5, color=MUTED)
        self.sheet.rule(y + 5, color=INK)
        return y + 6.5

    def _line(self, line: PaperLine, y: float) -> float:
        width = self.widths[0] - 2
        texts = self.sheet.wrapped(line.description or "–", width, size=_TEXT)
        small = self.sheet.wrapped(line.remarks, width, size=8.5)
        y = self.sheet.room(y, 4.6 * min(len(texts), 3) + 2)
        self._figures(self._cells(line), y)
        for text in texts:
            y = self.sheet.room(y, 4.6)
            self.sheet.put(LEFT, y, text, size=_TEXT, width=width + 2)
            y += 4.6
        for text in small:
            y = self.sheet.room(y, 4.2)
            self.sheet.put(LEFT, y, text, size=8.5, color=MUTED, width=width + 2)
            y += 4.2
        self.sheet.rule(y + 0.9)
        return y + 2.4

    def _figures(
        self, cells: Sequence[str], y: float, *, size: float = _TEXT, color: tuple[int, int, int] = INK
    ) -> None:
        x = LEFT + self.widths[0]
        for width, text in zip(self.widths[1:], cells, strict=True):
            self.sheet.put(x, y, text, size=size, color=color, width=width, align="R")
            x += width


def _sums(sheet: Sheet, paper: InvoicePaper, y: float) -> float:
    """Draw the VAT per rate on the left, and the totals on the right."""
    totals = _totals(paper)
    height = max(len(paper.vat) * 4.6 + 7, len(totals) * 5.2) + 2
    y = sheet.room(y, height)
    return max(_vat_rows(sheet, paper, y), _total_rows(sheet, totals, y))


def _vat_rows(sheet: Sheet, paper: InvoicePaper, y: float) -> float:
    columns = ((LEFT, 22.0, "L"), (LEFT + 22, 28.0, "R"), (LEFT + 50, 28.0, "R"))
    for (x, width, align), text in zip(columns, (_("VAT"), _("Over"), _("Amount")), strict=True):
        sheet.put(x, y, text, size=8.5, color=MUTED, width=width, align=align)
    y += 5
    for row in paper.vat:
        cells = (rate(row.vat_type, row.rate), figures(row.net), figures(row.vat))
        for (x, width, align), text in zip(columns, cells, strict=True):
            sheet.put(x, y, text, size=9, width=width, align=align)
        y += 4.6
    notes = {str(VAT_NOTES[row.vat_type]) % {} for row in paper.vat if row.vat_type in VAT_NOTES}
    for note in sorted(notes):
        y = sheet.paragraph(LEFT, y + 0.6, note, width=78, size=8.5, color=MUTED)
    return y


def _totals(paper: InvoicePaper) -> list[tuple[str, str, bool]]:
    rows = [(_("Total excluding VAT"), paper.net, False), (_("VAT"), paper.vat_total, False)]
    rows.append((_("Total"), paper.gross, True))
    if paper.received:
        rows.append((_("Settled already"), -paper.received, False))
    if paper.due is not None and paper.received:
        rows.append((_("To be paid"), paper.due, True))
    return [(label, money(amount, paper.currency), strong) for label, amount, strong in rows]


def _total_rows(sheet: Sheet, rows: Sequence[tuple[str, str, bool]], y: float) -> float:
    x = 108.0
    for label, amount, strong in rows:
        if strong:
            sheet.rule(y, x=x)
            y += 1
        sheet.put(x, y, label, size=10.5 if strong else _TEXT, bold=strong, width=42)
        sheet.put(x + 34, y, amount, size=10.5 if strong else _TEXT, bold=strong, width=RIGHT - x - 34, align="R")
        y += 5.6
    return y
