"""E-mails to customers: asked for by a person, sent by a job; never sent twice when nobody knows what became of one."""

from webapp.services.mails.asking import MailProblem, ask, ask_obstacle, state_obstacle
from webapp.services.mails.recording import settle
from webapp.services.mails.sweeping import sweep
from webapp.services.mails.working import send

__all__ = ["MailProblem", "ask", "ask_obstacle", "send", "settle", "state_obstacle", "sweep"]
