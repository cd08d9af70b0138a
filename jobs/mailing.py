"""Jobs of e-mail: send one."""

from webapp.services import mails


def send(mail_id: int) -> None:
    """Send an e-mail that is queued."""
    mails.send(mail_id)
