"""The stream's address: who may open it, and from where it goes on."""

import re

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from webapp.api.stream.caller import calling
from webapp.api.stream.handover import Stream
from webapp.api.stream.switchboard import switchboard
from webapp.queries import stream
from webapp.store.session import release
from webapp.web.policy import PUBLIC, allow

blueprint = Blueprint("stream", __name__, url_prefix="/api/sales/sse")

RETRY = 10
"""Seconds after which one may ask again when this process holds all the streams it can."""


@blueprint.get("/invoices/")
@allow(PUBLIC)
def invoices() -> Response:
    """Answer with the events of the caller's organisation, from now on or after the `Last-Event-ID`.

    Public for the gate of the pages: who calls is asked here, and answered in the words of the API.
    """
    caller = calling()
    if caller is None:
        return _refused(401, "Invalid API key")
    text = request.headers.get("Last-Event-ID", "").strip()
    if text and not re.fullmatch(r"[0-9]{1,18}", text):
        return _refused(400, "Last-Event-ID must be the id of an event of this stream.")
    kept = stream.bounds(caller.organisation_id)
    release()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if not switchboard(app).has_room(caller.organisation_id):
        answer = _refused(503, "Too many streams are open; try again in a moment.")
        answer.headers["Retry-After"] = str(RETRY)
        return answer
    after = int(text) if text else kept.last
    if after > kept.last:  # an id of another database: begin with what there is, and say so
        after = -1
    return Stream(app, organisation_id=caller.organisation_id, opened_by=caller.opened_by, after=after, known=kept.last)


def _refused(status: int, message: str) -> Response:
    answer = jsonify(success=False, message=message)
    answer.status_code = status
    return answer
