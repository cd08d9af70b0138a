"""Jobs of payments: process those of one administration, and what follows from that."""

from webapp.services import afterwards, payments


def process(run_id: int) -> None:
    """Do a payment run."""
    payments.process(run_id)


def follow_up(run_id: int) -> None:
    """Find the days of what a payment run brought, and match what can be matched by itself."""
    afterwards.follow_up(run_id)
