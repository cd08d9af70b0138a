"""Jobs of the books' own lists: the VAT codes and ledger accounts of one administration."""

from webapp.services import vat_codes


def read(connection_id: int) -> None:
    """Read the lists of a connection's administration, unless today's are there."""
    vat_codes.read(connection_id)
