"""Jobs of webhooks: deliver what is due to one."""

from webapp.services import webhooks


def deliver(webhook_id: int) -> None:
    """Deliver the events that are due to a webhook."""
    webhooks.deliver(webhook_id)
