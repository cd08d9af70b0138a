"""The demo's Billingo: a connection with the sandbox's smaller account, and what is fetched from it."""

from urllib.parse import urlsplit

from flask import current_app

from webapp.commands.demo_sandbox import sandbox_answers
from webapp.sandbox.billingo.opening import OTHER_KEY
from webapp.services import connections, fetching, sources
from webapp.services.actors import Actor

HERE = ("127.0.0.1", "localhost", "::1")


def connect(admin: Actor) -> None:
    """Set up the connection and fetch once; nothing at all where no sandbox of this machine answers."""
    address = str(current_app.extensions["koppel"].billingo_url)
    if urlsplit(address).hostname not in HERE or not sandbox_answers(address.removesuffix("/v3")):
        return
    made = sources.add(admin, name="Billingo", key=OTHER_KEY)
    connections.test(admin, made)
    for run_id in fetching.ask(admin, made):
        fetching.fetch(run_id)
