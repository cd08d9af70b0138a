"""The pages of connections: the cards, one connection, and the wizard that sets one up."""

from webapp.web.connections import pages, sources, wizard
from webapp.web.connections.blueprint import blueprint

__all__ = ["blueprint", "pages", "sources", "wizard"]
