"""Files of large lists: what there is to take along, and a file piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.queries.listings import LISTINGS, Listing
from webapp.store.exports import Export, ExportPiece
from webapp.store.session import current, release

MOST = 100


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One file; `state` is waiting, running, ready or failed, `size` its bytes so far."""

    id: int
    listing: Listing
    ending: str
    args: dict[str, Any]
    state: str
    size: int
    asked_by: str
    created_at: datetime
    ready_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is still being made."""
        return self.state in ("waiting", "running")


def table(organisation_id: int) -> tuple[ExportRow, ...]:
    """Return the files of an organisation, newest first."""
    query = _select().where(Export.organisation_id == organisation_id).order_by(Export.id.desc()).limit(MOST)
    return tuple(_row(row) for row in current().execute(query))


def find(organisation_id: int, export_id: int) -> ExportRow | None:
    """Return one file of an organisation."""
    query = _select().where(Export.organisation_id == organisation_id, Export.id == export_id)
    row = current().execute(query).one_or_none()
    return _row(row) if row is not None else None


def content(organisation_id: int, export_id: int) -> Iterator[bytes]:
    """Yield a file of an organisation, a piece at a time."""
    number = 0
    while True:
        query = select(ExportPiece.content).join(Export, Export.id == ExportPiece.export_id)
        query = query.where(
            Export.organisation_id == organisation_id, Export.id == export_id, ExportPiece.number == number
        )
        piece = current().scalar(query)
        release()
        if piece is None:
            return
        yield piece
        number += 1


def _select() -> Any:
    own = Export
    return select(
        own.id, own.listing, own.ending, own.args, own.state, own.size, own.asked_by, own.created_at, own.ready_at
    )


def _row(row: Any) -> ExportRow:
    return ExportRow(row.id, LISTINGS[row.listing], *row[2:])
