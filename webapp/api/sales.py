"""Invoices from other systems: brought in, and corrected after they were returned."""

from flask import Blueprint, Response

from webapp.api import bodies
from webapp.api.access import access, calling
from webapp.api.answers import Refusal, answer
from webapp.api.describing import describe
from webapp.api.models import DuplicateAnswer, Failure, ImportAnswer, ImportBody, UpdateAnswer, UpdateBody
from webapp.api.naming import facts_of, invalid
from webapp.services import receiving
from webapp.services.invoices import InvoiceFaults
from webapp.services.payloads import payload

blueprint = Blueprint("api_sales", __name__, url_prefix="/api/sales")
OBSTACLES = {
    "not_found": "There is no invoice with this invoice_no.",
    "not_in_review": "Only an invoice that was returned for correction (state REVIEW) can be updated.",
    "in_progress": "The invoice is on its way to the books; it cannot be updated now.",
    "settled": "Payments or credits are set against the invoice; its total cannot change any more.",
    "in_books": "The invoice is booked; it cannot be updated any more.",
}
REFUSALS = {400: Failure, 401: Failure, 403: Failure, 413: Failure, 429: Failure}


@blueprint.post("/import/invoice/", strict_slashes=False)
@access("staff", scope="import", feature="import_api")
@describe("Import an invoice", body=ImportBody, answers={201: ImportAnswer, 409: DuplicateAnswer, **REFUSALS})
def import_invoice() -> Response:
    """Take one invoice with its customer and items.

    `invoice_no` is the idempotency key: an invoice that was sent before is answered with 409 and the id of the
    first one, so that a call whose answer was lost can be repeated safely.
    """
    facts = facts_of(bodies.read(ImportBody))
    try:
        taken = receiving.accept(calling().actor, facts)
    except InvoiceFaults as problem:
        raise invalid(problem) from None
    except receiving.Duplicate as found:
        return _conflict(found)
    data = {"id": taken.id, "invoice_no": taken.number, "total_amount": taken.total}
    return answer({"success": True, "message": "Invoice imported successfully", "data": data}, 201)


def _conflict(found: receiving.Duplicate) -> Response:
    message = "Invoice with this invoice_no already exists."
    data = {"id": found.invoice_id, "invoice_no": found.number}
    if not found.same:
        message = "Invoice with this invoice_no already exists with other content; nothing was changed."
        data["same_content"] = False
    return answer({"success": False, "message": message, "data": data}, 409)


@blueprint.patch("/update/invoice/", strict_slashes=False)
@access("staff", scope="import", feature="import_api")
@describe(
    "Correct an invoice that was returned",
    body=UpdateBody,
    answers={200: UpdateAnswer, 404: Failure, 409: Failure, **REFUSALS},
)
def update_invoice() -> Response:
    """Correct an invoice in review: what is left out stays, null clears what may be empty.

    Items are found by `item_code` and `barcode`; one that is not found is added. With `replace_items` the given items
    take the place of all. In any other state, and once it is booked, the invoice is left as it is.
    """
    body = bodies.read(UpdateBody)
    try:
        invoice = receiving.correct(
            calling().actor, facts_of(body), replace_items=body.replace_items, notes=body.resolution_notes or ""
        )
    except InvoiceFaults as problem:
        raise invalid(problem) from None
    except receiving.Obstacle as obstacle:
        raise _refusal(obstacle, body.invoice_no) from None
    data = {
        "id": invoice.id,
        "invoice_no": invoice.number,
        "status": invoice.status,
        "net_amount": invoice.net_total,
        "vat_amount": invoice.vat_total,
        "total_amount": invoice.gross_total,
        "invoice": payload(invoice),
    }
    return answer({"success": True, "message": "Invoice updated successfully", "data": data})


def _refusal(obstacle: receiving.Obstacle, number: str) -> Refusal:
    message = OBSTACLES[obstacle.code]
    if obstacle.invoice_id is None:
        return Refusal(404, message)
    data = {
        "id": obstacle.invoice_id,
        "invoice_no": number,
        "status": obstacle.status,
        "delivery": obstacle.delivery,
    }
    return Refusal(409, message, data=data)
