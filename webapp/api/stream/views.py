"""The stream's address: who may open it, and from where it goes on."""

import re

from flask import Blueprint, Flask, Response, current_app, request
from flask_login import current_user

from webapp.api.access import access, calling
from webapp.api.answers import Refusal
from webapp.api.describing import describe
from webapp.api.models import Failure
from webapp.api.stream.handover import Stream
from webapp.api.stream.readers import Pass
from webapp.api.stream.switchboard import switchboard
from webapp.queries import passes, stream
from webapp.services.accounts import token_hash
from webapp.store.session import release

blueprint = Blueprint("api_stream", __name__, url_prefix="/api/sales/sse")

RETRY = 10
"""Seconds after which one may ask again when this process holds all the streams it can."""


@blueprint.get("/invoices/", strict_slashes=False)
@access("viewer", scope="import", session=True, feature="import_api")
@describe(
    "Follow the invoices as they change (server-sent events)",
    answers={200: "text/event-stream", 400: Failure, 401: Failure, 403: Failure, 429: Failure, 503: Failure},
    headers={"Last-Event-ID": "The id of the last event that was read: the stream goes on after it."},
)
def invoices() -> Response:
    """Send `invoice_created`, `invoice_updated` and `invoice_review` events, each with the whole invoice.

    `invoice_created` tells of invoices that other systems bring in by this API, not of those that staff make by hand
    or from a file. `invoice_review` tells of any invoice that staff return, with their `review_reason`;
    `invoice_updated` of a correction by this API, and of one that staff make themselves after a review.

    Ids count up by one in each organisation, in the order in which the invoices changed. `: keep-alive` comes every ten
    seconds. After a break the stream goes on behind `Last-Event-ID`, without loss or repetition; when events behind it
    are no longer kept, a `reset` event says so first. The stream ends when the key or login that opened it does.
    """
    text = request.headers.get("Last-Event-ID", "").strip()
    if text and not re.fullmatch(r"[0-9]{1,18}", text):
        raise Refusal(400, "Last-Event-ID must be the id of an event of this stream.")
    organisation_id, opened_by = calling().organisation_id, _pass()
    kept = stream.bounds(organisation_id)
    release()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if not switchboard(app).has_room(organisation_id):
        raise Refusal(503, "Too many streams are open; try again in a moment.", headers={"Retry-After": str(RETRY)})
    after = int(text) if text else kept.last
    if after > kept.last:  # an id of another database: begin with what there is, and say so
        after = -1
    return Stream(app, organisation_id=organisation_id, opened_by=opened_by, after=after, known=kept.last)


def _pass() -> Pass:
    """Return what the caller came in with: the stream ends with it."""
    caller = calling()
    if caller.key_id is not None:
        return passes.KEY, str(caller.key_id)
    if request.headers.get("Authorization"):
        return passes.TOKEN, str(caller.user_id)
    return passes.LOGIN, token_hash(current_user.token)
