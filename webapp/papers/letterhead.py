"""The head of every paper: logo, sender, the address where a window envelope shows it, and the facts beside it."""

from collections.abc import Callable, Sequence

import flask_babel

from webapp.papers.facts import Party, Seller
from webapp.papers.page import LEFT, MUTED, Sheet
from webapp.papers.words import country_name, iban_in_groups

_: Callable[..., str] = flask_babel.gettext

WINDOW_TOP = 50.0
"""Millimetres from the top, as DIN 5008 (form B) and NEN 1026 leave room for the window."""

FACTS_LEFT, FACTS_WIDTH = 122.0, 68.0
LABEL_WIDTH = 31.0
BELOW = 96.0
"""Where what the paper is about begins."""


def draw_head(sheet: Sheet, seller: Seller, buyer: Party, facts: Sequence[tuple[str, str]]) -> float:
    """Draw the head of the first page; returns where the rest may begin."""
    sheet.footer_lines = footer_of(seller)
    _sender(sheet, seller)
    _window(sheet, seller.party, buyer)
    y = WINDOW_TOP + 2
    for label, value in facts:
        sheet.put(FACTS_LEFT, y, label, size=9, color=MUTED, width=LABEL_WIDTH)
        for line in sheet.wrapped(value, FACTS_WIDTH - LABEL_WIDTH, size=9)[:2]:
            sheet.put(FACTS_LEFT + LABEL_WIDTH, y, line, size=9, width=FACTS_WIDTH - LABEL_WIDTH)
            y += 4.9
    return max(BELOW, y + 4)


def _sender(sheet: Sheet, seller: Seller) -> None:
    if seller.logo:
        sheet.draw_logo(seller.logo, x=LEFT, y=12, width=70, height=24)
    else:
        sheet.put(LEFT, 16, seller.party.name, size=17, bold=True, width=95)
    lines = [*address_lines(seller.party), seller.phone, seller.email, seller.website]
    sheet.put(FACTS_LEFT, 13, seller.party.name, size=9, bold=True, width=FACTS_WIDTH)
    for row, text in enumerate([one for one in lines if one][:7]):
        sheet.put(FACTS_LEFT, 17.4 + 4.2 * row, text, size=8.5, color=MUTED, width=FACTS_WIDTH)


def _window(sheet: Sheet, seller: Party, buyer: Party) -> None:
    back = " · ".join([seller.name, *address_lines(seller)])
    sheet.put(LEFT, WINDOW_TOP - 4, back, size=6.5, color=MUTED, width=85)
    abroad = [country_name(buyer.country)] if buyer.country and buyer.country != seller.country else []
    lines = [*sheet.wrapped(buyer.name, 85, size=10.5)[:2], *address_lines(buyer), *abroad]
    for row, text in enumerate(lines[:7]):
        sheet.put(LEFT, WINDOW_TOP + 2 + 5 * row, text, size=10.5, width=85)


def address_lines(party: Party) -> list[str]:
    """Return the lines of an address without its country."""
    # Dutch post asks for two spaces between code and town.
    town = ("  " if party.country == "NL" else " ").join(one for one in (party.zipcode, party.city) if one)
    return [one for one in (*party.street, town) if one]


def footer_of(seller: Seller) -> tuple[str, ...]:
    """Return what stands at the foot of each page: who this is by law, and his bank account."""
    party = seller.party
    first = [party.name]
    if party.coc_number:
        first.append(_("CoC %(number)s", number=party.coc_number))
    if party.vat_number:
        first.append(_("VAT number %(number)s", number=party.vat_number))
    second = [f"IBAN {iban_in_groups(seller.iban)}"] if seller.iban else []
    second += [f"BIC {seller.bic}"] if seller.bic else []
    return (" · ".join(first), " · ".join(second))
