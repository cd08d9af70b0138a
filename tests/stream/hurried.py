"""The product for a web server, in a hurry to see who may no longer read: every half second and not every five."""

from webapp.api.stream import looker

if not hasattr(looker, "CHECKED"):
    raise AttributeError("looker.CHECKED is not there to be hurried")
looker.CHECKED = 0.5

from wsgi import app  # noqa: E402, F401  what it starts reads the pause
