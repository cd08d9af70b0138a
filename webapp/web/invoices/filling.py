"""What is stored becomes what the form shows."""

from typing import Any

from webapp.queries.numbers import plain_number, plain_price
from webapp.queries.vat_words import pair
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.web.invoices.forms import GOODS, LINE_LONG_TEXTS, LINE_TEXTS
from webapp.web.invoices.typed import CONTACT_FIELDS, HEAD_TEXTS, LONG_TEXTS

_FLAGS = ("email_to_customer", "sent_to_peppol")


def values_of(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice as the form shows it."""
    plain = (*HEAD_TEXTS, *LONG_TEXTS, *_FLAGS, "currency", "payment_method")
    return {
        **{name: getattr(invoice, name) for name in plain},
        "issue_date": invoice.issue_date.isoformat(),
        "due_date": invoice.due_date.isoformat() if invoice.due_date else "",
        "processing": {True: "1", False: "0"}.get(invoice.process) if invoice.process is not None else "",
        "department_id": str(invoice.department_id or ""),
        "revision": str(invoice.revision),
        "lines": [line_values(line) for line in invoice.lines],
        **{f"person_{name}": said for name, said in invoice.contact_person.items()},
        **(contact_values(invoice.contact) if invoice.contact else {"contact_name": invoice.contact_name}),
    }


def line_values(line: InvoiceLine) -> dict[str, Any]:
    """Return a line as the form shows it."""
    plain = (*LINE_TEXTS, *LINE_LONG_TEXTS, "description", "vat_included", "price_from_list")
    whole = ("category", "accrual_date", "accrual_periods", "accrual_interval", *GOODS)
    amounts = {"line_amount": line.line_amount, "line_vat_amount": line.line_vat_amount}
    return {
        **{name: getattr(line, name) for name in plain},
        **{name: "" if getattr(line, name) is None else str(getattr(line, name)) for name in whole},
        **{name: "" if amount is None else plain_price(amount) for name, amount in amounts.items()},
        "quantity": plain_number(line.quantity),
        "unit_price": plain_price(line.unit_price),
        "vat": pair(line.vat_type, line.vat_rate),
    }


def contact_values(contact: Contact) -> dict[str, Any]:
    """Return a contact as the form shows it."""
    known = {f"contact_{name}": getattr(contact, name) or "" for name in CONTACT_FIELDS}
    return {"contact_id": str(contact.id), "contact_cleared": list(contact.cleared), **known}
