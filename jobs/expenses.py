"""Jobs of expense claims: file the receipts of a run in the archive."""

from webapp.services import expenses


def send(run_id: int) -> None:
    """File what is due of a run."""
    expenses.upload(run_id)
