"""Write an electronic invoice as UBL 2.1, in the order of its schema and the words of Peppol BIS Billing 3.0."""

from decimal import Decimal
from xml.etree import ElementTree as ET

from webapp.domain.einvoice import CREDIT_NOTE, REASONS, EInvoice, ELine, EParty, EVat

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOTS = "urn:oasis:names:specification:ubl:schema:xsd:{0}-2"
CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
PIECE = "C62"
"""The unit of quantities, "one": invoices here name no other."""


def write_ubl(invoice: EInvoice) -> bytes:
    """Return the document; every text is escaped, and signs that XML cannot carry are left out."""
    credit = invoice.kind == CREDIT_NOTE
    root = ET.Element(
        f"{{{ROOTS.format('CreditNote' if credit else 'Invoice')}}}{'CreditNote' if credit else 'Invoice'}"
    )
    _head(root, invoice, credit=credit)
    _party(_under(root, "AccountingSupplierParty"), invoice.seller, seller=True)
    _party(_under(root, "AccountingCustomerParty"), invoice.buyer, seller=False)
    _means(root, invoice)
    _tax(root, invoice)
    totals = _under(root, "LegalMonetaryTotal")
    pairs = (
        ("LineExtensionAmount", invoice.net),
        ("TaxExclusiveAmount", invoice.net),
        ("TaxInclusiveAmount", invoice.gross),
        ("PayableAmount", invoice.payable),
    )
    for name, amount in pairs:
        _amount(totals, name, amount, invoice.currency)
    for line in invoice.lines:
        _line(root, line, invoice.currency, credit=credit)
    ET.register_namespace("cac", CAC)
    ET.register_namespace("cbc", CBC)
    ET.indent(root)
    # The default namespace of the document is its own; ElementTree would call it ns0.
    space = ROOTS.format("CreditNote" if credit else "Invoice")
    ET.register_namespace("ubl", space)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _head(root: ET.Element, invoice: EInvoice, *, credit: bool) -> None:
    _text(root, "CustomizationID", CUSTOMIZATION)
    _text(root, "ProfileID", PROFILE)
    _text(root, "ID", invoice.number)
    _text(root, "IssueDate", invoice.issue_date.isoformat())
    if invoice.due_date and not credit:
        _text(root, "DueDate", invoice.due_date.isoformat())
    _text(root, "CreditNoteTypeCode" if credit else "InvoiceTypeCode", invoice.kind)
    _text(root, "Note", invoice.note)
    _text(root, "DocumentCurrencyCode", invoice.currency)
    _text(root, "BuyerReference", invoice.buyer_reference)
    if invoice.order_number:
        _text(_under(root, "OrderReference"), "ID", invoice.order_number)
    number, day = invoice.preceding
    if number:
        reference = _under(_under(root, "BillingReference"), "InvoiceDocumentReference")
        _text(reference, "ID", number)
        _text(reference, "IssueDate", day.isoformat() if day else "")


def _party(parent: ET.Element, party: EParty, *, seller: bool) -> None:
    node = _under(parent, "Party")
    scheme, identifier = party.endpoint
    if identifier:
        _text(node, "EndpointID", identifier, schemeID=scheme)
    address = _under(node, "PostalAddress")
    _text(address, "StreetName", party.street)
    _text(address, "AdditionalStreetName", party.street_2)
    _text(address, "CityName", party.city)
    _text(address, "PostalZone", party.zipcode)
    _text(_under(address, "Country"), "IdentificationCode", party.country)
    if party.vat_number:
        tax = _under(node, "PartyTaxScheme")
        _text(tax, "CompanyID", party.vat_number)
        _text(_under(tax, "TaxScheme"), "ID", "VAT")
    legal = _under(node, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.name)
    scheme, identifier = party.registration
    if identifier:
        _text(legal, "CompanyID", identifier, **({"schemeID": scheme} if scheme else {}))
    if party.contact or (seller and (party.email or party.phone)):
        contact = _under(node, "Contact")
        _text(contact, "Name", party.contact)
        _text(contact, "Telephone", party.phone)
        _text(contact, "ElectronicMail", party.email)


def _means(root: ET.Element, invoice: EInvoice) -> None:
    if not invoice.means:
        return
    means = _under(root, "PaymentMeans")
    _text(means, "PaymentMeansCode", invoice.means)
    _text(means, "PaymentID", invoice.payment_reference)
    if invoice.iban and invoice.means in ("30", "58"):
        account = _under(means, "PayeeFinancialAccount")
        _text(account, "ID", invoice.iban)
        _text(account, "Name", invoice.seller.name)
        if invoice.bic:
            _text(_under(account, "FinancialInstitutionBranch"), "ID", invoice.bic)


def _tax(root: ET.Element, invoice: EInvoice) -> None:
    total = _under(root, "TaxTotal")
    _amount(total, "TaxAmount", invoice.vat_total, invoice.currency)
    for row in invoice.vat:
        part = _under(total, "TaxSubtotal")
        _amount(part, "TaxableAmount", row.net, invoice.currency)
        _amount(part, "TaxAmount", row.vat, invoice.currency)
        _category(_under(part, "TaxCategory"), row)


def _category(node: ET.Element, row: EVat) -> None:
    _text(node, "ID", row.category)
    _text(node, "Percent", _plain(row.rate))
    code, words = REASONS.get(row.category, ("", ""))
    _text(node, "TaxExemptionReasonCode", code)
    _text(node, "TaxExemptionReason", words)
    _text(_under(node, "TaxScheme"), "ID", "VAT")


def _line(root: ET.Element, line: ELine, currency: str, *, credit: bool) -> None:
    node = _under(root, "CreditNoteLine" if credit else "InvoiceLine")
    _text(node, "ID", line.identity)
    _text(node, "Note", line.note)
    _text(node, "CreditedQuantity" if credit else "InvoicedQuantity", _plain(line.quantity), unitCode=PIECE)
    _amount(node, "LineExtensionAmount", line.net, currency)
    item = _under(node, "Item")
    _text(item, "Name", line.name)
    if line.item_code:
        _text(_under(item, "SellersItemIdentification"), "ID", line.item_code)
    category = _under(item, "ClassifiedTaxCategory")
    _text(category, "ID", line.category)
    _text(category, "Percent", _plain(line.rate))
    _text(_under(category, "TaxScheme"), "ID", "VAT")
    price = _text(_under(node, "Price"), "PriceAmount", _plain(line.price))
    price.set("currencyID", currency)


def _under(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{CAC}}}{name}")


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    """Add a text; nothing is added for an empty one, since an empty element is an error in Peppol (R008)."""
    plain = "".join(sign for sign in text if _is_xml(sign)).strip()
    node = ET.Element(f"{{{CBC}}}{name}", attributes)
    if plain:
        node.text = plain
        parent.append(node)
    return node


def _amount(parent: ET.Element, name: str, amount: Decimal, currency: str) -> None:
    _text(parent, name, f"{amount:.2f}", currencyID=currency)


def _plain(value: Decimal) -> str:
    return format(value.normalize() + 0, "f")


def _is_xml(sign: str) -> bool:
    code = ord(sign)
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
