"""The electronic invoice (UBL) of an invoice, as it was issued; what it breaks is said instead of handing it out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from webapp.domain.addresses import endpoint, registration, vat_identifier
from webapp.domain.documents import PaymentMethod
from webapp.domain.einvoice import CREDIT_NOTE, INVOICE, EInvoice, ELine, EParty, EVat, category_of, findings
from webapp.papers.facts import PaperKind
from webapp.papers.ubl import write_ubl
from webapp.services.papers.invoices import BY_TRANSFER, File, ascii_name, kind_of
from webapp.services.sellers import seller_of
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.session import current

CARDS = frozenset({PaymentMethod.CREDIT_CARD, PaymentMethod.DEBIT_CARD})
_FINE = Decimal("0.0000000001")


class UblProblem(Exception):
    """An invoice that cannot be an electronic one; `rules` are the names of the rules that it breaks."""

    def __init__(self, rules: tuple[str, ...]) -> None:
        super().__init__(", ".join(rules))
        self.rules = rules


def invoice_ubl(invoice: Invoice) -> File:
    """Return the UBL of an invoice; raises UblProblem where it breaks the rules that are checked here."""
    if kind_of(invoice) is PaperKind.PRO_FORMA:
        raise UblProblem(("not_issued",))
    made = einvoice_of(invoice)
    broken = findings(made)
    if broken:
        raise UblProblem(broken)
    return File(f"{ascii_name(invoice.number)}.xml", write_ubl(made))


def einvoice_of(invoice: Invoice) -> EInvoice:
    """Return an invoice in the terms of EN 16931; amounts of a credit note turned positive."""
    credit = kind_of(invoice) is PaperKind.CREDIT_NOTE
    sign = -1 if credit else 1
    seller, contact = seller_of(invoice.organisation_id), invoice.contact or Contact(name=invoice.contact_name)
    lines = tuple(_line(line, sign) for line in invoice.lines)
    return EInvoice(
        kind=CREDIT_NOTE if credit else INVOICE,
        number=invoice.number,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        note=" ".join([invoice.subject, *invoice.remarks.split()]).strip(),
        buyer_reference=invoice.purchase_order_number or (contact.code or ""),
        order_number=invoice.purchase_order_number,
        preceding=_preceding(invoice),
        seller=replace(_party(seller), contact=seller.name),
        buyer=replace(_party(contact), contact=invoice.contact_person.get("full_name", "")),
        lines=lines,
        vat=_breakdown(invoice, sign),
        net=sign * invoice.net_total,
        vat_total=sign * invoice.vat_total,
        gross=sign * invoice.gross_total,
        payable=sign * invoice.gross_total,
        means=_means(invoice, has_iban=bool(seller.iban)),
        payment_reference=invoice.payment_reference or invoice.number,
        iban=seller.iban,
        bic=seller.bic,
    )


def _party(found: object) -> EParty:
    """Return a seller or a contact; both call their fields by the same names."""
    facts = {name: getattr(found, name) or "" for name in ("country", "coc_number", "vat_number", "email")}
    vat = vat_identifier(facts["country"], facts["vat_number"])
    return EParty(
        name=getattr(found, "name", ""),
        street=getattr(found, "address_line_1", "") or "",
        street_2=getattr(found, "address_line_2", "") or "",
        zipcode=getattr(found, "zipcode", "") or "",
        city=getattr(found, "city", "") or "",
        country=facts["country"],
        vat_number=vat,
        registration=registration(facts["country"], facts["coc_number"]),
        endpoint=endpoint(facts["country"], number=facts["coc_number"], vat_number=vat),
        email=facts["email"],
        phone=getattr(found, "phone", "") or "",
    )


def _line(line: InvoiceLine, sign: int) -> ELine:
    net, quantity = sign * line.net_amount, sign * line.quantity
    if quantity == 0:
        quantity = Decimal(1 if net >= 0 else -1)
    price = line.unit_price if not line.vat_included else (net / quantity).quantize(_FINE)
    if abs(quantity * price - net) > Decimal("0.02"):
        price = (net / quantity).quantize(_FINE)  # an amount that was given takes the place of what is computed
    if price < 0:
        price, quantity = -price, -quantity
    name = line.product_description or line.description or line.item_code
    note = line.description if line.product_description and line.description != name else ""
    return ELine(
        identity=str(line.position),
        name=" ".join(name.split()),
        note=" ".join([*note.split(), *line.remarks.split()]),
        quantity=quantity,
        net=net,
        price=price,
        category=category_of(line.vat_type, line.vat_rate),
        rate=line.vat_rate,
        item_code=line.item_code,
    )


def _breakdown(invoice: Invoice, sign: int) -> tuple[EVat, ...]:
    rows: dict[tuple[str, Decimal], EVat] = {}
    for line in invoice.lines:
        key = (category_of(line.vat_type, line.vat_rate), line.vat_rate)
        row = rows.get(key, EVat(*key, Decimal("0.00"), Decimal("0.00")))
        rows[key] = replace(row, net=row.net + sign * line.net_amount, vat=row.vat + sign * line.vat_amount)
    return tuple(rows.values())


def _means(invoice: Invoice, *, has_iban: bool) -> str:
    """Return how it is paid (UNCL4461), "" where no code says it that every country takes."""
    if invoice.payment_method in BY_TRANSFER:
        return "58" if invoice.currency == "EUR" and has_iban else "30"
    if invoice.payment_method == PaymentMethod.DIRECT_COLLECTION:
        return "59" if invoice.currency == "EUR" else "49"
    return "48" if invoice.payment_method in CARDS else ""


def _preceding(invoice: Invoice) -> tuple[str, date | None]:
    if invoice.credited_invoice_id is None:
        return "", None
    original = current().get_one(Invoice, invoice.credited_invoice_id)
    return original.number, original.issue_date
