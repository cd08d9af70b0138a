"""Store a file that was read without faults: contacts, invoices, lines and history in one transaction."""

from dataclasses import dataclass
from decimal import Decimal

from webapp.services import contacts, history
from webapp.services.actors import Actor
from webapp.services.imports.raw import MOST_FAULTS, Reading
from webapp.services.imports.reading import numbers_taken
from webapp.services.invoices.data import InvoiceFaults
from webapp.services.invoices.drafting import build, twice
from webapp.services.sending import queue_automatically
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import transaction


@dataclass(frozen=True, slots=True)
class Stored:
    """What went in: the invoices' ids and numbers in the order of the file, and their totals per currency."""

    ids: tuple[int, ...]
    numbers: tuple[str, ...]
    lines: int
    totals: tuple[tuple[str, Decimal], ...]


def store(actor: Actor, reading: Reading) -> Stored:
    """Write all invoices of a reading, or none; raises InvoiceFaults, also for a number taken meanwhile."""
    if reading.faults:
        raise InvoiceFaults(list(reading.faults))

    def work() -> list[Invoice]:
        with transaction() as session:
            organisation = session.get_one(Organisation, actor.organisation_id)
            faults = numbers_taken(actor.organisation_id, reading.invoices, reading.places)
            if faults:
                raise InvoiceFaults(faults[:MOST_FAULTS])
            people = contacts.save_all(
                actor.organisation_id, [data.contact for data in reading.invoices], country=organisation.country
            )
            made = [
                build(actor.organisation_id, data, contact, source="import")
                for data, contact in zip(reading.invoices, people, strict=True)
            ]
            session.add_all(made)
            session.flush()
            for invoice in made:
                history.record(invoice.id, "invoice.imported", actor=actor, params={"file": reading.name[:200]})
            queue_automatically(actor.organisation_id, [invoice.id for invoice in made])
        return made

    made = twice(work)
    sums: dict[str, Decimal] = {}
    for invoice in made:
        sums[invoice.currency] = sums.get(invoice.currency, Decimal(0)) + invoice.gross_total
    return Stored(
        ids=tuple(invoice.id for invoice in made),
        numbers=tuple(invoice.number for invoice in made),
        lines=sum(len(data.lines) for data in reading.invoices),
        totals=tuple(sorted(sums.items())),
    )
