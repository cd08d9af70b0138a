"""Contacts: the list, and a page for each, with what an invoice does to its card in Yuki."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import contacts
from webapp.services.contact_keeping import remove, restore, save
from webapp.services.invoices import InvoiceFaults
from webapp.store.contacts import Contact
from webapp.web.acting import acting
from webapp.web.inputs import identity, searched
from webapp.web.invoices.filling import contact_values
from webapp.web.invoices.forms import InvoiceForm
from webapp.web.invoices.typed import Typed, tell
from webapp.web.listing import look
from webapp.web.policy import allow

blueprint = Blueprint("contacts", __name__, url_prefix="/contacts")


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the contacts by name."""
    text, archived = searched("q"), request.args.get("archived") == "1"
    no_code = request.args.get("code") == "none"
    organisation_id = current_user.organisation_id
    after = request.args.get("after", type=identity)
    page = contacts.table(organisation_id, text, archived=archived, no_code=no_code, after=after)
    return render_template(
        "contacts/index.html",
        shown=look("contacts"),
        page=page,
        text=text,
        archived=archived,
        no_code=no_code,
        has_archived=archived or contacts.has_archived(organisation_id),
        lacking=contacts.without_code(organisation_id),
    )


@blueprint.get("/new")
@allow("staff")
def new() -> str:
    """Show an empty form."""
    country = current_user.organisation.country
    return _show(InvoiceForm(data={"contact_country": country, "contact_contact_type": "Company"}), None)


@blueprint.post("", endpoint="create")
@allow("staff")
def create_contact() -> tuple[str, int] | Response:
    """Store a new contact."""
    return _save(None)


@blueprint.get("/<int:contact_id>")
@allow("viewer")
def show(contact_id: int) -> str:
    """Show a contact, in the form that changes it."""
    found = _find(contact_id)
    return _show(InvoiceForm(formdata=None, data=contact_values(found)), found)


@blueprint.post("/<int:contact_id>", endpoint="update")
@allow("staff")
def update_contact(contact_id: int) -> tuple[str, int] | Response:
    """Store the changes of a contact."""
    return _save(_find(contact_id))


@blueprint.post("/<int:contact_id>/delete")
@allow("staff")
def delete(contact_id: int) -> Response:
    """Delete a contact, or archive one that invoices name."""
    found = _find(contact_id)
    name = found.name
    if remove(acting(), contact_id) == "archived":
        text = _("%(name)s was archived and not deleted: invoices name this contact.", name=name)
        flash(text, "info")
        return redirect(url_for("contacts.show", contact_id=contact_id), 303)
    flash(_("Contact %(name)s was deleted. In Yuki nothing changed.", name=name), "success")
    return redirect(url_for("contacts.index"), 303)


@blueprint.post("/<int:contact_id>/restore", endpoint="restore")
@allow("staff")
def restore_contact(contact_id: int) -> Response:
    """Take a contact out of the archive."""
    found = _find(contact_id)
    name = found.name
    restore(acting(), contact_id)
    flash(_("%(name)s is back among the contacts.", name=name), "success")
    return redirect(url_for("contacts.show", contact_id=contact_id), 303)


def _save(found: Contact | None) -> tuple[str, int] | Response:
    form = InvoiceForm()
    typed = Typed(form, current_user.organisation)
    data = typed.contact(own_page=True)
    faults = list(typed.faults)
    try:
        if not faults:
            stored = save(acting(), data, contact_id=found.id if found else None)
            if stored is None:
                abort(404)
            flash(_("Contact %(name)s was saved.", name=stored.name), "success")
            return redirect(url_for("contacts.show", contact_id=stored.id), 303)
    except InvoiceFaults as error:
        faults = error.faults
    tell(form, faults)
    return _show(form, found), 422


def _show(form: InvoiceForm, found: Contact | None) -> str:
    form.offer(country=current_user.organisation.country, departments=())
    used = found is not None and contacts.is_used(found.id)
    return render_template("contacts/show.html", form=form, contact=found, is_used=used)


def _find(contact_id: int) -> Contact:
    found = contacts.find(current_user.organisation_id, contact_id)
    if found is None:
        abort(404)
    return found
