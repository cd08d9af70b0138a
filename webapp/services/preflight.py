"""Examine invoices before they are sent: what the books would do with each, without a call and without a change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from webapp.connectors.ports import Refused
from webapp.connectors.registry import read_contact, write_document
from webapp.domain.contact_cards import Card, Difference
from webapp.domain.documents import CLEAR, KEEP, DocumentContact, SalesDocument
from webapp.domain.gl_accounts import NO_RULES, AccountRules
from webapp.domain.invoices import UNNUMBERED, as_draft
from webapp.domain.preflight import Facts, Finding, Severity, judge
from webapp.services.contact_cards import cards_of
from webapp.services.documents import find_problem, make_document
from webapp.services.identifiers import is_iban, is_vat_number
from webapp.services.vat_codes import Lists, lists_of
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.deliveries import LIVE_STATES, Delivery
from webapp.store.dimensions import account_rules
from webapp.store.invoices import Invoice
from webapp.store.organisations import needs_contact_code
from webapp.store.senders import Senders, senders
from webapp.store.session import current
from webapp.store.words import word

CHUNK = 200
PLACEHOLDER = "0"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found of one invoice; `read_at` says when the books told their VAT codes, None: not today.

    `card` says what they told of the contact today: `told`, `denied`, `failed`, or "" where they were not asked.
    """

    invoice_id: int
    number: str
    contact_name: str
    findings: tuple[Finding, ...]
    document: SalesDocument | None = None
    connection_id: int | None = None
    read_at: datetime | None = None
    contact_id: int | None = None
    card: str = ""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps it from being booked."""
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What would go otherwise than one may think."""
        return tuple(one for one in self.findings if one.severity is Severity.WARNING)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What goes as always."""
        return tuple(one for one in self.findings if one.severity is Severity.NOTE)


@dataclass(slots=True)
class _Around:
    """What is known around a group of invoices, read at once for all of them."""

    senders: Senders
    lists: dict[int, Lists]
    taken: dict[int, set[str]] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    last: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    cards: dict[tuple[int, int], str | Card] = field(default_factory=dict)
    rules: AccountRules = NO_RULES
    code_needed: bool = False

    def connection_of(self, invoice: Invoice) -> Connection | None:
        """The department's own connection, else the organisation's."""
        return self.senders.of(invoice.department_id)

    def card_of(self, invoice: Invoice) -> str | Card | None:
        """What the books told today of the contact's card: the card, why there is none, or nothing."""
        connection = self.connection_of(invoice)
        return self.cards.get((connection.id if connection else 0, invoice.contact_id or 0))


def examine(organisation_id: int, invoice_id: int) -> Examination | None:
    """Examine one invoice, with what would change on the contact's card; None for one that there is not."""
    return next(iter(_examine(organisation_id, [invoice_id], deep=True)), None)


def examine_all(organisation_id: int, ids: Sequence[int]) -> list[Examination]:
    """Examine many invoices, in the order of their ids given; those that are not there are left out."""
    found: dict[int, Examination] = {}
    for start in range(0, len(ids), CHUNK):
        for one in _examine(organisation_id, ids[start : start + CHUNK], deep=False):
            found[one.invoice_id] = one
    return [found[identity] for identity in ids if identity in found]


def _examine(organisation_id: int, ids: Sequence[int], *, deep: bool) -> Iterable[Examination]:
    invoices = list(
        current()
        .scalars(
            select(Invoice)
            .where(Invoice.organisation_id == organisation_id, Invoice.id.in_(ids), Invoice.kind == word("sales"))
            .options(selectinload(Invoice.lines), joinedload(Invoice.contact), selectinload(Invoice.document))
        )
        .unique()
    )
    around = _around(organisation_id, invoices, deep=deep)
    around.rules = account_rules(organisation_id, invoices)
    return [_one(invoice, around) for invoice in invoices]


def _one(invoice: Invoice, around: _Around) -> Examination:
    connection = around.connection_of(invoice)
    draft = as_draft(invoice.process, connection_draft=connection.draft if connection else False)
    lists = around.lists[connection.id] if connection else Lists()
    card = around.card_of(invoice)
    document: SalesDocument | None = None
    # What is not authorised yet has no number, and will have one: nothing is wrong with that.
    pending = not invoice.number and invoice.status in UNNUMBERED
    problem = find_problem(invoice, draft=draft or pending)
    if problem is not None:
        findings: tuple[Finding, ...] = (Finding("incomplete", problem.field, Severity.ERROR, {"text": problem.text}),)
    else:
        document = make_document(invoice, draft=draft, whole=False, rules=around.rules)
        if pending and not draft:
            document = replace(document, reference=PLACEHOLDER)
        judged = judge(document, _facts(invoice, document, connection, around, lists))
        findings = (*_written(document, judged), *judged)
    return Examination(
        invoice_id=invoice.id,
        number=invoice.number,
        contact_name=invoice.contact_name,
        findings=findings,
        document=document,
        connection_id=connection.id if connection and connection.state == "active" else None,
        read_at=lists.read_at,
        contact_id=invoice.contact_id,
        card="told" if isinstance(card, Card) else card or "",
    )


def _facts(
    invoice: Invoice, document: SalesDocument, connection: Connection | None, around: _Around, lists: Lists
) -> Facts:
    contact, card = invoice.contact, around.card_of(invoice)
    return Facts(
        country=connection.region if connection else "nl",
        number=invoice.number,
        number_taken=bool(document.reference) and bool(around.taken.get(invoice.id)),
        has_pdf=invoice.document is not None,
        active=lists.active(invoice.issue_date),
        accounts=lists.accounts,
        known_contact=invoice.contact_id in around.known,
        card=card if isinstance(card, Card) else None,
        differences=_differences(document.contact, around.last.get(invoice.contact_id or 0)),
        cut=tuple(
            position
            for position, line in enumerate(invoice.lines, start=1)
            if not line.product_description and len(line.description) > 60
        ),
        bad_numbers=tuple(_bad_numbers(contact)) if contact else (),
        total=invoice.gross_total,
        code_needed=around.code_needed,
    )


def _written(document: SalesDocument, judged: tuple[Finding, ...]) -> Iterable[Finding]:
    """Write the document as it would leave, and tell what its schema says that was not said already."""
    try:
        _payload, found = write_document("yuki", document)
    except Refused as error:
        return [Finding("unfit", error.field, Severity.ERROR, {"text": error.message})]
    if any(one.severity is Severity.ERROR for one in judged):
        return []
    return [Finding("schema", one.field, Severity.ERROR, {"text": one.text}) for one in found]


def _bad_numbers(contact: Contact) -> Iterable[tuple[str, str]]:
    if contact.vat_number and not is_vat_number(contact.vat_number, contact.country):
        yield "contact.vat_number", contact.vat_number
    if contact.bank_account and not is_iban(contact.bank_account):
        yield "contact.bank_account", contact.bank_account


def _differences(contact: DocumentContact, last: tuple[str, bytes] | None) -> tuple[Difference, ...]:
    """Compare the contact with what we last sent of it: the books may have been changed by hand since."""
    if last is None or not contact.code:
        return ()
    before = read_contact(*last)
    if before.get("code") != contact.code:
        return ()
    found = []
    names = [name for name in DocumentContact.__dataclass_fields__ if name != "code"]
    for name in names:
        value: Any = getattr(contact, name)
        if value is None or value is KEEP:
            continue
        after = "" if value is CLEAR else str(value)
        if before.get(name, "") != after:
            found.append(Difference(name, before.get(name, ""), after))
    return tuple(found)


def _around(organisation_id: int, invoices: Sequence[Invoice], *, deep: bool) -> _Around:
    session = current()
    own = senders(organisation_id)
    around = _Around(own, lists_of(list(own.connections.values())), code_needed=needs_contact_code(organisation_id))
    numbers = {invoice.number: invoice.id for invoice in invoices if invoice.number}
    offered = session.execute(
        select(Delivery.reference, Delivery.invoice_id).where(
            Delivery.organisation_id == organisation_id,
            Delivery.reference.in_(numbers),
            Delivery.state.in_(LIVE_STATES),
        )
    )
    for reference, invoice_id in offered:
        if numbers[reference] != invoice_id:
            around.taken.setdefault(numbers[reference], set()).add(reference)
    by_connection: dict[int, list[Contact]] = {}
    for invoice in invoices:
        connection = around.connection_of(invoice)
        if connection is not None and invoice.contact is not None:
            by_connection.setdefault(connection.id, []).append(invoice.contact)
    around.cards = cards_of(organisation_id, by_connection)
    newest = _newest_deliveries(organisation_id, {one.contact_id for one in invoices if one.contact_id})
    around.known = set(newest)
    if deep and newest:
        sent = session.execute(
            select(Invoice.contact_id, Connection.provider, Delivery.payload)
            .join(Delivery, Delivery.invoice_id == Invoice.id)
            .join(Connection, Connection.id == Delivery.connection_id)
            .where(Delivery.id.in_(newest.values()))
        )
        around.last = {
            contact_id: (provider, payload) for contact_id, provider, payload in sent if contact_id and payload
        }
    return around


def _newest_deliveries(organisation_id: int, contact_ids: set[int]) -> dict[int, int]:
    """Return, for each contact, the newest delivery of an invoice to it that is in the books."""
    if not contact_ids:
        return {}
    rows = current().execute(
        select(Invoice.contact_id, func.max(Delivery.id))
        .join(Delivery, Delivery.invoice_id == Invoice.id)
        .where(
            Invoice.organisation_id == organisation_id,
            Invoice.contact_id.in_(contact_ids),
            Delivery.state == "sent",
        )
        .group_by(Invoice.contact_id)
    )
    return {contact_id: delivery_id for contact_id, delivery_id in rows if contact_id is not None}
