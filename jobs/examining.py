"""Jobs that examine many invoices at once, before they are sent."""

from webapp.services import examining


def examine(examination_id: int) -> None:
    """Go on with an examination for as long as one job may take."""
    examining.work(examination_id)
