"""What machines ask: is it alive, can it work, and how much is there to do."""

import hmac

from flask import Blueprint, Response, abort, current_app, jsonify, request

from webapp.gates import limiter
from webapp.queries import health
from webapp.queries.metrics import exposition
from webapp.web.policy import allow

blueprint = Blueprint("health", __name__)
limiter.exempt(blueprint)

_LOOPBACK = ("127.0.0.1", "::1")


@blueprint.get("/healthz")
@allow("public")
def alive() -> Response:
    """Answer: the process serves requests; asks nobody else."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@allow("public")
def ready() -> tuple[Response, int]:
    """Answer 200 when database, migrations and Redis are there, else 503 with the part that is not."""
    parts = health.parts()
    good = all(state == "ok" for state in parts.values())
    return jsonify(status="ok" if good else "unavailable", parts=parts), 200 if good else 503


@blueprint.get("/metrics")
@allow("public")
def metrics() -> Response:
    """Answer Prometheus; for this machine, and for whoever has METRICS_TOKEN. To others it does not exist."""
    if not _may_measure():
        abort(404)
    text = exposition()
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_measure() -> bool:
    settings = current_app.extensions["koppel"]
    token = settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # A proxy on this machine also comes from loopback, with the public's requests.
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    return request.remote_addr in _LOOPBACK and not forwarded
