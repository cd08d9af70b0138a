"""Make and change an invoice in a form, with or without JavaScript."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.drafts import Fault, edit_obstacle
from webapp.domain.invoices import DocumentStatus
from webapp.domain.money import AmountError
from webapp.domain.totals import Calculation
from webapp.domain.vat import VatType
from webapp.queries import contacts, history, invoice, invoices
from webapp.queries.faults import say_obstacle
from webapp.queries.invoice_filters import today
from webapp.queries.vat_words import pair, vat_word
from webapp.services.contacts import ContactData
from webapp.services.invoices import (
    InvoiceData,
    InvoiceError,
    InvoiceFaults,
    create,
    faults_of,
    update,
)
from webapp.services.invoices.drafting import due_date
from webapp.services.invoices.rules import MOST_LINES, totals_of
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.web.acting import acting
from webapp.web.invoices.blueprint import blueprint, read_filters
from webapp.web.invoices.filling import contact_values, values_of
from webapp.web.invoices.forms import InvoiceForm
from webapp.web.invoices.typed import Typed, tell, title
from webapp.web.policy import allow

_LINE_NAME = re.compile(r"lines-(\d{1,9})-")


@blueprint.get("/new")
@allow("staff")
def new() -> str:
    """Show an empty form; the number comes when the invoice is authorised."""
    organisation = _organisation()
    on = today()
    form = InvoiceForm(
        data={
            "issue_date": on.isoformat(),
            "due_date": due_date(on, organisation.payment_days).isoformat(),
            "currency": organisation.currency,
            "contact_country": organisation.country,
            "contact_contact_type": "Company",
            "lines": [{"quantity": "1", "vat": _usual_vat(organisation)}],
        }
    )
    return _show(form, None)


@blueprint.post("", endpoint="create")
@allow("staff")
def create_invoice() -> str | tuple[str, int] | Response:
    """Store a new invoice as a draft."""
    return _save(None)


@blueprint.get("/<int:invoice_id>/edit")
@allow("staff")
def edit(invoice_id: int) -> str | Response:
    """Show the form of an invoice that may be changed."""
    found = _find(invoice_id)
    obstacle = edit_obstacle(found.status, found.delivery)
    if obstacle:
        flash(say_obstacle(obstacle), "error")
        return redirect(url_for("invoices.show", invoice_id=invoice_id, **read_filters().args), 303)
    return _show(InvoiceForm(data=values_of(found)), found)


@blueprint.post("/<int:invoice_id>", endpoint="update")
@allow("staff")
def update_invoice(invoice_id: int) -> str | tuple[str, int] | Response:
    """Store the changes of an invoice."""
    return _save(_find(invoice_id))


@blueprint.post("/totals")
@allow("staff")
def totals() -> str:
    """Show the totals of what is typed so far; a line that cannot be read yet does not count."""
    form = InvoiceForm()
    return render_template("invoices/_totals.html", **_totals(form))


@blueprint.get("/contacts")
@allow("staff")
def search_contacts() -> str:
    """Show the contacts that go with what was typed."""
    text = " ".join(request.args.get("contact_q", "").replace("\0", "").split())[:100]
    found = contacts.search(current_user.organisation_id, text)
    return render_template("invoices/_contacts.html", contacts=found, text=text)


@blueprint.get("/contacts/<int:contact_id>")
@allow("staff")
def contact_fields(contact_id: int) -> str:
    """Show the fields of the form for one contact."""
    found = contacts.find(current_user.organisation_id, contact_id)
    if found is None:
        abort(404)
    form = InvoiceForm(formdata=None, data=contact_values(found))
    form.offer(country=current_user.organisation.country, departments=())
    return render_template("invoices/_contact_fields.html", form=form)


def _save(found: Invoice | None) -> str | tuple[str, int] | Response:
    form = InvoiceForm()
    if _change_lines(form):
        return _show(form, found)
    typed = Typed(form, _organisation())
    data, places = typed.invoice(), typed.places()
    faults = list(typed.faults)
    if len(form.lines) > MOST_LINES:
        faults.append(Fault("too_many_lines", "lines", {"most": MOST_LINES}))
    if faults:
        tell(form, faults)
        own_id = found.id if found else None
        tell(form, typed.independent(faults_of(acting(), data, own_id=own_id), places), places)
        return _show(form, found, problems=True), 422
    try:
        stored = _store(found, data)
    except InvoiceFaults as error:
        tell(form, error.faults, places)
        return _show(form, found, problems=True), 422
    except InvoiceError as error:
        if error.code == "not_found" or found is None:
            abort(404)
        if error.code == "changed_meanwhile":
            form.revision.data = str(error.params["revision"])
            return _show(form, found, change=history.last_change(found)), 409
        flash(say_obstacle(error.code), "error")
        return redirect(url_for("invoices.show", invoice_id=found.id, **read_filters().args), 303)
    flash(_("Invoice %(number)s was saved.", number=stored.number or _("without number")), "success")
    return redirect(url_for("invoices.show", invoice_id=stored.id, **read_filters().args), 303)


def _store(found: Invoice | None, data: InvoiceData) -> Invoice:
    actor = acting()
    if found is None:
        proposed = request.form.get("status") == DocumentStatus.PROPOSED
        return create(actor, replace(data, status=DocumentStatus.PROPOSED.value) if proposed else data)
    return update(actor, found.id, data, revision=request.form.get("revision", type=int))


def _change_lines(form: InvoiceForm) -> bool:
    """Add or take away a line, as the buttons ask where there is no JavaScript; whether one was pressed."""
    if "add_line" in request.form:
        form.lines.append_entry({"quantity": "1", "vat": _usual_vat(_organisation())})
        return True
    if "remove_line" in request.form:
        indices = sorted({int(found[1]) for found in map(_LINE_NAME.match, request.form) if found})
        wanted = request.form.get("remove_line", type=int)
        if wanted in indices and len(form.lines) > 1:
            del form.lines.entries[indices.index(wanted)]
        return True
    return False


def _show(
    form: InvoiceForm, found: Invoice | None, *, problems: bool = False, change: history.Change | None = None
) -> str:
    organisation = _organisation()
    form.offer(country=organisation.country, departments=invoices.departments(organisation.id))
    blank = InvoiceForm(formdata=None, data={"lines": [{"quantity": "1", "vat": _usual_vat(organisation)}]})
    blank.offer(country=organisation.country, departments=())
    return render_template(
        "invoices/form.html",
        form=form,
        blank=blank.lines[0],
        invoice=found,
        attached=invoice.attached(organisation.id, found.id) if found else None,
        title=title(found) if found else _("New invoice"),
        back_args=read_filters().args,
        problems=problems,
        change=change,
        **_totals(form),
    )


def _totals(form: InvoiceForm) -> dict[str, Any]:
    typed = Typed(form, _organisation())
    lines = typed.lines()
    broken = {fault.field.split(".")[1] for fault in typed.faults}
    good = tuple(line for place, line in zip(typed.places(), lines, strict=True) if str(place) not in broken)
    broken = {place for place in broken if not form.lines[int(place)].form.is_blank()}
    currency = (form.currency.data or "").strip().upper() or "EUR"
    data = InvoiceData("", today(), currency, ContactData(), good)
    calculation: Calculation | None
    try:
        calculation = totals_of(data)
    except AmountError:
        calculation = None
    return {"calculation": calculation, "currency": currency, "left_out": len(broken), "vat_word": vat_word}


def _usual_vat(organisation: Organisation) -> str:
    """The pair that most lines have; nothing is guessed for a country that Yuki has no table of."""
    return pair(VatType.HIGH, Decimal(21)) if organisation.country in ("NL", "BE") else ""


def _organisation() -> Organisation:
    return current_user.organisation  # type: ignore[no-any-return]


def _find(invoice_id: int) -> Invoice:
    found = invoice.find(current_user.organisation_id, invoice_id)
    if found is None:
        abort(404)
    return found
