"""Reminders: what is proposed, who gets what and who does not, and the button that sends what is ticked."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms.validators import InputRequired

from webapp.domain.reminders import DEMAND, FIRST, Terms
from webapp.queries import invoices
from webapp.queries import reminders as queries
from webapp.queries.faults import say_obstacle
from webapp.queries.invoice_filters import today
from webapp.services import papers, reminders
from webapp.services.mails import MailProblem
from webapp.services.mails.asking import sender_obstacle
from webapp.services.papers.invoices import find_invoice
from webapp.services.papers.reminders import reminder_pdf
from webapp.web.acting import acting
from webapp.web.fields import NOT_A_NUMBER, WholeNumber
from webapp.web.inputs import identity
from webapp.web.invoices.blueprint import read_filters
from webapp.web.invoices.papers import hand_out
from webapp.web.policy import allow

blueprint = Blueprint("reminders", __name__, url_prefix="/reminders")
MOST = 200


class TermsForm(FlaskForm):  # type: ignore[misc]
    """How many days until each reminder."""

    first = WholeNumber(_l("First reminder: days after the due date"), [InputRequired(NOT_A_NUMBER)])
    second = WholeNumber(_l("Second reminder: days after the first"), [InputRequired(NOT_A_NUMBER)])
    demand = WholeNumber(_l("Demand: days after the second"), [InputRequired(NOT_A_NUMBER)])


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show what is proposed, those that are overdue longest first."""
    return _page(TermsForm(formdata=None, obj=reminders.terms_of(current_user.organisation)))


@blueprint.post("", endpoint="send")
@allow("staff")
def send_reminders() -> BaseResponse:
    """Send the reminders that are ticked, each of the level that was shown."""
    wanted = {key: request.form.get(f"level-{key}", type=int) for key in request.form.getlist("id", type=int)[:MOST]}
    levels = {key: level for key, level in wanted.items() if level is not None and FIRST <= level <= DEMAND}
    if not levels:
        flash(_("Tick at least one invoice."), "error")
        return redirect(url_for("reminders.index"), 303)
    try:
        result = reminders.remind(acting(), levels, today=today())
    except MailProblem as problem:
        flash(say_obstacle(problem.code), "error")
        return redirect(url_for("reminders.index"), 303)
    count = len(result.mails)
    if count:
        flash(ngettext("%(num)s reminder is on its way.", "%(num)s reminders are on their way.", count), "success")
    for one in result.skipped[:10]:
        words = queries.say_reason(one.reason)
        flash(_("%(number)s got none: %(reason)s.", number=one.number or "–", reason=words), "warning")
    return redirect(url_for("reminders.index"), 303)


@blueprint.post("/choose")
@allow("staff")
def choose() -> BaseResponse:
    """Go from a selection of the list to what is proposed for it; nothing is sent here."""
    filters = read_filters(request.form)
    ids = list(dict.fromkeys(request.form.getlist("id", type=identity)))[:MOST]
    if request.form.get("all"):
        ids = invoices.matching_ids(current_user.organisation_id, filters, most=MOST + 1)
    if not ids:
        flash(_("Nothing was selected: tick the invoices first."), "info")
        return redirect(url_for("invoices.index", **filters.args), 303)
    if len(ids) > MOST:
        flash(_("That is more than %(most)s invoices: here is everything that is overdue.", most=MOST), "info")
        return redirect(url_for("reminders.index"), 303)
    return redirect(url_for("reminders.index", invoice=ids), 303)


@blueprint.post("/terms")
@allow("admin")
def change_terms() -> tuple[str, int] | BaseResponse:
    """Change how long is waited before each reminder."""
    form = TermsForm()
    if form.validate_on_submit():
        try:
            reminders.change_terms(acting(), Terms(form.first.data, form.second.data, form.demand.data))
        except reminders.TermsProblem as problem:
            field = getattr(form, problem.field)
            field.errors = [*field.errors, _("Fill in a number of days from 1 to 180.")]
        else:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("reminders.index"), 303)
    return _page(form), 422


@blueprint.get("/<int:invoice_id>/<int:level>.pdf")
@allow("viewer")
def letter(invoice_id: int, level: int) -> Response:
    """Show the reminder of a level as it would be sent today."""
    found = find_invoice(current_user.organisation_id, invoice_id)
    if found is None or papers.paper_obstacle(found) or not FIRST <= level <= DEMAND:
        abort(404)
    return hand_out(reminder_pdf(found, level), mimetype="application/pdf", download=False)


def _page(form: TermsForm) -> str:
    only = list(dict.fromkeys(request.args.getlist("invoice", type=identity)))[:MOST]
    page = queries.proposals(
        current_user.organisation_id,
        today=today(),
        terms=reminders.terms_of(current_user.organisation),
        after=request.args.get("after", type=identity),
        only=only,
    )
    return render_template(
        "reminders/index.html",
        page=page,
        form=form,
        only=only,
        obstacle=sender_obstacle(current_user.organisation_id),
        say_obstacle=say_obstacle,
    )
