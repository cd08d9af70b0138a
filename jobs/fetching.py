"""Jobs of fetching: read the invoices of one connection."""

from webapp.services import fetching


def fetch(run_id: int) -> None:
    """Do a fetch run."""
    fetching.fetch(run_id)
