"""How to pay: amount, day, account and reference, and the QR code that says the same to the app of a bank."""

from collections.abc import Callable

import flask_babel

from webapp.domain.epc import epc_payload
from webapp.papers.facts import InvoicePaper
from webapp.papers.page import LEFT, LINE, MUTED, WIDTH, Sheet
from webapp.papers.words import day, iban_in_groups, money

_: Callable[..., str] = flask_babel.gettext

QR_SIZE = 30.0
HEIGHT = QR_SIZE + 6


def draw_payment(sheet: Sheet, paper: InvoicePaper, y: float) -> float:
    """Draw the box about paying, where something is to be paid by transfer; returns where it ends."""
    if paper.payment:
        return sheet.paragraph(LEFT, y, paper.payment, width=WIDTH)
    if paper.due is None or paper.due <= 0 or not paper.seller.iban:
        return y
    y = sheet.room(y, HEIGHT)
    sheet.set_draw_color(*LINE)
    sheet.set_line_width(0.2)
    sheet.rect(LEFT, y, WIDTH, HEIGHT)
    has_code = paper.currency == "EUR" and sheet.draw_qr(payload_of(paper), x=LEFT + 3, y=y + 3, size=QR_SIZE)
    x = LEFT + (QR_SIZE + 8 if has_code else 5)
    below = 1.5 + sheet.paragraph(x, y + 4, _sentence(paper), width=LEFT + WIDTH - x - 5, size=10)
    for label, value in _rows(paper):
        below += 1.1
        sheet.put(x, below, label, size=9, color=MUTED, width=34)
        sheet.put(x + 34, below, value, size=9, bold=True, width=LEFT + WIDTH - x - 38)
        below += 4.2
    if has_code:
        sheet.put(x, y + HEIGHT - 6, _("Or scan the code with the app of your bank."), size=8.5, color=MUTED, width=100)
    return y + HEIGHT


def payload_of(paper: InvoicePaper) -> str:
    """Return the text of the payment code of an invoice in euros."""
    return epc_payload(
        name=paper.seller.party.name,
        iban=paper.seller.iban,
        bic=paper.seller.bic,
        amount=paper.due or paper.gross,
        reference=paper.payment_reference or paper.number,
    )


def _sentence(paper: InvoicePaper) -> str:
    amount = money(paper.due or paper.gross, paper.currency)
    if paper.due_date:
        return _("Please transfer %(amount)s by %(day)s.", amount=amount, day=day(paper.due_date))
    return _("Please transfer %(amount)s.", amount=amount)


def _rows(paper: InvoicePaper) -> list[tuple[str, str]]:
    rows = [(_("IBAN"), iban_in_groups(paper.seller.iban)), (_("In the name of"), paper.seller.party.name)]
    return [*rows, (_("With reference"), paper.payment_reference or paper.number)]
