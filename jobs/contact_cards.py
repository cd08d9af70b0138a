"""Jobs of the books' address book: the card that an invoice to one contact would find."""

from webapp.services import contact_cards


def read(connection_id: int, contact_id: int) -> None:
    """Look for a contact's card, unless it was looked for today."""
    contact_cards.read(connection_id, contact_id)
