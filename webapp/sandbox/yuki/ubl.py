"""Writes an invoice as UBL 2.1, which is what the archive holds of invoices that Yuki did not make itself."""

from webapp.sandbox.yuki.markup import branch, cents, leaf
from webapp.sandbox.yuki.records import Administration, Booking, Line

_SPACES = {
    "xmlns": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "xmlns:cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "xmlns:cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}


def make_ubl(booking: Booking, administration: Administration) -> str:
    """Return the invoice: supplier and customer change places between purchase and sales."""
    contact, own = _party(booking.contact_name), _party(administration.name, administration.vat_number)
    supplier, customer = (contact, own) if booking.kind == "purchase" else (own, contact)
    currency = booking.currency
    return branch(
        "Invoice",
        leaf("cbc:ID", booking.reference),
        leaf("cbc:IssueDate", booking.date),
        leaf("cbc:DueDate", booking.due_date),
        leaf("cbc:InvoiceTypeCode", 380),
        leaf("cbc:DocumentCurrencyCode", currency),
        branch("cac:AccountingSupplierParty", supplier),
        branch("cac:AccountingCustomerParty", customer),
        branch("cac:TaxTotal", leaf("cbc:TaxAmount", cents(booking.vat), currencyID=currency)),
        branch(
            "cac:LegalMonetaryTotal",
            leaf("cbc:LineExtensionAmount", cents(booking.net), currencyID=currency),
            leaf("cbc:TaxExclusiveAmount", cents(booking.net), currencyID=currency),
            leaf("cbc:TaxInclusiveAmount", cents(booking.total), currencyID=currency),
            leaf("cbc:PayableAmount", cents(booking.total), currencyID=currency),
        ),
        *(_line(number, line, currency) for number, line in enumerate(booking.lines, 1)),
        **_SPACES,
    )


def _party(name: str, vat_number: str = "") -> str:
    parts = [branch("cac:PartyName", leaf("cbc:Name", name))]
    if vat_number:
        parts.append(branch("cac:PartyTaxScheme", leaf("cbc:CompanyID", vat_number)))
    return branch("cac:Party", *parts)


def _line(number: int, line: Line, currency: str) -> str:
    return branch(
        "cac:InvoiceLine",
        leaf("cbc:ID", number),
        leaf("cbc:InvoicedQuantity", line.quantity, unitCode="C62"),
        leaf("cbc:LineExtensionAmount", cents(line.net), currencyID=currency),
        branch(
            "cac:Item",
            leaf("cbc:Name", line.description),
            branch("cac:ClassifiedTaxCategory", leaf("cbc:ID", "S"), leaf("cbc:Percent", line.vat_percentage)),
        ),
        branch("cac:Price", leaf("cbc:PriceAmount", line.price, currencyID=currency)),
    )
