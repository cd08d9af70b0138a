"""Give invoices their numbers: the next of the series, under a lock that lasts until the commit, so none is missing."""

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain.invoices import InvoiceKind
from webapp.domain.numbering import Pattern, figure_of
from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.invoices.drafting import taken_numbers
from webapp.services.invoicing import invoicing_of
from webapp.store.invoices import Invoice
from webapp.store.numbering import NumberSeries
from webapp.store.organisations import Organisation
from webapp.store.session import current
from webapp.store.words import word

NEWEST = 50


def give_number(actor: Actor, invoice: Invoice) -> None:
    """Give an invoice the next number of its series, inside of a transaction that holds the invoice.

    One that has a number keeps it, and one that the books are to number (a draft there) gets none of ours. A figure
    that stands on an invoice already, brought in or typed, is passed over: it is not missing.
    """
    if invoice.number or invoice.process is False:
        return
    session = current()
    wishes = invoicing_of(session.get_one(Organisation, invoice.organisation_id))
    pattern = wishes.invoices if invoice.credited_invoice_id is None else wishes.credit_notes
    series = _held(invoice.organisation_id, pattern, invoice.issue_date)
    while True:
        series.last += 1
        number = pattern.write(invoice.issue_date, series.last)
        if not taken_numbers(invoice.organisation_id, [number]):
            break
    invoice.number, invoice.number_given_at = number, clock.now()
    session.flush()
    history.record(invoice.id, "invoice.numbered", actor=actor, params={"number": number})


def _held(organisation_id: int, pattern: Pattern, day: date) -> NumberSeries:
    """Return the series of a prefix, locked until the end; the first time it begins behind what there is."""
    session = current()
    prefix = pattern.prefix_on(day)
    query = (
        select(NumberSeries)
        .where(NumberSeries.organisation_id == organisation_id, NumberSeries.prefix == prefix)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalar(query)
    if found is None:
        insert: Any = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(NumberSeries)
        first = {"organisation_id": organisation_id, "prefix": prefix, "last": _highest(organisation_id, prefix)}
        session.execute(insert.values(**first).on_conflict_do_nothing())
        found = session.scalars(query).one()
    return found


def _highest(organisation_id: int, prefix: str) -> int:
    """Return the highest figure that stands behind a prefix already, 0 when there is none."""
    newest = current().scalars(
        select(Invoice.number)
        .where(
            Invoice.organisation_id == organisation_id,
            Invoice.kind == word(InvoiceKind.SALES.value),
            Invoice.number.startswith(prefix, autoescape=True),
        )
        .order_by(func.length(Invoice.number).desc(), Invoice.number.desc())
        .limit(NEWEST)
    )
    return max((figure_of(number, prefix) or 0 for number in newest), default=0)
