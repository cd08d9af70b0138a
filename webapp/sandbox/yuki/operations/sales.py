"""The Sales service: taking sales invoices in, and listing the sales items."""

from collections.abc import Callable
from functools import cache

from webapp.sandbox.yuki.access import Call
from webapp.sandbox.yuki.booking import Verdict, process
from webapp.sandbox.yuki.documents import Schema
from webapp.sandbox.yuki.markup import Value, branch, leaf, without_namespace
from webapp.sandbox.yuki.soap import Answer

RESPONSE_NAMESPACE = "urn:xmlns:http://www.theyukicompany.com:salesinvoicesresponse"
MOST_FAILURES = 6


@cache
def _schema() -> Schema:
    return Schema()


def process_sales_invoices(call: Call) -> Answer:
    """
    The whole document is checked first; then the invoices are booked one by one, each by itself, until six of them have
    failed: what comes after the sixth is only counted as skipped.
    """
    administration = call.administration("administrationId")
    offers = _schema().read(call.document)
    verdicts: list[Verdict] = []
    failures = 0
    for offer in offers:
        verdicts.append(process(call.books, administration, offer, call.language))
        failures += not verdicts[-1].succeeded
        if failures == MOST_FAILURES:
            break
    head: dict[str, Value] = {
        "TimeStamp": call.books.local().date(),
        "AdministrationId": administration.id,
        "TotalSucceeded": len(verdicts) - failures,
        "TotalFailed": failures,
        "TotalSkipped": len(offers) - len(verdicts),
    }
    old = call.books.mode.response_form == "2012"
    parts = [leaf(name, value) for name, value in head.items()] + [_invoice(one, old=old) for one in verdicts]
    return branch(
        "SalesInvoicesImportResponse", *(parts if old else map(without_namespace, parts)), xmlns=RESPONSE_NAMESPACE
    )


def _invoice(verdict: Verdict, *, old: bool) -> str:
    return branch(
        "Invoice",
        leaf("Succeeded", verdict.succeeded),
        leaf("Processed", verdict.processed),
        leaf("EmailSent", verdict.emailed),
        leaf("Reference", verdict.reference),
        leaf("Subject", verdict.subject),
        "" if old else leaf("Contact", verdict.contact),
        leaf("Message", verdict.message),
    )


def schema_path(call: Call) -> Answer:
    return f"{call.base_url}schemas/SalesInvoices.xsd"


def sales_items(call: Call) -> Answer:
    administration = call.administration()
    own = (one for one in call.books.items.values() if one.administration_id == administration.id)
    return [{"id": one.id, "description": one.description} for one in own]


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "ProcessSalesInvoices": process_sales_invoices,
    "SalesInvoiceSchemaPath": schema_path,
    "GetSalesItems": sales_items,
}
