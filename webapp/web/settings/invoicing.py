"""How the organisation invoices: what its numbers look like, and who authorises."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries.invoice_filters import today
from webapp.services.accounts import AccountError
from webapp.services.invoicing import change_invoicing, invoicing_of
from webapp.web.acting import acting
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint
from webapp.web.settings.forms import InvoicingForm
from webapp.web.settings.problems import tell


@blueprint.get("/invoicing")
@allow("admin")
def invoicing() -> str:
    """Show what the next numbers look like, and who authorises."""
    kept = invoicing_of(current_user.organisation)
    values = {
        "prefix": kept.invoices.prefix,
        "credit_prefix": kept.credit_notes.prefix,
        "digits": kept.invoices.digits,
        "authorise_role": kept.approval.authorise_role,
        "four_eyes": kept.approval.four_eyes,
    }
    return _show(InvoicingForm(data=values))


@blueprint.post("/invoicing")
@allow("admin")
def change_invoicing_page() -> tuple[str, int] | Response:
    """Change it, for what is authorised from now on."""
    form = InvoicingForm()
    if form.validate_on_submit():
        try:
            change_invoicing(
                acting(),
                prefix=form.prefix.data or "",
                credit_prefix=form.credit_prefix.data or "",
                digits=form.digits.data,
                authorise_role=form.authorise_role.data,
                four_eyes=form.four_eyes.data,
            )
        except AccountError as problem:
            tell(form, problem, same_prefix="credit_prefix")
        else:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("settings.invoicing"), 303)
    return _show(form), 422


def _show(form: InvoicingForm) -> str:
    kept = invoicing_of(current_user.organisation)
    examples = [pattern.write(today(), 1) for pattern in (kept.invoices, kept.credit_notes)]
    return render_template("settings/invoicing.html", form=form, examples=examples)
