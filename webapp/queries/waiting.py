"""Why what is queued for the books does not move: its connection is paused, rests for the quota, or gets no answer."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.queries.checks import pause_of
from webapp.queries.connections import state_of
from webapp.queries.failures import Explanation, explain
from webapp.store.connections import Connection

BY_HAND = ("person", "")
KEPT = _l(
    "It waits here. Nothing is lost and nothing is sent twice: it goes on by itself as soon as the connection works "
    "again."
)
LOOKED_UP = _l(
    "It may be in Yuki. As soon as the connection works again it is looked up there by itself, and only sent again "
    "once it is proved absent."
)


def explain_waiting(connection: Connection, *, unknown: bool = False) -> Explanation | None:
    """Say what holds up an invoice of this connection, what that means for it and what ends it; None when nothing does.

    `unknown`: it was sent without an answer, so that it waits to be looked up.
    """
    state = state_of(connection, clock.now())
    if state == "paused":
        return _paused(connection, unknown=unknown)
    failure = {"resting": Failure.QUOTA, "broken": Failure.NETWORK}.get(state)
    if failure is None:
        return None
    words = explain(failure, {"provider": connection.provider})
    return Explanation(words.cause, _kept(unknown=unknown), words.next_step, words.label)


def _paused(connection: Connection, *, unknown: bool) -> Explanation:
    pause = pause_of(connection)
    by_hand = connection.pause_reason in BY_HAND
    cause = _("A person paused the connection %(name)s.", name=connection.name) if by_hand else pause.cause
    next_step = _("An administrator resumes the connection.") if by_hand else pause.next_step
    return Explanation(cause, _kept(unknown=unknown), next_step, explain("skipped", {"reason": "paused"}).label)


def _kept(*, unknown: bool) -> str:
    return str(LOOKED_UP if unknown else KEPT)
