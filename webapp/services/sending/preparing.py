"""Make the bytes of claimed invoices: once per generation, checked, and stored with their hash before they leave."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload, selectinload

from webapp.connectors.ports import ConnectorError, Finding, LedgerGateway
from webapp.domain.failures import Failure
from webapp.domain.gl_accounts import AccountRules
from webapp.domain.preflight import Facts
from webapp.extensions import clock
from webapp.services.documents import Problem, find_problem, find_rule_problem, make_document
from webapp.services.sending.claiming import STILL_OURS, Claim, still_ours
from webapp.services.vat_codes import lists_of
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.dimensions import account_rules, place_of
from webapp.store.invoices import Invoice, InvoiceDocument, InvoiceLine
from webapp.store.organisations import needs_contact_code
from webapp.store.session import current, direct, release, transaction
from webapp.store.types import table_of

_TABLE = table_of(Delivery)
_STORED = select(_TABLE.c.id, _TABLE.c.payload).where(_TABLE.c.id.in_(bindparam("ids", expanding=True)))
_FIX = update(_TABLE).where(
    _TABLE.c.id == bindparam("of_id"), _TABLE.c.fence == bindparam("of_fence"), _TABLE.c.state == "sending"
)
_FIXED = select(_TABLE.c.id).where(STILL_OURS, _TABLE.c.state == "sending")
_WHOLE = (
    select(Invoice)
    .where(Invoice.id.in_(bindparam("ids", expanding=True)))
    .options(
        selectinload(Invoice.lines),
        joinedload(Invoice.contact),
        selectinload(Invoice.document).undefer(InvoiceDocument.content),
    )
    .execution_options(populate_existing=True)
)


_SENT = ("sent_account_code", "sent_account_level", "sent_account_name")
Built = tuple[bytes, tuple[dict[str, Any], ...]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claim with the exact bytes that are to leave; `accounts` are the GL accounts in them, line by line."""

    claim: Claim
    payload: bytes
    accounts: tuple[dict[str, Any], ...] = ()


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
            prepared.append(Prepared(claim, *built))
    return sorted(prepared, key=lambda one: one.claim.id), refused


def fix(prepared: Sequence[Prepared]) -> list[Prepared]:
    """Store bytes and hashes, and that a call is about to leave; returns those that are still ours.

    From here on a lost answer means that the invoice may be in the books.
    """
    if not prepared:
        return []
    with transaction():
        pairs = still_ours([one.claim for one in prepared])
        fences, common = dict(pairs), {"look_up_first": True, "updated_at": clock.now()}
        direct(_FIX, [common | _fixed(one, fences[one.claim.id]) for one in prepared])
        # Whose fence is the newest now had the newest above: fences only grow, and what was written is locked.
        ours = set(direct(_FIXED, ours=pairs).scalars())
        kept = [one for one in prepared if one.claim.id in ours]
        accounts = [row for one in kept for row in one.accounts]
        if accounts:
            current().execute(update(InvoiceLine), accounts)
    return kept


def _fixed(one: Prepared, fence: int) -> dict[str, Any]:
    return {
        "of_id": one.claim.id,
        "of_fence": fence,
        "payload": one.payload,
        "payload_hash": hashlib.sha256(one.payload).hexdigest(),
    }


def _stored(claims: Sequence[Claim]) -> dict[int, bytes]:
    ids = [claim.id for claim in claims if claim.payload_hash]
    if not ids:
        return {}
    found = {identity: payload or b"" for identity, payload in direct(_STORED, ids=ids).all()}
    release()
    return found


def _build(gateway: LedgerGateway, claims: Sequence[Claim]) -> list[tuple[Claim, Built | Problem]]:
    if not claims:
        return []
    wanted = {"ids": [claim.invoice_id for claim in claims]}
    invoices = {invoice.id: invoice for invoice in current().scalars(_WHOLE, wanted).unique()}
    connection = current().get_one(Connection, claims[0].connection_id)
    country, lists = connection.region, lists_of([connection])[connection.id]
    rules = account_rules(connection.organisation_id, list(invoices.values()))
    code_needed = needs_contact_code(connection.organisation_id)
    made: list[tuple[Claim, bytes | Problem, Problem | None]] = []
    for claim in claims:
        invoice = invoices[claim.invoice_id]
        facts = Facts(country=country, active=lists.active(invoice.issue_date), code_needed=code_needed)
        made.append((claim, *_make(gateway, invoice, claim, facts, rules=rules)))
    judged = iter(gateway.validate_all([one for _claim, one, _problem in made if not isinstance(one, Problem)]))
    built: list[tuple[Claim, Built | Problem]] = []
    for claim, one, problem in made:
        if isinstance(one, Problem):
            built.append((claim, one))
            continue
        accounts = tuple(_accounts(invoices[claim.invoice_id], rules))
        built.append((claim, _first(next(judged)) or problem or (one, accounts)))
    release()
    return built


def _make(
    gateway: LedgerGateway, invoice: Invoice, claim: Claim, facts: Facts, *, rules: AccountRules
) -> tuple[bytes | Problem, Problem | None]:
    """Return the bytes, or why there are none; and what the books would refuse them for."""
    problem = find_problem(invoice, draft=claim.draft)
    if problem is not None:
        return problem, None
    if not claim.draft and invoice.number != claim.reference:
        return Problem("number", Failure.INTERNAL, "The number changed after the invoice was queued."), None
    try:
        document = make_document(invoice, draft=claim.draft, rules=rules)
        return gateway.build(document), find_rule_problem(invoice, document, facts)
    except ConnectorError as error:
        return Problem(getattr(error, "field", ""), error.failure, error.message), None


def _first(findings: Sequence[Finding]) -> Problem | None:
    return Problem(findings[0].field, findings[0].failure, findings[0].text) if findings else None


def _accounts(invoice: Invoice, rules: AccountRules) -> Iterator[dict[str, Any]]:
    """Return what has to be noted so that a line goes on showing the account it left with, whatever changes later."""
    for line in invoice.lines:
        account = rules.of(place_of(invoice, line))
        said = (account.code, account.level.value, account.name) if account else ("", "", "")
        if said != (line.sent_account_code, line.sent_account_level, line.sent_account_name):
            yield {"id": line.id} | dict(zip(_SENT, said, strict=True))
