"""The column names of tables, ours and the Dutch ones, and how rows become invoices."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from webapp.domain.drafts import Fault
from webapp.services.contacts import FIELDS
from webapp.services.imports.raw import HEAD, LINE, MOST_ROWS, PERSON, Found, Part, Raw, Unreadable

_OTHER_NAMES = {
    "number": ("invoice_number", "invoice_no", "factuurnummer", "nummer"),
    "issue_date": ("invoice_date", "date", "factuurdatum", "datum"),
    "due_date": ("vervaldatum",),
    "currency": ("valuta",),
    "subject": ("onderwerp",),
    "remarks": ("opmerkingen", "opmerking"),
    "payment_method": ("betaalwijze",),
    "payment_reference": ("payment_id", "betalingskenmerk"),
    "purchase_order_number": ("po_number", "inkoopordernummer", "inkoopnummer"),
    "process": ("direct_verwerken", "verwerken"),
    "email_to_customer": ("per_e_mail_versturen", "e_mail_naar_klant"),
    "sent_to_peppol": ("via_peppol", "peppol"),
    "layout": ("factuurlayout", "lay_out"),
    "notes": ("tekst_op_factuur", "notities"),
    "price_list": ("prijslijst",),
    "project_id": (),
    "project_code": ("projectcode",),
    "document_file_name": ("pdf_naam",),
    "document_base64": ("pdf_base64",),
    "person.full_name": ("contact_person", "contactpersoon"),
    "person.first_name": ("contact_person_first_name", "contactpersoon_voornaam"),
    "person.middle_name": ("contact_person_middle_name", "contactpersoon_tussenvoegsel"),
    "person.last_name": ("contact_person_last_name", "contactpersoon_achternaam"),
    "person.gender": ("contact_person_gender", "contactpersoon_geslacht"),
    "person.email": ("contact_person_email", "contactpersoon_e_mail"),
    "status": ("factuurstatus",),
    "department": ("afdeling",),
    "contact.code": ("contact_code", "relatienummer", "relatiecode"),
    "contact.name": ("contact_name", "contact", "customer", "relatie", "relatienaam", "klant", "naam"),
    "contact.contact_type": ("contact_type", "relatietype"),
    "contact.email": ("email", "e_mail", "e_mailadres", "emailadres"),
    "contact.address_line_1": ("address_line_1", "address", "adres"),
    "contact.address_line_2": ("address_line_2", "adres_2"),
    "contact.area": ("area", "regio"),
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
    "contact.first_name": ("first_name", "voornaam"),
    "contact.middle_name": ("middle_name", "tussenvoegsel"),
    "contact.last_name": ("last_name", "achternaam"),
    "contact.gender": ("gender", "geslacht"),
    "description": ("omschrijving", "line_description"),
    "quantity": ("aantal",),
    "unit_price": ("price", "prijs", "stuksprijs", "eenheidsprijs"),
    "vat_rate": ("vat_percentage", "vat", "btw", "btw_percentage", "btw_tarief"),
    "vat_type": ("btw_type", "btw_soort", "btw_code"),
    "vat_included": ("inclusief_btw", "incl_btw", "btw_inclusief"),
    "gl_account_code": ("gl_account", "grootboekrekening", "grootboek"),
    "item_code": ("artikelcode", "artikelnummer", "productcode"),
    "activity_code": ("activity", "activiteit", "activiteitcode"),
    "product_description": ("product", "artikel"),
    "product_remarks": ("artikelopmerking",),
    "category": ("product_category", "artikelcategorie"),
    "vat_description": ("btw_omschrijving",),
    "price_from_list": ("prijs_uit_prijslijst",),
    "line_amount": ("regelbedrag",),
    "line_vat_amount": ("regelbedrag_btw", "btw_bedrag"),
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
        found.faults.append(Fault("column_twice", field, {"name": field.replace(".", "_")}, {"line": line}))
    for field in NEEDED:
        if field not in known and _INSTEAD.get(field) not in known:
            found.faults.append(Fault("missing_column", field, {"name": field.replace(".", "_")}, {"line": line}))
    return {(field, f"{name}\0{index}"): None for index, (field, name) in enumerate(zip(fields, names, strict=True))}


def _add_row(grouped: dict[str, Raw], found: Found, line: int, cells: dict[tuple[str, str], Any], header: Any) -> None:
    head, contact, person, item = (Part(place={"line": line}) for _ in range(4))
    for field, key in header:
        if not field:
            continue
        value, column = cells[field, key], key.partition("\0")[0]
        part, name = _home(field, {"": head, "contact": contact, "person": person, "line": item})
        part.columns[name] = column
        if _filled(value):
            part.values[name] = value
    number = str(head.values.get("number", "")).strip()
    if not number:
        # What else is wrong with the row is told as well, as of an invoice of its own.
        found.faults.append(Fault("required", "number", {}, head.place_of("number")))
        grouped[f"\0{line}"] = Raw(head, contact, [item], person, told=frozenset({"number"}))
        return
    known = grouped.setdefault(number, Raw(head, contact, person=person))
    known.lines.append(item)
    if known.head is head:
        return
    for mine, theirs in ((head, known.head), (contact, known.contact), (person, known.person)):
        for name, value in mine.values.items():
            if theirs.values.setdefault(name, value) != value:
                params = {"line": theirs.place["line"], "value": str(theirs.values[name])[:60]}
                found.faults.append(Fault("differs", name, params, mine.place_of(name)))


def _home(field: str, parts: dict[str, Part]) -> tuple[Part, str]:
    group, _, name = field.rpartition(".")
    if not group and field not in HEAD:
        group = "line"
    return parts[group], name


def _filled(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


_ALL = {*HEAD, *(f"contact.{name}" for name in FIELDS), *(f"person.{name}" for name in PERSON), *LINE, "line.remarks"}
if set(NAMES.values()) != _ALL:
    raise RuntimeError("the column names do not cover the fields of an invoice")
