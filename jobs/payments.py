"""Jobs of payments: process the payments of one administration."""

from webapp.services import payments


def process(run_id: int) -> None:
    """Do a payment run."""
    payments.process(run_id)
