"""Jobs of sending: send a run, look unknown outcomes up."""

from webapp.services.sending import resolving, working


def send(run_id: int) -> None:
    """Send what is queued of a run."""
    working.work(run_id)


def resolve(connection_id: int) -> None:
    """Look up the unknown outcomes of a connection."""
    resolving.resolve(connection_id)
