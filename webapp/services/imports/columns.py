"""The column names of tables, ours and the Dutch ones, and how rows become invoices."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from webapp.domain.drafts import Fault
from webapp.services.contacts import FIELDS
from webapp.services.imports.raw import HEAD, LINE, MOST_ROWS, Found, Part, Raw, Unreadable

_OTHER_NAMES = {
    "number": ("invoice_number", "invoice_no", "factuurnummer", "nummer"),
    "issue_date": ("invoice_date", "date", "factuurdatum", "datum"),
    "due_date": ("vervaldatum",),
    "currency": ("valuta",),
    "subject": ("onderwerp",),
    "remarks": ("opmerkingen", "opmerking"),
    "payment_method": ("betaalwijze",),
    "payment_reference": ("payment_id", "betalingskenmerk"),
    "status": ("factuurstatus",),
    "department": ("afdeling",),
    "contact.code": ("contact_code", "relatienummer", "relatiecode"),
    "contact.name": ("contact_name", "contact", "customer", "relatie", "relatienaam", "klant", "naam"),
    "contact.contact_type": ("contact_type", "relatietype"),
    "contact.email": ("email", "e_mail", "e_mailadres", "emailadres"),
    "contact.address_line_1": ("address_line_1", "address", "adres"),
    "contact.address_line_2": ("address_line_2", "adres_2"),
    "contact.zipcode": ("zipcode", "zip", "postcode"),
    "contact.city": ("city", "plaats", "woonplaats"),
    "contact.country": ("country", "country_code", "land", "landcode"),
    "contact.vat_number": ("vat_number", "btw_nummer"),
    "contact.coc_number": ("coc_number", "kvk_nummer", "ondernemingsnummer"),
    "contact.bank_account": ("bank_account", "iban", "bankrekening", "rekeningnummer"),
    "contact.bic": ("bic",),
    "contact.phone": ("phone", "telefoon"),
    "contact.mobile": ("mobile", "mobiel"),
    "contact.website": ("website",),
    "description": ("omschrijving", "line_description"),
    "quantity": ("aantal",),
    "unit_price": ("price", "prijs", "stuksprijs", "eenheidsprijs"),
    "vat_rate": ("vat_percentage", "vat", "btw", "btw_percentage", "btw_tarief"),
    "vat_type": ("btw_type", "btw_soort", "btw_code"),
    "vat_included": ("inclusief_btw", "incl_btw", "btw_inclusief"),
    "gl_account_code": ("gl_account", "grootboekrekening", "grootboek"),
    "item_code": ("artikelcode", "artikelnummer", "productcode"),
    "product_description": ("product", "artikel"),
    "line.remarks": ("line_remarks", "regelopmerking"),
    "accrual_date": ("transitorisch_vanaf",),
    "accrual_periods": ("transitorische_perioden",),
    "accrual_interval": ("transitorisch_interval",),
}
NAMES = {name: field for field, names in _OTHER_NAMES.items() for name in (field, *names)}
NEEDED = ("number", "issue_date", "contact.name", "description", "unit_price", "vat_rate")
_INSTEAD = {"contact.name": "contact.code"}

Row = tuple[int, list[Any]]
"""A line number of the file and its cells."""


def plain_name(header: str) -> str:
    """Return a column's name as it is compared: `E-mailadres ` is `e_mailadres`."""
    name = re.sub(r"[^a-z0-9.]+", "_", header.strip().lower()).strip("_")
    return name if name in NAMES else re.sub("[._]+", "_", name).strip("_")


def read_table(rows: Iterable[Row]) -> Found:
    """Turn the rows of a table into invoices: one row for each line, the invoice's own columns repeated."""
    stream = iter(rows)
    first = next((row for row in stream if any(_filled(cell) for cell in row[1])), None)
    if first is None:
        raise Unreadable("empty_file")
    found = Found()
    header = _header(first, found)
    if found.faults:
        return found
    grouped: dict[str, Raw] = {}
    for count, (line, cells) in enumerate(_bodies(stream)):
        if count >= MOST_ROWS:
            raise Unreadable("too_many_rows", most=MOST_ROWS)
        if any(_filled(cell) for cell in cells[len(header) :]) or len(cells) < len(header):
            params = {"found": len(cells), "expected": len(header)}
            found.faults.append(Fault("row_width", "", params, {"line": line}))
            continue
        _add_row(grouped, found, line, dict(zip(header, cells, strict=False)), header)
    found.invoices = list(grouped.values())
    if not grouped and not found.faults:
        raise Unreadable("no_rows")
    return found


def _bodies(stream: Iterator[Row]) -> Iterator[Row]:
    return (row for row in stream if any(_filled(cell) for cell in row[1]))


def _header(first: Row, found: Found) -> dict[tuple[str, str], None]:
    """Return the columns in order as (field, name in the file); an unknown one keeps an empty field."""
    line, cells = first
    names = [str(cell).strip() if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    fields = [NAMES.get(plain_name(name), "") for name in names]
    for field, name in zip(fields, names, strict=True):
        if not field and name:
            found.notes.append(Fault("ignored_column", "", {"name": name[:60]}))
    known = [field for field in fields if field]
    if not known:
        found.faults.append(Fault("not_a_header", "", {"names": ", ".join(names)[:200]}, {"line": line}))
        return {}
    for field in sorted({field for field in known if known.count(field) > 1}):
        found.faults.append(Fault("column_twice", field, {"name": field}, {"line": line}))
    for field in NEEDED:
        if field not in known and _INSTEAD.get(field) not in known:
            found.faults.append(Fault("missing_column", field, {"name": field.replace(".", "_")}, {"line": line}))
    return {(field, f"{name}\0{index}"): None for index, (field, name) in enumerate(zip(fields, names, strict=True))}


def _add_row(grouped: dict[str, Raw], found: Found, line: int, cells: dict[tuple[str, str], Any], header: Any) -> None:
    head, contact, item = (Part(place={"line": line}) for _ in range(3))
    for field, key in header:
        if not field:
            continue
        value, column = cells[field, key], key.partition("\0")[0]
        part, name = _home(field, head, contact, item)
        part.columns[name] = column
        if _filled(value):
            part.values[name] = value
    number = str(head.values.get("number", "")).strip()
    if not number:
        found.faults.append(Fault("required", "number", {}, head.place_of("number")))
        return
    known = grouped.setdefault(number, Raw(head, contact))
    known.lines.append(item)
    if known.head is head:
        return
    for mine, theirs in ((head, known.head), (contact, known.contact)):
        for name, value in mine.values.items():
            if theirs.values.setdefault(name, value) != value:
                params = {"line": theirs.place["line"], "value": str(theirs.values[name])[:60]}
                found.faults.append(Fault("differs", name, params, mine.place_of(name)))


def _home(field: str, head: Part, contact: Part, item: Part) -> tuple[Part, str]:
    group, _, name = field.rpartition(".")
    if group == "contact":
        return contact, name
    if group == "line":
        return item, name
    return (head, field) if field in HEAD else (item, field)


def _filled(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


if set(NAMES.values()) != {*HEAD, *(f"contact.{name}" for name in FIELDS), *LINE, "line.remarks"}:
    raise RuntimeError("the column names do not cover the fields of an invoice")
