"""Jobs of the books' own lists: the VAT codes and ledger accounts of one administration."""

from webapp.domain.runs import Trigger
from webapp.services import vat_codes


def read(connection_id: int) -> None:
    """Read the lists of a connection's administration because a person asked, unless today's are there."""
    vat_codes.read(connection_id)


def read_by_itself(connection_id: int) -> None:
    """Read them because a new day began for the books."""
    vat_codes.read(connection_id, kind=Trigger.AUTOMATIC)
