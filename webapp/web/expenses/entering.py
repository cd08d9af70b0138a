"""Enter expense claims: the form of one, and its expenses with receipts."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.expenses import EDITABLE
from webapp.queries import expenses as queries
from webapp.queries.expense_words import say_problem
from webapp.queries.invoice_filters import today
from webapp.queries.numbers import plain_price
from webapp.services import expenses
from webapp.services.expenses import ExpenseError
from webapp.web.acting import acting
from webapp.web.expenses.blueprint import blueprint
from webapp.web.expenses.forms import ClaimForm, LineForm, tell
from webapp.web.expenses.pages import LIMIT_MB, page
from webapp.web.policy import allow
from webapp.web.uploads import answers_too_large


@blueprint.get("/new")
@allow("staff")
def new() -> str:
    """Show an empty form."""
    data = {"employee": current_user.name, "claimed_on": today().isoformat()}
    return _show(ClaimForm(formdata=None, data=data), None)


@blueprint.post("", endpoint="create")
@allow("staff")
def create_claim() -> tuple[str, int] | Response:
    """Store a new claim."""
    form = ClaimForm()
    try:
        claim_id = expenses.create(acting(), form.read())
    except ExpenseError as error:
        tell(form, error)
        return _show(form, None), 422
    return redirect(url_for("expenses.show", claim_id=claim_id), 303)


@blueprint.get("/<int:claim_id>/edit")
@allow("staff")
def edit(claim_id: int) -> str | Response:
    """Show a claim's head in the form that changes it."""
    view = _find(claim_id)
    if view.row.status not in EDITABLE:
        flash(say_problem("locked"), "error")
        return redirect(url_for("expenses.show", claim_id=claim_id), 303)
    values = {
        "subject": view.row.subject,
        "employee": view.row.employee,
        "claimed_on": view.row.claimed_on.isoformat(),
        "department_id": str(view.department_id or ""),
    }
    return _show(ClaimForm(formdata=None, data=values), claim_id)


@blueprint.post("/<int:claim_id>", endpoint="update")
@allow("staff")
def update_claim(claim_id: int) -> tuple[str, int] | Response:
    """Store the changes of a claim's head."""
    _find(claim_id)
    form = ClaimForm()
    try:
        expenses.change(acting(), claim_id, form.read())
    except ExpenseError as error:
        tell(form, error)
        return _show(form, claim_id), 422
    return redirect(url_for("expenses.show", claim_id=claim_id), 303)


def _too_large() -> tuple[str, int]:
    form = LineForm(formdata=None)
    form.receipt.errors = [say_problem("receipt_too_large", {"most": 4})]
    view_args = request.view_args or {}
    return page(int(view_args["claim_id"]), form), 413


@blueprint.post("/<int:claim_id>/lines", endpoint="add_line")
@answers_too_large(_too_large)
@allow("staff")
def add_expense(claim_id: int) -> tuple[str, int] | Response:
    """Add an expense with its receipt."""
    view = _find(claim_id)
    form = LineForm()
    try:
        expenses.add_line(acting(), claim_id, form.read(view.row.currency))
    except ExpenseError as error:
        tell(form, error)
        return page(claim_id, form), 422
    flash(_("The expense was added."), "success")
    return redirect(url_for("expenses.show", claim_id=claim_id, _anchor="add"), 303)


@blueprint.get("/<int:claim_id>/lines/<int:line_id>", endpoint="line")
@allow("staff")
def edit_expense(claim_id: int, line_id: int) -> str | Response:
    """Show an expense in the form that changes it."""
    view = _find(claim_id)
    line = _line_of(view, line_id)
    if view.row.status not in EDITABLE:
        flash(say_problem("locked"), "error")
        return redirect(url_for("expenses.show", claim_id=claim_id), 303)
    values = {
        "spent_on": line.spent_on.isoformat(),
        "description": line.description,
        "amount": plain_price(line.amount),
        "vat_rate": f"{line.vat_rate.normalize() + 0:f}" if line.vat_rate is not None else "",
        "vat_amount": plain_price(line.vat_amount) if line.vat_amount is not None else "",
        "cost_category": line.cost_category,
    }
    return _show_line(LineForm(formdata=None, data=values), view, line)


def _line_too_large() -> tuple[str, int]:
    view_args = request.view_args or {}
    view = _find(int(view_args["claim_id"]))
    form = LineForm(formdata=None)
    form.receipt.errors = [say_problem("receipt_too_large", {"most": 4})]
    return _show_line(form, view, _line_of(view, int(view_args["line_id"]))), 413


@blueprint.post("/<int:claim_id>/lines/<int:line_id>", endpoint="change_line")
@answers_too_large(_line_too_large)
@allow("staff")
def change_expense(claim_id: int, line_id: int) -> str | tuple[str, int] | Response:
    """Store the changes of an expense; without a new file its receipt stays."""
    view = _find(claim_id)
    line = _line_of(view, line_id)
    form = LineForm()
    try:
        expenses.change_line(acting(), claim_id, line_id, form.read(view.row.currency))
    except ExpenseError as error:
        tell(form, error)
        return _show_line(form, view, line), 422
    flash(_("The expense was changed."), "success")
    return redirect(url_for("expenses.show", claim_id=claim_id), 303)


@blueprint.post("/<int:claim_id>/lines/<int:line_id>/delete", endpoint="remove_line")
@allow("staff")
def remove_expense(claim_id: int, line_id: int) -> Response:
    """Take an expense with its receipt out of a claim."""
    try:
        expenses.remove_line(acting(), claim_id, line_id)
    except ExpenseError as error:
        if error.code == "not_found":
            abort(404)
        flash(say_problem(error.code, error.params), "error")
    else:
        flash(_("The expense was removed."), "success")
    return redirect(url_for("expenses.show", claim_id=claim_id), 303)


@blueprint.post("/<int:claim_id>/delete", endpoint="delete")
@allow("staff")
def delete_claim(claim_id: int) -> Response:
    """Delete a claim that was not handed in."""
    try:
        expenses.delete(acting(), claim_id)
    except ExpenseError as error:
        if error.code == "not_found":
            abort(404)
        flash(say_problem(error.code, error.params), "error")
        return redirect(url_for("expenses.show", claim_id=claim_id), 303)
    flash(_("The expense claim was deleted, with its receipts."), "success")
    return redirect(url_for("expenses.index"), 303)


def _find(claim_id: int) -> queries.ClaimView:
    view = queries.find(current_user.organisation_id, claim_id)
    if view is None:
        abort(404)
    return view


def _line_of(view: queries.ClaimView, line_id: int) -> queries.Line:
    return next((line for line in view.lines if line.id == line_id), None) or abort(404)


def _show_line(form: LineForm, view: queries.ClaimView, line: queries.Line) -> str:
    return render_template("expenses/line.html", form=form, view=view, claim=view.row, line=line, limit=LIMIT_MB)


def _show(form: ClaimForm, claim_id: int | None) -> str:
    known = queries.departments(current_user.organisation_id)
    form.department_id.choices = [("", "–"), *((str(identity), name) for identity, name in known)]
    return render_template("expenses/form.html", form=form, claim_id=claim_id, departments=known)
