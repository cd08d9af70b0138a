"""koppel invoices: list, show, import, and return one for correction."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from webapp.commands.common import answer, fail, json_option, with_app, with_few_tables

organisation_option = click.option("--organisation", default="", help="Its name; needed when there are several.")


@click.group()
def invoices() -> None:
    """List, show and import invoices."""


@invoices.command("list")
@click.option("--status", default="", help="draft, approved, authorised, sent, cancelled or review.")
@click.option("--delivery", default="", help="not_sent, queued, sending, sent, rejected, unknown or conflict.")
@click.option("--payment", default="", help="open, partially_paid, paid, overpaid, written_off or overdue.")
@click.option("--kind", type=click.Choice(("sales", "purchase")), default="sales", show_default=True)
@organisation_option
@json_option
@with_few_tables
def list_invoices(status: str, delivery: str, payment: str, kind: str, organisation: str, as_json: bool) -> None:
    """List the invoices, newest first."""
    from webapp.queries import invoices as query
    from webapp.queries.invoice_filters import DELIVERIES, PAYMENTS, STATUSES, Filters

    for name, value, known in (
        ("--status", status, STATUSES),
        ("--delivery", delivery, DELIVERIES),
        ("--payment", payment, PAYMENTS),
    ):
        if value and value not in known:
            fail(f"{name}: there is no {value}; there are {', '.join(known)}.", code=2)
    filters = Filters(kind=kind, status=status, delivery=delivery, payment=payment)
    found = [invoice_json(one) for home in _organisations(organisation) for one in query.listing(home, filters)]
    lines = [
        f"{one['number']:<16} {one['issue_date']}  {one['contact'][:32]:<32} {one['total_amount']:>14}"
        f" {one['currency']}  {one['status']}, {one['delivery']}, {one['payment']}"
        for one in found
    ]
    answer(found, "\n".join(lines) or "There are no such invoices.", as_json=as_json)


@invoices.command()
@click.argument("number")
@organisation_option
@json_option
@with_app
def show(number: str, organisation: str, as_json: bool) -> None:
    """Show one invoice with its lines and history."""
    from webapp.queries import history

    found = _find(number, organisation)
    events = [
        {"at": line.at.isoformat(), "user": line.user or "system", "event": line.event, "text": line.text}
        for line in _in_english(lambda: history.of_invoice(found.organisation_id, found.id))
    ]
    data = invoice_json(found) | {"lines": [_line_json(line) for line in found.lines], "history": events}
    head = [f"{name.replace('_', ' ')}: {value}" for name, value in invoice_json(found).items() if value is not None]
    lines = [
        f"  {line['quantity']} × {line['description']} at {line['unit_price']}, VAT {line['vat_rate']} %: "
        f"{line['net_amount']}"
        for line in data["lines"]
    ]
    past = [f"  {event['at'][:16].replace('T', ' ')}  {event['user']}: {event['text']}" for event in events]
    answer(data, "\n".join([*head, "lines:", *lines, "history:", *past]), as_json=as_json)


@invoices.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, help="Whose invoices they are.")
@json_option
@with_app
def import_file(file: Path, organisation: str, as_json: bool) -> None:
    """Import a file of invoices (.json, .csv, .xlsx or .xml), as a whole or not at all."""
    from webapp.services import imports
    from webapp.services.actors import person
    from webapp.services.invoices import InvoiceFaults

    home = _organisations(organisation)[0]
    try:
        with file.open("rb") as handle:
            content = handle.read(imports.LIMIT + 1)
    except OSError as error:
        fail(f"{file}: {error.strerror or error}.")
    reading = imports.read(home, file.name, content)
    if reading.faults:
        _refuse(file.name, list(reading.faults), reading.fault_count)
    try:
        stored = imports.store(person(home, "koppel"), reading)
    except InvoiceFaults as error:
        _refuse(file.name, error.faults, len(error.faults))
    notes = _in_english(lambda: _sentences(list(reading.notes)))
    amounts = ", ".join(f"{amount} {currency}" for currency, amount in stored.totals)
    data = {
        "imported": len(stored.ids),
        "lines": stored.lines,
        "totals": {currency: str(amount) for currency, amount in stored.totals},
        "numbers": list(stored.numbers),
        "notes": notes,
    }
    text = f"{len(stored.ids)} invoices with {stored.lines} lines imported: {amounts}."
    answer(data, "\n".join([text, *notes]), as_json=as_json)


@invoices.command()
@click.argument("number")
@click.option("--reason", required=True, help="What has to be corrected.")
@organisation_option
@json_option
@with_app
def review(number: str, reason: str, organisation: str, as_json: bool) -> None:
    """Return an invoice for correction."""
    from webapp.queries.faults import say_obstacle
    from webapp.services.actors import person
    from webapp.services.invoices import InvoiceError, move

    found = _find(number, organisation)
    try:
        moved = move(person(found.organisation_id, "koppel"), found.id, "review", reason=reason)
    except InvoiceError as error:
        problem = error
        fail(f"Invoice {number} was not returned: {_in_english(lambda: say_obstacle(problem.code))}")
    answer(invoice_json(moved), f"Invoice {number} is in review.", as_json=as_json)


def invoice_json(invoice: Any) -> dict[str, Any]:
    """Return an invoice as every command prints it; amounts are strings."""
    return {
        "id": invoice.id,
        "number": invoice.number,
        "kind": invoice.kind,
        "status": invoice.status,
        "delivery": invoice.delivery,
        "payment": invoice.payment,
        "contact": invoice.contact_name,
        "issue_date": invoice.issue_date.isoformat(),
        "due_date": invoice.due_date.isoformat() if invoice.due_date else None,
        "currency": invoice.currency,
        "total_amount": str(invoice.gross_total),
        "outstanding_amount": str(invoice.outstanding_amount),
    }


def _line_json(line: Any) -> dict[str, Any]:
    amounts = ("quantity", "unit_price", "vat_rate", "net_amount", "vat_amount", "gross_amount")
    words = ("description", "item_code", "gl_account_code")
    return (
        {name: getattr(line, name) for name in words}
        | {name: str(getattr(line, name)) for name in amounts}
        | {"vat_type": line.vat_type, "vat_included": line.vat_included}
    )


def _organisations(name: str) -> list[int]:
    """Return the id of the organisation with a name, or of all there are."""
    from sqlalchemy import select

    from webapp.services.accounts import AccountError, find_organisation
    from webapp.store.organisations import Organisation
    from webapp.store.session import current

    if name:
        try:
            return [find_organisation(name).id]
        except AccountError as error:
            fail(error.message)
    return list(current().scalars(select(Organisation.id).order_by(Organisation.id)))


def _find(number: str, organisation: str) -> Any:
    from webapp.queries import invoice

    homes = _organisations(organisation)
    found = [one for one in (invoice.find_number(home, number) for home in homes) if one is not None]
    if not found:
        fail(f"There is no invoice {number}.")
    if len(found) > 1:
        fail(f"Several organisations have an invoice {number}: name one with --organisation.")
    return found[0]


def _refuse(name: str, faults: list[Any], count: int) -> None:
    sentences = _in_english(lambda: _sentences(faults))
    more = [f"… and {count - len(faults)} more."] if count > len(faults) else []
    fail("\n".join([f"Nothing was imported from {name}.", *sentences, *more]))


def _sentences(faults: list[Any]) -> list[str]:
    from webapp.queries.faults import say, where

    return [f"{place}: {text}" if place else text for place, text in ((where(one), say(one)) for one in faults)]


def _in_english(work: Callable[[], Any]) -> Any:
    """Put something into English words: a command has no user whose language it could ask for."""
    from flask_babel import force_locale

    with force_locale("en"):
        return work()
