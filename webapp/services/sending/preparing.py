"""Make the bytes of claimed invoices: once per generation, checked, and stored with their hash before they leave."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload, selectinload, undefer

from webapp.connectors.ports import ConnectorError, Finding, LedgerGateway
from webapp.domain.failures import Failure
from webapp.domain.preflight import Facts
from webapp.extensions import clock
from webapp.services.documents import Problem, find_problem, find_rule_problem, make_document
from webapp.services.sending.claiming import Claim, still_ours
from webapp.services.vat_codes import lists_of
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceDocument
from webapp.store.session import current, release, transaction

_WITH_DOCUMENT = selectinload(Invoice.document).undefer(InvoiceDocument.content)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claim with the exact bytes that are to leave."""

    claim: Claim
    payload: bytes


def prepare(gateway: LedgerGateway, claims: Sequence[Claim]) -> tuple[list[Prepared], list[tuple[Claim, Problem]]]:
    """Return what can leave and what is refused here, with the field; nothing is stored yet."""
    stored = _stored(claims)
    fresh = [claim for claim in claims if claim.id not in stored]
    prepared: list[Prepared] = []
    refused: list[tuple[Claim, Problem]] = []
    for claim in claims:
        if claim.id in stored:
            if hashlib.sha256(stored[claim.id]).hexdigest() != claim.payload_hash:
                problem = Problem("payload", Failure.INTERNAL, "The stored bytes do not match their hash.")
                refused.append((claim, problem))
            else:
                prepared.append(Prepared(claim, stored[claim.id]))
    for claim, built in _build(gateway, fresh):
        if isinstance(built, Problem):
            refused.append((claim, built))
        else:
            prepared.append(Prepared(claim, built))
    return sorted(prepared, key=lambda one: one.claim.id), refused


def fix(prepared: Sequence[Prepared]) -> list[Prepared]:
    """Store bytes and hashes, and that a call is about to leave; returns those that are still ours.

    From here on a lost answer means that the invoice may be in the books.
    """
    kept: list[Prepared] = []
    with transaction() as session:
        for one in prepared:
            digest = hashlib.sha256(one.payload).hexdigest()
            changed = session.execute(
                update(Delivery)
                .where(still_ours([one.claim]), Delivery.state == "sending")
                .values(payload=one.payload, payload_hash=digest, look_up_first=True, updated_at=clock.now())
                .execution_options(synchronize_session=False)
            )
            if changed.rowcount:  # type: ignore[attr-defined]
                kept.append(one)
    return kept


def _stored(claims: Sequence[Claim]) -> dict[int, bytes]:
    ids = [claim.id for claim in claims if claim.payload_hash]
    if not ids:
        return {}
    rows = current().scalars(select(Delivery).where(Delivery.id.in_(ids)).options(undefer(Delivery.payload)))
    found = {row.id: row.payload or b"" for row in rows}
    release()
    return found


def _build(gateway: LedgerGateway, claims: Sequence[Claim]) -> list[tuple[Claim, bytes | Problem]]:
    if not claims:
        return []
    query = (
        select(Invoice)
        .where(Invoice.id.in_([claim.invoice_id for claim in claims]))
        .options(selectinload(Invoice.lines), joinedload(Invoice.contact), _WITH_DOCUMENT)
        .execution_options(populate_existing=True)
    )
    invoices = {invoice.id: invoice for invoice in current().scalars(query).unique()}
    connection = current().get_one(Connection, claims[0].connection_id)
    country, lists = connection.region, lists_of([connection])[connection.id]
    made: list[tuple[Claim, bytes | Problem, Problem | None]] = []
    for claim in claims:
        invoice = invoices[claim.invoice_id]
        facts = Facts(country=country, active=lists.active(invoice.issue_date))
        made.append((claim, *_make(gateway, invoice, claim, facts)))
    judged = iter(gateway.validate_all([one for _claim, one, _problem in made if not isinstance(one, Problem)]))
    built: list[tuple[Claim, bytes | Problem]] = []
    for claim, one, problem in made:
        built.append((claim, one if isinstance(one, Problem) else _first(next(judged)) or problem or one))
    release()
    return built


def _make(
    gateway: LedgerGateway, invoice: Invoice, claim: Claim, facts: Facts
) -> tuple[bytes | Problem, Problem | None]:
    """Return the bytes, or why there are none; and what the books would refuse them for."""
    problem = find_problem(invoice, draft=claim.draft)
    if problem is not None:
        return problem, None
    if not claim.draft and invoice.number != claim.reference:
        return Problem("number", Failure.INTERNAL, "The number changed after the invoice was queued."), None
    try:
        document = make_document(invoice, draft=claim.draft)
        return gateway.build(document), find_rule_problem(invoice, document, facts)
    except ConnectorError as error:
        return Problem(getattr(error, "field", ""), error.failure, error.message), None


def _first(findings: Sequence[Finding]) -> Problem | None:
    return Problem(findings[0].field, findings[0].failure, findings[0].text) if findings else None
