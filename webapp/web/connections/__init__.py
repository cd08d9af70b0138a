"""The pages of connections: the cards, one connection, and the wizard that sets one up."""

from webapp.web.connections import pages, set_aside, sources, wizard
from webapp.web.connections.blueprint import blueprint

__all__ = ["blueprint", "pages", "set_aside", "sources", "wizard"]
