"""API boekhoudkoppeling: the settings of the accounting connection, of the organisation and of each department."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, RadioField, SelectChoice, SelectField, StringField

from webapp.domain.accounting import FLAGS, KEYS, TEXTS, Overrides
from webapp.domain.connections import ConnectionProblem
from webapp.queries import accounting, contacts
from webapp.queries import settings as queries
from webapp.services.accounting import Accounting, save_department, save_organisation
from webapp.web.acting import acting
from webapp.web.connections.forms import REGIONS
from webapp.web.connections.problems import tell
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint

LABELS: dict[str, Any] = {
    "send_invoices": _l("Yuki: send XML invoices to Yuki"),
    "auto_send": _l("Yuki: send automatically when the invoice goes to the customer"),
    "process_payments": _l("Yuki: process payments automatically with Yuki"),
    "payment_key": _l("Yuki: API key (automatic payments)"),
    "key": _l("Yuki: API key (sending invoices and expenses)"),
    "administration_id": _l("Yuki: AdministrationID (sending invoices)"),
    "send_expenses": _l("Yuki: send expense claims to Yuki"),
    "expense_folder_id": _l("Yuki: folder ID of expense claims in Yuki"),
}


class AccountingForm(FlaskForm):  # type: ignore[misc]
    """The organisation's settings; keys go in and never come out again."""

    send_invoices = BooleanField(LABELS["send_invoices"])
    auto_send = BooleanField(LABELS["auto_send"])
    process_payments = BooleanField(LABELS["process_payments"])
    payment_key = PasswordField(LABELS["payment_key"])
    drop_payment_key = BooleanField(_l("Use the key for sending for payments too"))
    key = PasswordField(LABELS["key"])
    administration_id = StringField(LABELS["administration_id"])
    region = RadioField(_l("Country of Yuki"), choices=REGIONS)
    send_expenses = BooleanField(LABELS["send_expenses"])
    expense_folder_id = StringField(LABELS["expense_folder_id"])
    code_needed = BooleanField(
        _l("Send only invoices of contacts with a contact code"),
        description=_l("Yuki then finds the contact by its code, and overwrites its card."),
    )


class DepartmentAccountingForm(FlaskForm):  # type: ignore[misc]
    """A department's own settings; what is left empty is the organisation's."""

    send_invoices = SelectField(LABELS["send_invoices"], validate_choice=False)
    auto_send = SelectField(LABELS["auto_send"], validate_choice=False)
    process_payments = SelectField(LABELS["process_payments"], validate_choice=False)
    payment_key = PasswordField(LABELS["payment_key"])
    give_up_payment_key = BooleanField(_l("Give up its own key for payments"))
    key = PasswordField(LABELS["key"])
    give_up_key = BooleanField(_l("Use the key of the organisation again"))
    administration_id = StringField(LABELS["administration_id"])
    send_expenses = SelectField(LABELS["send_expenses"], validate_choice=False)
    expense_folder_id = StringField(LABELS["expense_folder_id"])

    def offer(self, view: accounting.DepartmentSettings) -> None:
        """Name the choices: as the organisation has it, on, or off."""
        for name in FLAGS:
            word = _("on") if getattr(view.organisation, name) else _("off")
            same = SelectChoice("", _("As the organisation: %(value)s", value=word))
            self[name].choices = [same, SelectChoice("1", _("on")), SelectChoice("0", _("off"))]


@blueprint.get("/accounting")
@allow("admin")
def accounting_page() -> str:
    """Show the settings of the organisation."""
    view = accounting.of_organisation(current_user.organisation_id)
    names = (*FLAGS, *TEXTS, "region")
    form = AccountingForm(data={name: getattr(view.values, name) for name in names} | {"code_needed": view.code_needed})
    return _organisation(form, view)


@blueprint.post("/accounting")
@allow("admin")
def change_accounting() -> tuple[str, int] | Response:
    """Keep the settings of the organisation, and what departments inherit."""
    form = AccountingForm()
    view = accounting.of_organisation(current_user.organisation_id)
    wanted = Accounting(
        region=form.region.data or "",
        administration_id=form.administration_id.data or "",
        expense_folder_id=form.expense_folder_id.data or "",
        key=(form.key.data or "").strip(),
        payment_key=(form.payment_key.data or "").strip(),
        drop_payment_key=form.drop_payment_key.data,
        code_needed=form.code_needed.data,
        **{name: form[name].data for name in FLAGS},
    )
    try:
        save_organisation(acting(), wanted)
    except ConnectionProblem as problem:
        tell(form, problem)
        return _organisation(form, view), 422
    flash(_("The settings were saved."), "success")
    return redirect(url_for("settings.accounting_page"), 303)


@blueprint.get("/departments/<int:department_id>/accounting")
@allow("admin")
def department_accounting(department_id: int) -> str:
    """Show the settings of a department, each with where it comes from."""
    page = _department(department_id)
    view = accounting.of_department(current_user.organisation_id, department_id)
    flags = {name: str(int(getattr(view.values, name))) if view.own(name) else "" for name in FLAGS}
    texts = {name: getattr(view.values, name) if view.own(name) else "" for name in TEXTS}
    return _department_page(DepartmentAccountingForm(data=flags | texts), page, view)


@blueprint.post("/departments/<int:department_id>/accounting")
@allow("admin")
def change_department_accounting(department_id: int) -> tuple[str, int] | Response:
    """Keep what a department has of its own."""
    page = _department(department_id)
    form = DepartmentAccountingForm()
    own: dict[str, Any] = {name: {"1": True, "0": False}.get(form[name].data or "") for name in FLAGS}
    own |= {name: (form[name].data or "").strip() for name in (*TEXTS, *KEYS)}
    wanted = Overrides(
        **own,
        give_up=frozenset(name for name in KEYS if form[f"give_up_{name}"].data),
    )
    try:
        save_department(acting(), department_id, wanted)
    except ConnectionProblem as problem:
        tell(form, problem)
        view = accounting.of_department(current_user.organisation_id, department_id)
        return _department_page(form, page, view), 422
    flash(_("The settings were saved."), "success")
    return redirect(url_for("settings.department_accounting", department_id=department_id), 303)


def _organisation(form: AccountingForm, view: accounting.Settings) -> str:
    lacking = contacts.without_code(current_user.organisation_id)
    return render_template("settings/accounting.html", form=form, view=view, lacking=lacking)


def _department(department_id: int) -> queries.DepartmentPage:
    return queries.department(current_user.organisation_id, department_id) or abort(404)


def _department_page(
    form: DepartmentAccountingForm, page: queries.DepartmentPage, view: accounting.DepartmentSettings
) -> str:
    form.offer(view)
    return render_template("settings/department_accounting.html", form=form, department=page, view=view)
