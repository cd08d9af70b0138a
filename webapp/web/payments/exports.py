"""The history of payments as a file, CSV or XLSX, with the filters of the list."""

import csv
import io
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_login import current_user
from openpyxl import Workbook

from webapp.queries import payments as queries
from webapp.queries.ledger_words import SOURCES
from webapp.web.payments.blueprint import blueprint
from webapp.web.payments.lists import read_filters
from webapp.web.policy import allow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_IN_MEMORY = 2_000_000


@blueprint.get("/export.csv")
@allow("viewer")
def export_csv() -> Response:
    """Give all payments that match as CSV: UTF-8, amounts with a point, one line each."""
    rows = queries.export(current_user.organisation_id, read_filters())
    text = "".join(_lines(_head(), rows))
    return _file(Response(text, mimetype="text/csv; charset=utf-8"), "csv")


@blueprint.get("/export.xlsx")
@allow("viewer")
def export_xlsx() -> Response:
    """Give all payments that match as a workbook, with dates and amounts that can be counted with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Payments"))
    sheet.append(_head())
    for row in queries.export(current_user.organisation_id, read_filters()):
        sheet.append([safe(value) for value in _cells(row)])
    with SpooledTemporaryFile(MOST_IN_MEMORY) as file:
        book.save(file)
        file.seek(0)
        return _file(Response(file.read(), mimetype=XLSX), "xlsx")


def safe(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(DANGEROUS) else value


def _head() -> list[str]:
    return [
        _("Date"),
        _("Kind of date"),
        _("Kind"),
        _("Source"),
        _("Contact"),
        _("Invoice"),
        _("Amount"),
        _("Unapplied"),
        _("Currency"),
    ]


def _cells(row: queries.PaymentRow) -> list[Any]:
    kinds = {"received": _("Received"), "reversed": _("Reversed"), "credit": _("Credit note settled")}
    return [
        row.received_on,
        _("Seen on") if row.seen_on else _("Received on"),
        kinds[row.kind],
        str(SOURCES.get(row.source, row.source)),
        row.contact_name,
        row.number,
        row.amount,
        row.unapplied,
        row.currency,
    ]


def _lines(head: list[str], rows: Iterable[queries.PaymentRow]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(head)
    for row in rows:
        writer.writerow([safe(value) for value in _cells(row)])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _file(response: Response, ending: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="payments.{ending}"'
    return response
