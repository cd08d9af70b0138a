"""From what another system says to a whole invoice: what it leaves out is as the organisation has it."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webapp.domain.drafts import Fault, unfit_sign, vat_country
from webapp.domain.vat import VatType, default_type, percentages
from webapp.services.contacts import FIELDS, ContactData, known_codes
from webapp.services.invoices.data import InvoiceData, InvoiceFaults, LineData
from webapp.services.invoices.drafting import due_date
from webapp.services.invoices.rules import check
from webapp.services.judging import text_faults
from webapp.services.receiving.facts import Facts, InvoiceFacts
from webapp.services.receiving.knowing import Terms
from webapp.services.receiving.wishes import wishes_of
from webapp.store.organisations import Department
from webapp.store.session import current

LAST_YEAR = 2200
HEAD = ("subject", "remarks", "payment_method", "payment_reference")
EXTRAS = {"priority": 20, "created_by": 200, "salesman": 200}
"""What stands on the invoice beside its document, and how long it may be."""


def complete(terms: Terms, facts: InvoiceFacts) -> tuple[InvoiceData, list[Fault]]:
    """Return the invoice that is meant, and everything that is wrong with it; nothing is stored."""
    head = facts.head
    faults: list[Fault] = []
    issued: date = head["issue_date"]
    due = head.get("due_date")
    if due is None and issued.year <= LAST_YEAR:
        due = due_date(issued, terms.payment_days)
    included = head.get("vat_included")
    lines = [line_of(terms, item, issued, f"lines.{index}", faults) for index, item in enumerate(facts.items or ())]
    usual = included if included is not None else wishes_of(terms).vat_included
    data = InvoiceData(
        number=head["number"],
        issue_date=issued,
        due_date=due,
        currency=head.get("currency") or terms.currency,
        contact=contact_of(facts.contact or {}),
        lines=tuple(made_line({"vat_included": usual} | line) for line in lines),
        department_id=department_of(terms, head.get("department"), faults),
        **{name: head[name] for name in HEAD if head.get(name)},
    )
    return data, faults + judge(terms, data, head)


def judge(terms: Terms, data: InvoiceData, head: Facts) -> list[Fault]:
    """Return what is wrong with a whole invoice, and with what stands beside its document."""
    codes = known_codes(terms.id, [data.contact.code] if data.contact.code and not data.contact.name else [])
    faults = check(data, country=terms.country, known_codes=codes)
    for name, most in EXTRAS.items():
        faults += text_faults(head.get(name) or "", name, most)
    return faults


def refuse(faults: list[Fault]) -> None:
    """Raise InvoiceFaults when there are any; what follows from another fault of the same field is left out."""
    unclear = {fault.field.rpartition(".")[0] for fault in faults if fault.code == "vat_type_needed"}
    kept = {
        (fault.field, fault.code): fault
        for fault in faults
        if fault.code != "vat_pair" or fault.field.rpartition(".")[0] not in unclear
    }
    if kept:
        raise InvoiceFaults(list(kept.values()))


def contact_of(facts: Facts) -> ContactData:
    """Return a contact; a code or name of nothing is none."""
    values = {name: facts[name] for name in FIELDS if name in facts}
    for name in ("code", "name", "country"):
        values[name] = values.get(name) or None
    return ContactData(**values)


def line_of(terms: Terms, item: Facts, issued: date, at: str, faults: list[Fault]) -> dict[str, Any]:
    """Return a line's values; the price is the one asked for, else the maximum retail price."""
    values = {name: value for name, value in item.items() if value is not None}
    if "unit_price" not in values:
        if "mrp" not in values:
            faults.append(Fault("required", f"{at}.mrp"))
        values["unit_price"] = values.get("mrp", Decimal(0))
    values["vat_type"], values["vat_rate"] = vat_of(terms, item, issued, at, faults)
    return values


def made_line(values: dict[str, Any]) -> LineData:
    """Return a line of these values."""
    return LineData(**values)


def vat_of(terms: Terms, item: Facts, issued: date, at: str, faults: list[Fault]) -> tuple[int, Decimal]:
    """Return VAT type and rate; one follows from the other, and neither means the country's usual rate."""
    country = vat_country(terms.country)
    kind, rate = item.get("vat_type"), item.get("vat_rate")
    if kind is None and rate is None:
        kind = VatType.HIGH.value
    if kind is None:
        found = default_type(country, rate, on=issued) if rate is not None else None
        if found is None:
            faults.append(Fault("vat_type_needed", f"{at}.vat_type", {"rate": rate}))
        return int(found or VatType.HIGH), rate if rate is not None else Decimal(0)
    if rate is None:
        known = percentages(country, kind, on=issued) or ()
        if len(known) != 1:
            faults.append(Fault("required", f"{at}.vat_rate"))
        return kind, known[0] if known else Decimal(0)
    return kind, rate


def department_of(terms: Terms, name: str | None, faults: list[Fault]) -> int | None:
    """Return the department of that name, None for none; an unknown one is a fault."""
    if not name:
        return None
    query = select(Department.id).where(Department.organisation_id == terms.id, Department.name == name)
    found = None if unfit_sign(name) else current().scalar(query)
    if found is None:
        faults.append(Fault("department", "department", {"value": name[:60]}))
    return found
