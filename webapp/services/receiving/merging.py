"""Put a correction into an invoice as it stands: what is left out stays, null clears, items are found by codes."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from webapp.domain.drafts import Fault
from webapp.services.contacts import ContactData
from webapp.services.invoices.data import InvoiceData, LineData, PersonData
from webapp.services.receiving.completing import contact_of, department_of, line_of, made_line, vat_of
from webapp.services.receiving.facts import Facts, InvoiceFacts
from webapp.services.receiving.knowing import Terms
from webapp.services.receiving.wishes import wishes_of
from webapp.store.invoices import Invoice, InvoiceLine

LINE = tuple(field.name for field in fields(LineData))
_APART = {"number", "contact", "lines", "person", "document", "drop_document", "department_id", "status"}
HEAD = tuple(field.name for field in fields(InvoiceData) if field.name not in _APART)
_AMOUNTS = ("line_amount", "line_vat_amount")
NEVER_EMPTY = {
    "issue_date",
    "currency",
    "payment_method",
    "description",
    "quantity",
    "unit_price",
    "vat_rate",
    "vat_type",
}
NULLABLE = {"due_date", "mrp"}
"""What null makes unknown; every other text becomes empty."""


def merged(
    terms: Terms, invoice: Invoice, facts: InvoiceFacts, replace_items: bool, faults: list[Fault]
) -> InvoiceData:
    """Return the invoice as it is with the changes in it; what cannot be merged is added to `faults`."""
    head = _changed({name: getattr(invoice, name) for name in HEAD}, facts.head, "", faults)
    department = invoice.department_id
    if "department" in facts.head:
        department = department_of(terms, facts.head["department"], faults)
    included = facts.head.get("vat_included")
    data = InvoiceData(
        number=invoice.number,
        contact=_contact(invoice, facts.contact),
        lines=(),
        department_id=department,
        person=PersonData(**invoice.contact_person),
        **head,
    )
    usual = included if included is not None else wishes_of(terms).vat_included
    lines = [] if replace_items else [_line(line) for line in invoice.lines]
    if included is not None:
        lines = [replace(line, vat_included=included) for line in lines]
    for index, item in enumerate(facts.items or ()):
        at = f"lines.{index}"
        if not replace_items and not (item.get("item_code") or item.get("barcode")):
            faults.append(Fault("item_unnamed", f"{at}.item_code"))
            continue
        place = None if replace_items else _place(lines, item, at, faults)
        if place is None:
            fresh = _fresh(terms, item, data, at, usual, faults)
            lines += [fresh] if fresh else []
        else:
            lines[place] = _with_changes(terms, lines[place], item, data, at, faults)
    if replace_items and facts.items is None:
        faults.append(Fault("required", "lines"))
    return replace(data, lines=tuple(lines))


def _contact(invoice: Invoice, facts: Facts | None) -> ContactData:
    """Return the contact with what is said of it; without a code or name it is the one that the invoice has."""
    known = invoice.contact
    name, code = (known.name, known.code) if known else (invoice.contact_name, None)
    if not facts or not (facts.get("code") or facts.get("name")):
        facts = {**(facts or {}), "code": code, "name": name}
    elif not facts.get("code"):
        facts = {**facts, "code": code}
    cleared = {key: "" if value is None and key not in ("code", "name") else value for key, value in facts.items()}
    return contact_of(cleared)


def _changed(values: dict[str, Any], changes: Mapping[str, Any], at: str, faults: list[Fault]) -> dict[str, Any]:
    """Return values with the changes in them; null clears what may be empty, and is a fault elsewhere."""
    merged = dict(values)
    for name in values:
        if name not in changes:
            continue
        value = changes[name]
        if value is None and name in NEVER_EMPTY:
            faults.append(Fault("required", f"{at}.{name}" if at else name))
            continue
        merged[name] = value if value is not None or name in NULLABLE else ""
    return merged


def _line(line: InvoiceLine) -> LineData:
    return LineData(**{name: getattr(line, name) for name in LINE})


def _place(lines: Sequence[LineData], item: Facts, at: str, faults: list[Fault]) -> int | None:
    """Return which line an item means, None for a new one; several that fit are a fault, and then any is returned."""
    code, barcode = item.get("item_code"), item.get("barcode")
    found = [
        index
        for index, line in enumerate(lines)
        if (not code or line.item_code == code) and (not barcode or line.barcode == barcode)
    ]
    if len(found) > 1:
        faults.append(Fault("item_ambiguous", f"{at}.item_code"))
    return found[0] if found else None


def _fresh(
    terms: Terms, item: Facts, data: InvoiceData, at: str, included: bool, faults: list[Fault]
) -> LineData | None:
    missing = [name for name in ("description", "quantity") if item.get(name) in (None, "")]
    faults += [Fault("required", f"{at}.{name}") for name in missing]
    if missing:
        return None
    return made_line({"vat_included": included} | line_of(terms, item, data.issue_date, at, faults))


def _with_changes(
    terms: Terms, line: LineData, item: Facts, data: InvoiceData, at: str, faults: list[Fault]
) -> LineData:
    values = _changed({name: getattr(line, name) for name in LINE}, item, at, faults)
    # A price that was never given by itself is the maximum retail price, and goes on being that.
    if item.get("mrp") is not None and "unit_price" not in item and line.unit_price == line.mrp:
        values["unit_price"] = item["mrp"]
    if values["quantity"] != line.quantity or values["unit_price"] != line.unit_price:
        values |= dict.fromkeys(_AMOUNTS)  # what was given for the amount went with the old price
    if ("vat_rate" in item) != ("vat_type" in item):
        values["vat_type"], values["vat_rate"] = vat_of(terms, item, data.issue_date, at, faults)
    return LineData(**values)
