"""Documents that changed over there: their invoices and what stands beside them, brought up to date as rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from webapp.domain.fetching import Change
from webapp.domain.remote_invoices import RemoteInvoice
from webapp.extensions import clock
from webapp.services.fetching import creating, filed, pdf
from webapp.services.fetching.creating import Fresh
from webapp.services.fetching.rows import OF_DOCUMENT, OF_INVOICE, document_rows, invoice_rows, settled
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.keyed import Keyed
from webapp.store.session import current
from webapp.store.straight import Fixed, line_of
from webapp.store.types import Moment

_INVOICES = Keyed(
    "invoices",
    "id",
    "id, source, gross_total, paid_amount, credited_amount, written_off_amount, due_date, payment_method",
    locked=True,
)


def _update(table: str, columns: Sequence[str]) -> Fixed:
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    return Fixed(text(f"UPDATE {table} SET {sets} WHERE id = :id"))  # noqa: S608 - names of our own columns


_OF_INVOICE = (*OF_INVOICE, "updated_at")
_OF_DOCUMENT = (*OF_DOCUMENT, "vanished_at", "updated_at", "seen_at")
_INVOICE = _update(Invoice.__tablename__, _OF_INVOICE)
_DOCUMENT = _update(RemoteDocument.__tablename__, _OF_DOCUMENT)


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands here of an invoice, as far as a change needs it; amounts in ten-thousandths."""

    source: str
    gross: int
    settled: tuple[int, int, int]
    due_date: Any
    payment_method: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that changed, with the ids of its row and of its invoice here."""

    change: Change
    fresh: Fresh
    document_id: int
    invoice_id: int

    @property
    def remote(self) -> RemoteInvoice:
        """The document as it is now."""
        return self.fresh.remote


def lock(invoice_ids: Iterable[int]) -> dict[int, Stored]:
    """Take invoices for a change, inside of a transaction, and return what stands of them."""
    line = line_of(current().connection())
    return {
        key: Stored(source, gross, (paid, credited, given_up), due_date, method)
        for key, source, gross, paid, credited, given_up, due_date, method in _INVOICES.of(line, set(invoice_ids))
    }


def bring_up_to_date(found: Sequence[Changed], stored: Mapping[int, Stored]) -> tuple[list[Changed], list[Changed]]:
    """Bring what changed up to date; returns it, and what cannot be followed.

    Not followed is a total that changed though something is settled of it here.
    """
    changed: list[Changed] = []
    refused: list[Changed] = []
    mine: set[int] = set()
    for one in found:
        kept = stored[one.invoice_id]
        if filed.is_own(kept.source, one.remote):
            mine.add(one.invoice_id)
        elif any(kept.settled) and kept.gross != one.remote.gross_e4:
            refused.append(one)
            continue
        changed.append(one)
    now = Moment().process_bind_param(clock.now(), None)  # type: ignore[arg-type]
    moment = now.isoformat(" ", "microseconds") if now else ""
    line = line_of(current().connection())
    line.many(_INVOICE, _invoices([one for one in changed if one.invoice_id not in mine], stored, moment))
    line.many(_DOCUMENT, _documents(changed, mine, moment))
    fetched = [one for one in changed if one.invoice_id not in mine]
    pdf.forget([one.invoice_id for one in fetched if one.change is Change.UPDATED])
    creating.write_lines([(one.invoice_id, one.remote.lines) for one in changed if not one.remote.filed])
    return changed, refused


def _invoices(found: Sequence[Changed], stored: Mapping[int, Stored], moment: str) -> list[dict[str, Any]]:
    rows = []
    for one, row in zip(found, invoice_rows([one.remote for one in found]), strict=True):
        kept = stored[one.invoice_id]
        said = dict(zip(OF_INVOICE, row, strict=True)) | {"id": one.invoice_id, "updated_at": moment}
        if one.remote.filed:
            # What an archive leaves out and was learnt elsewhere stays, while the amount is the same.
            same = kept.gross == one.remote.gross_e4
            said |= {"due_date": kept.due_date if same else None, "payment_method": kept.payment_method}
        if any(kept.settled):
            said |= settled(one.remote.gross_e4, *kept.settled)
        rows.append(said)
    return rows


def _documents(found: Sequence[Changed], mine: Collection[int], moment: str) -> list[dict[str, Any]]:
    rows = document_rows(
        [one.remote for one in found],
        (one.fresh.told() for one in found),
        (one.fresh.mark for one in found),
        (one.invoice_id in mine for one in found),
    )
    more = {"vanished_at": None, "updated_at": moment, "seen_at": moment}
    return [
        dict(zip(OF_DOCUMENT, row, strict=True)) | more | {"id": one.document_id}
        for one, row in zip(found, rows, strict=True)
    ]
