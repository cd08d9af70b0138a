"""Jobs of exports: make one file."""

from webapp.queries.listings.files import pieces
from webapp.services import exporting


def make(export_id: int) -> None:
    """Make the file of a list that was too large to be handed out at once."""
    exporting.work(export_id, pieces)
