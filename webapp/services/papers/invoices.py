"""The PDF of an invoice: made anew each time it is asked for, from what the invoice says."""

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp.domain.documents import PaymentMethod
from webapp.domain.invoices import FETCHED_SOURCES, DocumentStatus, InvoiceKind
from webapp.domain.totals import LineInput, calculate
from webapp.extensions import clock
from webapp.papers.facts import InvoicePaper, PaperKind, PaperLine, Party, Seller, VatRow
from webapp.papers.words import language_of
from webapp.services.papers.wording import file_name, payment_words
from webapp.services.sellers import logo_of, seller_of
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.session import current

NOT_ISSUED = frozenset({DocumentStatus.PROPOSED, DocumentStatus.DRAFT, DocumentStatus.APPROVED})
BY_TRANSFER = frozenset({PaymentMethod.ELECTRONIC_TRANSFER, PaymentMethod.UNSPECIFIED, PaymentMethod.TO_SETTLE})
LANGUAGES = ("nl", "en", "hu")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is handed out or sent."""

    name: str
    content: bytes = field(repr=False)
    language: str = ""


def paper_obstacle(invoice: Invoice) -> str:
    """Return why no paper of ours can be made of an invoice; "" when one can.

    One of `not_ours` (its supplier made it), `fetched` (its source made it), `no_lines`.
    """
    if invoice.kind != InvoiceKind.SALES:
        return "not_ours"
    if invoice.source in FETCHED_SOURCES:
        return "fetched"
    return "" if invoice.lines else "no_lines"


def find_invoice(organisation_id: int, invoice_id: int) -> Invoice | None:
    """Return an invoice with all that its paper says."""
    return current().scalar(
        select(Invoice)
        .where(Invoice.organisation_id == organisation_id, Invoice.id == invoice_id)
        .options(joinedload(Invoice.contact), selectinload(Invoice.lines))
    )


def invoice_pdf(invoice: Invoice, *, language: str = "") -> File:
    """Return the PDF of an invoice, in `language` or in the customer's; nothing is stored."""
    # Imported here: what draws, with its fonts and pictures, takes as long to load as all the rest of a process.
    from webapp.papers.invoice import draw_invoice

    chosen = language if language in LANGUAGES else language_of(_country(invoice))
    with force_locale(chosen):
        paper = paper_of(invoice)
        return File(
            f"{ascii_name(file_name(paper.kind, paper.number))}.pdf", draw_invoice(paper, made_at=clock.now()), chosen
        )


def ascii_name(text: str) -> str:
    """Return a text as the name of a file that every mail program and system takes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _UNFIT.sub("-", plain).strip("-.") or "document"


def paper_of(invoice: Invoice) -> InvoicePaper:
    """Return what the paper of an invoice says, in the language that is set."""
    kind = kind_of(invoice)
    included = bool(invoice.lines) and all(line.vat_included for line in invoice.lines)
    asks = kind is PaperKind.INVOICE and invoice.status != DocumentStatus.CANCELLED
    by_transfer = invoice.payment_method in BY_TRANSFER
    return InvoicePaper(
        kind=kind,
        number="" if kind is PaperKind.PRO_FORMA else invoice.number,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        seller=seller_facts(invoice.organisation_id),
        buyer=buyer_facts(invoice),
        lines=tuple(_line(line, included=included) for line in invoice.lines),
        vat=_vat_rows(invoice),
        net=invoice.net_total,
        vat_total=invoice.vat_total,
        gross=invoice.gross_total,
        prices_include_vat=included,
        contact_person=invoice.contact_person.get("full_name", ""),
        contact_code=(invoice.contact.code or "") if invoice.contact else "",
        purchase_order=invoice.purchase_order_number,
        payment_reference=invoice.payment_reference,
        subject=invoice.subject,
        remarks=invoice.remarks,
        credited_number=_credited_number(invoice),
        cancelled=invoice.status == DocumentStatus.CANCELLED,
        received=invoice.gross_total - invoice.outstanding_amount if asks else Decimal(0),
        due=invoice.outstanding_amount if asks and by_transfer else None,
        payment="" if by_transfer or not asks else payment_words(invoice.payment_method),
    )


def kind_of(invoice: Invoice) -> PaperKind:
    """Return what the paper of an invoice is; what is not authorised yet is a pro forma."""
    if invoice.status in NOT_ISSUED:
        return PaperKind.PRO_FORMA
    return PaperKind.CREDIT_NOTE if invoice.gross_total < 0 else PaperKind.INVOICE


def seller_facts(organisation_id: int) -> Seller:
    """Return who an organisation is on its papers, with its logo."""
    kept, logo = seller_of(organisation_id), logo_of(organisation_id)
    street = tuple(one for one in (kept.address_line_1, kept.address_line_2) if one)
    party = Party(
        kept.name, street, kept.zipcode, kept.city, kept.country, vat_number=kept.vat_number, coc_number=kept.coc_number
    )
    return Seller(
        party,
        iban=kept.iban,
        bic=kept.bic,
        email=kept.email,
        phone=kept.phone,
        website=kept.website,
        logo=logo.content if logo else None,
    )


def buyer_facts(invoice: Invoice) -> Party:
    """Return the customer as the paper names him."""
    contact = invoice.contact or Contact(name=invoice.contact_name)
    street = tuple(one for one in (contact.address_line_1, contact.address_line_2, contact.area) if one)
    return Party(
        contact.name,
        street,
        contact.zipcode or "",
        contact.city or "",
        contact.country or "",
        vat_number=contact.vat_number or "",
        coc_number=contact.coc_number or "",
    )


def _country(invoice: Invoice) -> str:
    return invoice.contact.country if invoice.contact else ""


def _line(line: InvoiceLine, *, included: bool) -> PaperLine:
    # Where lines differ in whether their price includes VAT, the paper shows all of them without it.
    price = line.unit_price
    if line.vat_included and not included:
        price = (line.net_amount / line.quantity).quantize(Decimal("0.01")) if line.quantity else line.net_amount
    return PaperLine(
        description=line.description or line.product_description,
        remarks=line.remarks,
        quantity=line.quantity,
        unit_price=price,
        vat_type=line.vat_type,
        vat_rate=line.vat_rate,
        amount=line.gross_amount if included else line.net_amount,
    )


def _vat_rows(invoice: Invoice) -> tuple[VatRow, ...]:
    lines = [
        LineInput(
            line.quantity,
            line.unit_price,
            line.vat_rate,
            vat_included=line.vat_included,
            vat_type=line.vat_type,
            line_amount=line.line_amount,
            line_vat_amount=line.line_vat_amount,
        )
        for line in invoice.lines
    ]
    summary = calculate(lines, invoice.currency).per_line.summary
    return tuple(VatRow(row.vat_type or 0, row.vat_rate, row.net, row.vat) for row in summary)


def _credited_number(invoice: Invoice) -> str:
    if invoice.credited_invoice_id is None:
        return ""
    return current().scalar(select(Invoice.number).where(Invoice.id == invoice.credited_invoice_id)) or ""
