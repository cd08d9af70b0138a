"""Documents that are new here: their invoices, lines, items and histories, written as rows straight to the driver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.domain.fetching import Change
from webapp.domain.invoices import DeliveryState
from webapp.domain.remote_invoices import FOREIGN_VAT, RemoteInvoice, RemoteLine, digest
from webapp.extensions import clock
from webapp.services.actors import system
from webapp.services.fetching import parties
from webapp.services.fetching.rows import (
    OF_DOCUMENT,
    OF_INVOICE,
    OF_LINE,
    as_text,
    document_rows,
    invoice_rows,
    line_rows,
)
from webapp.store.bulk import Bulk, side_by_side
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, reserve
from webapp.store.types import table_of

_SENT, _NOT_SENT = DeliveryState.SENT.value, DeliveryState.NOT_SENT.value
_TOLD = {change: as_text({"change": change.value}) for change in Change}
_INVOICES = Bulk(
    Invoice,
    ("id", "kind", "delivery", "contact_id", *OF_INVOICE),
    same=("organisation_id", "department_id", "source", "created_at", "updated_at"),
)
_DOCUMENTS = Bulk(
    RemoteDocument,
    ("id", "remote_id", "invoice_id", *OF_DOCUMENT),
    same=("organisation_id", "connection_id", "seen_at", "created_at", "updated_at"),
)
_LINES = Bulk(InvoiceLine, OF_LINE, same=("vat_type",))
_ITEMS = Bulk(
    RunItem,
    ("invoice_id", "params"),
    same=("run_id", "organisation_id", "outcome", "attempts", "updated_at"),
)
_EVENTS = Bulk(
    InvoiceEvent,
    ("invoice_id", "event"),
    same=("organisation_id", "occurred_at", "actor_kind", "actor_name", "run_id"),
)


@dataclass(slots=True)
class Fresh:
    """A document that is new here; `own` is the invoice of ours that it is about, where it is about one.

    `digest` where it was compared with one that is stored. `id` is that of its row, once it is written.
    """

    remote: RemoteInvoice
    digest: int | None
    mark: int | None
    own: Invoice | None = None
    id: int = 0

    def told(self) -> int:
        """Return the digest of what it tells."""
        return digest(self.remote) if self.digest is None else self.digest


def create(run: Run, connection: Connection, found: Sequence[Fresh]) -> dict[str, int]:
    """Write new documents with their invoices, items and histories inside of a transaction.

    Returns the invoices' ids by the remote's.
    """
    if not found:
        return {}
    unknown = [one.remote for one in found if one.own is None]
    people = parties.contacts_of(connection, [one.contact for one in unknown])
    made = dict(zip([one.remote_id for one in unknown], reserve(Invoice, len(unknown)), strict=True))
    made |= {one.remote.remote_id: one.own.id for one in found if one.own is not None}
    for one, document_id in zip(found, reserve(RemoteDocument, len(found)), strict=True):
        one.id = document_id
    with side_by_side():
        parties.write(connection, people)
        _write_invoices(connection, unknown, made, people.ids)
        _write_documents(connection, found, made)
        write_lines([(made[one.remote_id], one.lines) for one in unknown if not one.filed], fresh=True)
        tell(run, [(made[one.remote.remote_id], Change.CREATED, one.remote.filed) for one in found])
    return made


def _write_invoices(
    connection: Connection, found: Sequence[RemoteInvoice], ids: Mapping[str, int], people: Mapping[str, int]
) -> None:
    now = clock.now()
    _INVOICES.write(
        (
            # What comes from the books is in the books.
            (ids[one.remote_id], one.kind, _SENT if one.filed else _NOT_SENT, people.get(one.contact.remote_id), *row)
            for one, row in zip(found, invoice_rows(found), strict=True)
        ),
        organisation_id=connection.organisation_id,
        department_id=connection.department_id,
        source=connection.provider,
        created_at=now,
        updated_at=now,
    )


def _write_documents(connection: Connection, found: Sequence[Fresh], ids: Mapping[str, int]) -> None:
    now = clock.now()
    rows = document_rows(
        [one.remote for one in found],
        (one.told() for one in found),
        (one.mark for one in found),
        (one.own is not None for one in found),
    )
    _DOCUMENTS.write(
        ((one.id, one.remote.remote_id, ids[one.remote.remote_id], *row) for one, row in zip(found, rows, strict=True)),
        organisation_id=connection.organisation_id,
        connection_id=connection.id,
        seen_at=now,
        created_at=now,
        updated_at=now,
    )


def write_lines(documents: Sequence[tuple[int, Sequence[RemoteLine]]], *, fresh: bool = False) -> None:
    """Write the lines of invoices in place of those they have, inside of a transaction; `fresh` ones have none."""
    if documents and not fresh:
        lines = table_of(InvoiceLine)
        current().execute(lines.delete().where(lines.c.invoice_id.in_([invoice_id for invoice_id, _ in documents])))
    # No VAT type of the books: what the remote calls it stands in the description.
    _LINES.write(line_rows(documents), vat_type=FOREIGN_VAT)


def tell(run: Run, told: Sequence[tuple[int, Change, bool]]) -> None:
    """Write the items of a run and the histories for each (invoice, what became of it, whether it is filed)."""
    now = clock.now()
    _ITEMS.write(
        [(invoice_id, _TOLD[change]) for invoice_id, change, _ in told],
        run_id=run.id,
        organisation_id=run.organisation_id,
        outcome="succeeded",
        attempts=1,
        updated_at=now,
    )
    actor = system(run.organisation_id)
    _EVENTS.write(
        [(invoice_id, _event(change, filed=filed)) for invoice_id, change, filed in told],
        organisation_id=run.organisation_id,
        occurred_at=now,
        actor_kind=actor.kind,
        actor_name=actor.name,
        run_id=run.id,
    )


def _event(change: Change, *, filed: bool) -> str:
    event = "invoice.filed" if filed else "invoice.fetched"
    return event if change is Change.CREATED else f"{event}_again"
