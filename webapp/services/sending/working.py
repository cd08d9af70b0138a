"""The work of a send run: claim a batch, look up what must be, fix the bytes, call, record; until nothing is left."""

import time
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import bindparam, select

from webapp.connectors.ports import ConnectorError, NotUnderstood, Unavailable
from webapp.domain.deliveries import (
    Decision,
    SentInvoice,
    Verdict,
    plan_answers,
    split_batches,
)
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.services import notices, outbox, runs, troubles
from webapp.services.documents import Problem
from webapp.services.gateways import OpenGateway, open_gateway
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.services.sending import resolving
from webapp.services.sending.cancelling import cancel_rest
from webapp.services.sending.claiming import Claim, Superseded, check_held, claim_batch, is_due, kept_alive
from webapp.services.sending.locking import lock_deliveries
from webapp.services.sending.preparing import Prepared, fix, prepare
from webapp.services.sending.recording import Mark, write
from webapp.services.sending.setbacks import call_failed, requeue
from webapp.services.sending.steps import reached
from webapp.store.connections import Connection
from webapp.store.session import direct, transaction
from webapp.store.types import table_of

_CONNECTIONS = table_of(Connection)
_STAND = select(_CONNECTIONS.c.state, _CONNECTIONS.c.pause_reason).where(_CONNECTIONS.c.id == bindparam("connection"))

MAX_BYTES = 4 * 1024 * 1024
"""Bytes of invoices in one call; beyond it Yuki's limit is not known."""

SHIFT = 240.0
"""Seconds after which a job hands the rest of its run to the next one: the queue's own limit would cut a call."""


def work(run_id: int) -> None:
    """Send what is queued of a run; safe to call at any time, by any number of workers at once."""
    opened: OpenGateway | None = None
    ends_at = time.monotonic() + SHIFT
    while (stand := _look_round(run_id)) is not None:
        connection_id, kind = stand
        opened = opened or _open(run_id, connection_id, kind)
        if opened is None:
            return
        reached("before_claim")
        claims = claim_batch(run_id)
        if not claims:  # others have them
            break
        reached("after_claim")
        with kept_alive(claims):
            go_on = _deliver(opened, claims)
        reached("stored")
        publish(run_id)
        if not go_on:
            return
        resolving.resolve(connection_id, opened=opened)
        if time.monotonic() >= ends_at:
            with transaction():
                outbox.enqueue(outbox.SEND, run_id)
            break
    publish(run_id)


def _look_round(run_id: int) -> tuple[int, Trigger] | None:
    """Before each batch: return the connection and on whose share its calls count, None when there is nothing to do.

    A run that was cancelled gives back what has not gone, one whose connection is paused waits, and one
    with nothing left ends.
    """
    with transaction():
        run = runs.start(run_id)
        if run is None or run.connection_id is None:
            return None
        connection = direct(_STAND, connection=run.connection_id).one()
        if run.cancel_requested_at is not None:
            cancel_rest(run)
        elif connection.state == "paused":
            runs.hold(run_id, connection.pause_reason or "paused")
            return None
        elif is_due(run_id):
            return run.connection_id, Trigger(run.trigger)
        runs.finish_if_done(run_id)
        return None


def _open(run_id: int, connection_id: int, kind: Trigger) -> OpenGateway | None:
    try:
        return open_gateway(connection_id, kind=kind, run_id=run_id)
    except CannotUnseal:
        _stop(run_id, connection_id, Unavailable(Failure.AUTH, "The stored key cannot be opened."))
    except ConnectorError as error:
        _wait(run_id, connection_id, error)
    return None


def _wait(run_id: int, connection_id: int, error: ConnectorError) -> None:
    """Nothing can leave now: say why, and come back when it is worth it."""
    with transaction() as session:
        runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
        connection = session.get_one(Connection, connection_id)
        now = clock.now()
        delay = float(getattr(error, "retry_after", None) or 30)
        if connection.rest_until is not None and connection.rest_until > now:
            delay = (connection.rest_until - now).total_seconds()
        outbox.enqueue(outbox.SEND, run_id, delay=delay)
    publish(run_id)


def _stop(run_id: int, connection_id: int, error: ConnectorError) -> None:
    """Nothing can leave until an admin did something: the connection pauses, and its resuming wakes the run."""
    with transaction():
        troubles.note_failure(connection_id, error, category=RunCategory.SEND_INVOICES, run_id=run_id)
        runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
    publish(run_id)


def _deliver(opened: OpenGateway, claims: Sequence[Claim]) -> bool:
    """Bring one batch as far as it goes; returns whether the next batch may follow."""
    unclear = [claim for claim in claims if claim.look_up_first]
    try:
        absent = resolving.look_up(opened, unclear)
    except ConnectorError as error:
        return call_failed(opened, claims, error, reading=True)
    sendable = [claim for claim in claims if not claim.look_up_first or claim.id in absent]
    prepared, refused = prepare(opened.gateway, sendable)
    if refused:
        _refuse(refused)
    sizes = [len(one.payload) for one in prepared]
    parts = split_batches(sizes, max_count=max(len(sizes), 1), max_bytes=MAX_BYTES)
    for position, part in enumerate(parts):
        if not _send(opened, [prepared[index] for index in part]):
            _give_back([prepared[index].claim for later in parts[position + 1 :] for index in later])
            return False
    return True


def _refuse(refused: Sequence[tuple[Claim, Problem]]) -> None:
    """Write what we do not let out, and why."""
    with transaction():
        lock_deliveries([claim.id for claim, _ in refused])
        for claim, problem in refused:
            write(
                [claim],
                Mark(
                    state="rejected",
                    outcome="failed",
                    event="yuki.rejected",
                    failure=problem.failure.value,
                    field=problem.field,
                    params={"failure": problem.failure.value, "field": problem.field, "here": True},
                ),
            )
        notices.recount(refused[0][0].connection_id)


def _send(opened: OpenGateway, batch: Sequence[Prepared]) -> bool:
    ours = fix(batch)
    if not ours:
        return True
    claims = [one.claim for one in ours]
    reached("request_out")
    opened.watch.guard = lambda: check_held(claims)
    try:
        answers = opened.gateway.send([one.payload for one in ours])
    except ConnectorError as error:
        return call_failed(opened, claims, error)
    except Superseded:
        _give_back(claims)
        return True
    finally:
        opened.watch.guard = None
    reached("answer_read")
    plan = plan_answers([SentInvoice(claim.id, claim.reference, claim.draft) for claim in claims], answers)
    if all(decision.verdict is Verdict.REQUEUE for decision in plan.decisions):
        # Not one of them is mentioned: sending on at once would turn in circles.
        return call_failed(opened, claims, NotUnderstood("The answer mentions none of the invoices."), unsure=True)
    with transaction():
        troubles.note_success(claims[0].connection_id)
        lock_deliveries([claim.id for claim in claims])
        for decision, group in _grouped(claims, plan.decisions):
            write(group, _mark(decision), exchange_id=opened.watch.last_exchange_id)
        reached("before_notice")
        notices.recount(claims[0].connection_id)
    return True


def _grouped(claims: Sequence[Claim], decisions: Sequence[Decision]) -> list[tuple[Decision, list[Claim]]]:
    """Put together what is written alike: most of a batch is."""
    by_id = {claim.id: claim for claim in claims}
    groups: dict[tuple[object, ...], tuple[Decision, list[Claim]]] = {}
    for decision in decisions:
        key = (decision.verdict, decision.failure, decision.remote_text)
        groups.setdefault(key, (decision, []))[1].append(by_id[decision.delivery_id])
    return list(groups.values())


def _mark(decision: Decision) -> Mark:
    failure = decision.failure.value if decision.failure else ""
    verdict = decision.verdict
    if verdict is Verdict.SENT:
        return Mark(state="sent", outcome="succeeded", event="yuki.invoice_processed", attempted=1)
    if verdict is Verdict.SENT_AS_DRAFT:
        return Mark(state="sent", outcome="succeeded", event="yuki.draft_ready", attempted=1)
    if verdict is Verdict.REJECTED:
        return Mark(
            state="rejected",
            outcome="failed",
            event="yuki.rejected",
            failure=failure,
            remote_text=decision.remote_text,
            params={"failure": failure, "remote_text": decision.remote_text},
            attempted=1,
        )
    if verdict is Verdict.REQUEUE:  # not mentioned: nothing is known of it, so it is looked up before it goes again
        return Mark(state="queued", outcome="pending", look_up_first=True, attempted=1)
    now = clock.now()
    draft = decision.failure is Failure.DRAFT_UNKNOWN
    settle = timedelta(seconds=current_app.extensions["koppel"].yuki_settle)
    return Mark(
        state="unknown",
        outcome="pending" if verdict is Verdict.LOOK_UP else "unknown",
        event="" if verdict is Verdict.LOOK_UP else "yuki.unknown",
        failure=failure or Failure.UNKNOWN_OUTCOME.value,
        remote_text=decision.remote_text,
        look_up_first=True,
        look_up_after=None if draft else (now if verdict is Verdict.LOOK_UP else now + settle),
        attempted=1,
        settles=verdict is not Verdict.LOOK_UP and not draft,
    )


def _give_back(claims: Sequence[Claim]) -> None:
    with transaction():
        requeue(claims)
