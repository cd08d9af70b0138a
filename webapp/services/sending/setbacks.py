"""Setbacks: a whole call failed, and what that means for its batch, its connection and its run."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app

from webapp.connectors.ports import ConnectorError
from webapp.domain.deliveries import CallVerdict, halve, plan_failure, retry_delay
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import notices, outbox, runs, troubles
from webapp.services.gateways import OpenGateway
from webapp.services.progress import publish
from webapp.services.sending.claiming import Claim
from webapp.services.sending.locking import lock_deliveries
from webapp.services.sending.recording import Mark, write
from webapp.store.session import transaction


def call_failed(
    opened: OpenGateway, claims: Sequence[Claim], error: ConnectorError, *, reading: bool = False, unsure: bool = False
) -> bool:
    """Write what a failed call means; returns whether the next batch of the run may follow.

    `reading`: it was a look-up, so that it says nothing about the invoices. `unsure`: something may have been
    booked, so that they are looked up before they go again.
    """
    verdict = plan_failure(error.failure, invoices=len(claims))
    if reading and verdict in {CallVerdict.LOOK_UP, CallVerdict.REJECT, CallVerdict.HALVE}:
        verdict = CallVerdict.RETRY
    exchange_id, connection_id = opened.watch.last_exchange_id, claims[0].connection_id
    with transaction():
        troubles.note_failure(connection_id, error, category=RunCategory.SEND_INVOICES, run_id=claims[0].run_id)
        if verdict is CallVerdict.LOOK_UP:
            _mark_unknown(claims, error, exchange_id)
        elif verdict is CallVerdict.REJECT:
            failure = error.failure.value
            words = {"failure": failure, "remote_text": error.remote_text}
            mark = Mark(
                "rejected", "failed", "yuki.rejected", failure, getattr(error, "field", ""), error.remote_text, words
            )
            write(claims, mark, exchange_id=exchange_id)
        elif verdict is CallVerdict.HALVE:
            smaller = len(halve(claims)[0])
            requeue(claims, batch_limit=smaller)
        else:
            _park(claims, error, verdict, unsure=unsure)
        notices.recount(connection_id)
    if verdict in {CallVerdict.LOOK_UP, CallVerdict.REJECT, CallVerdict.HALVE}:
        return True
    if claims[0].run_id is not None:
        publish(claims[0].run_id)
    return False


def _mark_unknown(claims: Sequence[Claim], error: ConnectorError, exchange_id: int | None) -> None:
    settle = timedelta(seconds=current_app.extensions["koppel"].yuki_settle)
    for draft in (False, True):
        group = [claim for claim in claims if claim.draft is draft]
        failure = Failure.DRAFT_UNKNOWN if draft else Failure.UNKNOWN_OUTCOME
        after = None if draft else clock.now() + settle
        mark = Mark(
            state="unknown",
            outcome="unknown",
            event="yuki.unknown",
            failure=failure.value,
            remote_text=error.remote_text,
            look_up_first=True,
            look_up_after=after,
            attempted=1,
            settles=not draft,
        )
        write(group, mark, exchange_id=exchange_id)
    if any(not claim.draft for claim in claims):
        outbox.enqueue(outbox.RESOLVE, claims[0].connection_id, delay=settle.total_seconds())


def requeue(
    claims: Sequence[Claim],
    *,
    batch_limit: int = 0,
    delay: float | None = None,
    failure: str = "",
    unsure: bool = False,
) -> None:
    """Put claims back into the queue; what had to be looked up first still has to be."""
    after = None if delay is None else clock.now() + timedelta(seconds=delay)
    groups: dict[tuple[bool, int], list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.look_up_first or unsure, claim.lookups].append(claim)
    lock_deliveries([claim.id for claim in claims])
    for (first, lookups), group in groups.items():
        mark = Mark(
            state="queued",
            outcome="pending",
            failure=failure,
            look_up_first=first,
            look_up_after=after,
            lookups=lookups + (1 if delay is not None else 0),
            batch_limit=batch_limit,
        )
        write(group, mark)


def _park(claims: Sequence[Claim], error: ConnectorError, verdict: CallVerdict, *, unsure: bool) -> None:
    """Nothing was done over there: the work waits in the queue, and the run says why."""
    delay: float | None = None
    if verdict is CallVerdict.RETRY or getattr(error, "retry_after", None):
        wait = max(claim.lookups for claim in claims) + 1
        delay = float(getattr(error, "retry_after", None) or retry_delay(wait).total_seconds())
    requeue(claims, delay=delay, failure=error.failure.value, unsure=unsure)
    run_id = claims[0].run_id
    if run_id is None:
        return
    runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
    if verdict is not CallVerdict.PAUSE:
        outbox.enqueue(outbox.SEND, run_id, delay=delay or 1)
