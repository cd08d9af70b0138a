"""Finds the card that Yuki would book an invoice on, in the order in which Yuki looks: by code, then by name.

Source: the vendor's article on the sales invoice fields. Its search holds a text anywhere, so what comes back is
compared here; letters are taken as equal in either case, as its address book takes them.
"""

from collections.abc import Iterator

from webapp.connectors.ports import ContactCard, NotUnderstood
from webapp.connectors.yuki.answers import Card
from webapp.connectors.yuki.client import YukiClient

PAGE = 100
"""Cards on a page of Yuki's."""
MOST_PAGES = 3


def find_card(client: YukiClient, session: str, domain_id: str, *, code: str, name: str) -> ContactCard | None:
    """Return the card that an invoice with this contact would find, None when Yuki would make a new one.

    A card of the same name that has another code is a `namesake`: one author saw that Yuki passes it over and
    makes a new contact, the article does not say so. Raises NotUnderstood when too many cards hold the text.
    """
    if code:
        for card in _cards(client, session, domain_id, option="Code", value=code):
            if _same(card.code, code):
                return _found(card, "code")
    named = [card for card in _cards(client, session, domain_id, option="Name", value=name) if _same(card.name, name)]
    for card in named:
        if not card.code or _same(card.code, code):
            return _found(card, "name")
    return _found(named[0], "namesake") if named else None


def _cards(client: YukiClient, session: str, domain_id: str, *, option: str, value: str) -> Iterator[Card]:
    for page in range(1, MOST_PAGES + 1):
        cards = client.search_contacts(session, domain_id, option=option, value=value, page=page)
        yield from cards
        if len(cards) < PAGE:
            return
    raise NotUnderstood(f"more than {MOST_PAGES * PAGE} contacts hold this {option.lower()}")


def _found(card: Card, by: str) -> ContactCard:
    return ContactCard(remote_id=card.id, by=by, code=card.code, name=card.name, fields=card.fields)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
