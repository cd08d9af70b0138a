"""Webhooks: managed by administrators, queued in the transaction of their event, delivered at least once."""

from webapp.services.webhooks.delivering import deliver
from webapp.services.webhooks.managing import NewWebhook, WebhookProblem, add, remove, resend
from webapp.services.webhooks.sweeping import prune, sweep

__all__ = ["NewWebhook", "WebhookProblem", "add", "deliver", "prune", "remove", "resend", "sweep"]
