"""Find out what became of an unknown outcome: look in the books, and send again only what is proved absent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import bindparam, select

from webapp.connectors.ports import ConnectorError, Found, LedgerGateway
from webapp.domain.deliveries import LookUp, after_lookup, retry_delay
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.services import notices, outbox, runs, troubles
from webapp.services.gateways import OpenGateway, open_gateway
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.services.sending.claiming import Claim, claim_unknown, kept_alive
from webapp.services.sending.locking import lock_deliveries
from webapp.services.sending.recording import Mark, write
from webapp.services.sending.steps import reached
from webapp.store.contacts import Contact
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import direct, release, transaction
from webapp.store.types import table_of

_DELIVERIES, _INVOICES, _CONTACTS = map(table_of, (Delivery, Invoice, Contact))
_STATE = select(_DELIVERIES.c.state).where(_DELIVERIES.c.id == bindparam("delivery"))
_THESE = _DELIVERIES.c.id.in_(bindparam("ids", expanding=True))
_FAILURES = select(_DELIVERIES.c.id, _DELIVERIES.c.failure).where(_THESE)
_EXPECTED = (
    select(
        _DELIVERIES.c.id,
        _DELIVERIES.c.failure,
        _INVOICES.c.gross_total,
        _INVOICES.c.contact_name,
        _INVOICES.c.issue_date,
        _CONTACTS.c.code,
        _CONTACTS.c.name,
    )
    .join(_INVOICES, _INVOICES.c.id == _DELIVERIES.c.invoice_id)
    .outerjoin(_CONTACTS, _CONTACTS.c.id == _INVOICES.c.contact_id)
    .where(_THESE)
)

AT_ONCE = 200
"""Look-ups for one claim: they share their calls."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the books must show for it to be ours."""

    amount: Decimal
    contact_names: tuple[str, ...]
    contact_code: str
    issue_date: date
    was_duplicate: bool


def resolve(connection_id: int, *, opened: OpenGateway | None = None) -> None:
    """Look up the unknown outcomes of a connection whose time has come; not while it is paused or rests."""
    while claims := claim_unknown(connection_id, AT_ONCE):
        try:
            opened = opened or open_gateway(connection_id, kind=Trigger.MANUAL)
        except (ConnectorError, CannotUnseal) as error:
            _postpone(claims, retry_after=getattr(error, "retry_after", None))
            return
        with kept_alive(claims):
            try:
                look_up(opened, claims)
            except ConnectorError as error:
                _failed(claims, error)
                return
        for run_id in {claim.run_id for claim in claims if claim.run_id is not None}:
            publish(run_id)


def look_up(opened: OpenGateway, claims: Sequence[Claim]) -> set[int]:
    """Look deliveries up and write what was found; returns the ids of those that are proved absent.

    Absent in state unknown goes back to the queue; a claim that is being sent is left to its sender.
    A duplicate refusal of something that is not there to be found is a conflict. Raises ConnectorError
    when it cannot be told.
    """
    if not claims:
        return set()
    expected = _expected(claims)
    found = _find(opened.gateway, [claim for claim in claims if claim.id in expected], expected)
    reached("after_look_up")
    absent: set[int] = set()
    with transaction():
        connection_id = claims[0].connection_id
        troubles.note_success(connection_id)
        lock_deliveries([claim.id for claim in claims])
        # Run by run: others lock several runs in the order of their ids, too.
        for claim in sorted(claims, key=lambda one: (one.run_id or 0, one.id)):
            one = expected.get(claim.id)
            there = found.get(claim.reference.strip())
            if one is None:  # deleted meanwhile, with its invoice
                continue
            verdict = _judge(there, one)
            if verdict is LookUp.ABSENT and one.was_duplicate:
                verdict = LookUp.CONFLICT
            if verdict is LookUp.ABSENT:
                absent.add(claim.id)
                _absent(claim)
            else:
                mark = _mark(verdict, there.where if there else "")
                write([claim], mark, exchange_id=opened.watch.last_exchange_id)
        for run_id in sorted({claim.run_id for claim in claims if claim.run_id is not None}):
            runs.finish_if_done(run_id)
        notices.recount(connection_id)
    return absent


def _find(gateway: LedgerGateway, claims: Sequence[Claim], expected: dict[int, _Expected]) -> dict[str, Found]:
    """Ask the books: one by its reference, several in one go, for every look-up costs calls of the day."""
    references = [claim.reference.strip() for claim in claims]
    since = min((expected[claim.id].issue_date for claim in claims), default=None)
    if since is None:
        return {}
    if len(references) > 1:
        return gateway.find_many(references, issued_from=since)
    found = gateway.find(references[0], issued_from=since)
    return {references[0]: found} if found else {}


def _judge(there: Found | None, one: _Expected) -> LookUp:
    """Compare with each name that may have been sent: a contact can be renamed while its invoice is on its way."""
    verdicts = [
        after_lookup(there, one.amount, expected_contact=name, expected_code=one.contact_code)
        for name in one.contact_names
    ]
    return next((verdict for verdict in verdicts if verdict is not LookUp.CONFLICT), LookUp.CONFLICT)


def _mark(verdict: LookUp, where: str) -> Mark:
    if verdict is LookUp.SENT_FOUND:
        return Mark(state="sent", outcome="succeeded", event="yuki.found", params={"where": where}, found=True)
    return Mark(state="conflict", outcome="failed", event="yuki.conflict", failure=Failure.DUPLICATE.value)


def _absent(claim: Claim) -> None:
    """Proved absent: an unknown one is queued again; one in the hands of its sender needs no write."""
    if direct(_STATE, delivery=claim.id).scalar_one() != "unknown":
        return
    ours = write([claim], Mark(state="queued", outcome="pending", event="yuki.absent"))
    if ours and claim.run_id is not None:
        runs.reopen(claim.run_id)
        outbox.enqueue(outbox.SEND, claim.run_id)


def _expected(claims: Sequence[Claim]) -> dict[int, _Expected]:
    rows = direct(_EXPECTED, ids=[claim.id for claim in claims]).all()
    release()
    return {
        row.id: _Expected(
            row.gross_total,
            (row.contact_name, row.name or row.contact_name),
            row.code or "",
            row.issue_date,
            row.failure == Failure.DUPLICATE.value,
        )
        for row in rows
    }


def _failed(claims: Sequence[Claim], error: ConnectorError) -> None:
    with transaction():
        troubles.note_failure(
            claims[0].connection_id, error, category=RunCategory.SEND_INVOICES, run_id=claims[0].run_id
        )
    burnt = error.failure is not Failure.QUOTA
    _postpone(claims, retry_after=getattr(error, "retry_after", None), burnt=burnt)


def _postpone(claims: Sequence[Claim], *, retry_after: float | None = None, burnt: bool = True) -> None:
    """It could not be told: still unknown, looked up again after a pause that grows with every attempt `burnt`."""
    with transaction():
        failures = {row.id: row.failure for row in direct(_FAILURES, ids=[claim.id for claim in claims]).all()}
        groups: dict[tuple[int, str], list[Claim]] = defaultdict(list)
        for claim in claims:
            groups[claim.lookups + burnt, failures.get(claim.id, "")].append(claim)
        pauses = []
        for (lookups, failure), group in groups.items():
            pause = max(retry_delay(max(lookups, 1)), timedelta(seconds=retry_after or 0))
            pauses.append(pause)
            write(
                group,
                Mark(
                    state="unknown",
                    outcome="pending" if failure == Failure.DUPLICATE else "unknown",
                    failure=failure or Failure.UNKNOWN_OUTCOME.value,
                    look_up_first=True,
                    look_up_after=clock.now() + pause,
                    lookups=lookups,
                ),
            )
        outbox.enqueue(outbox.RESOLVE, claims[0].connection_id, delay=min(pauses).total_seconds())
