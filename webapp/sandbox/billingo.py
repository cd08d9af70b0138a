"""The place of Billingo's sandbox: it answers on its port, and only says that it is still to come."""

from flask import Flask, Response

from webapp.sandbox.guard import guard


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    guard(app)

    @app.get("/")
    def index() -> Response:
        return Response("Billingo's sandbox comes later.\n", mimetype="text/plain")

    return app
