"""Sending to the books, exactly once: ask, claim, send, record, look up, recover.

The database decides who sends an invoice; the queue only wakes somebody up.
"""

from webapp.services.sending.asking import SendError, ask, queue_automatically, retry
from webapp.services.sending.cancelling import cancel
from webapp.services.sending.verdicts import settle_draft

__all__ = ["SendError", "ask", "cancel", "queue_automatically", "retry", "settle_draft"]
