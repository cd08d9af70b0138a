"""Import a file of invoices through the browser."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as BaseResponse

from webapp.queries import faults
from webapp.queries.labels import amount_text, num
from webapp.services import imports
from webapp.services.imports.raw import Reading
from webapp.services.invoices import InvoiceFaults
from webapp.web.acting import acting
from webapp.web.invoices.blueprint import blueprint
from webapp.web.policy import allow
from webapp.web.uploads import answers_too_large

TEMPLATE_COLUMNS = (
    "number;issue_date;due_date;contact_code;contact_name;email;address;zipcode;city;country;"
    "description;quantity;unit_price;vat_rate;vat_type;vat_included;gl_account_code;item_code"
)
TEMPLATE_ROW = (
    "2026-0001;2026-03-02;2026-04-01;1122;Bakkerij De Korenbloem;info@korenbloem.example;Dorpsstraat 1;1234 AB;"
    "Haarlem;NL;Brood, week 9;20;3,50;9;2;nee;80000;BR-09"
)


class ImportForm(FlaskForm):  # type: ignore[misc]
    """A file."""

    file = FileField(_l("File with invoices"))


@blueprint.get("/import")
@allow("staff")
def import_page() -> str:
    """Show the page that takes a file."""
    return render_template("invoices/import.html", form=ImportForm(), reading=None, **_words())


def _too_large() -> tuple[str, int]:
    form = ImportForm(formdata=None)
    words = _words()
    form.file.errors = [words["too_large"]]
    return render_template("invoices/import.html", form=form, reading=None, **words), 413


@blueprint.post("/import")
@answers_too_large(_too_large)
@allow("staff")
def import_file() -> tuple[str, int] | BaseResponse:
    """Take a file in as a whole, or say what is wrong with it."""
    form, upload = ImportForm(), request.files.get("file")
    if upload is None or not upload.filename:
        form.file.errors = [_("Choose a file first.")]
        return render_template("invoices/import.html", form=form, reading=None, **_words()), 422
    actor = acting()
    name = secure_filename(upload.filename) or "invoices"
    reading = imports.read(actor.organisation_id, name, upload.stream.read(imports.LIMIT + 1))
    if reading.faults:
        return render_template("invoices/import.html", form=form, reading=reading, **_words()), 422
    try:
        stored = imports.store(actor, reading)
    except InvoiceFaults as error:
        refused = Reading(name, (), tuple(error.faults), len(error.faults), ())
        return render_template("invoices/import.html", form=form, reading=refused, **_words()), 422
    for note in reading.notes:
        flash(faults.say(note), "info")
    return _stored(stored, name)


@blueprint.get("/import/template.csv")
@allow("staff")
def import_template() -> Response:
    """Hand out an example of a file."""
    body = "\ufeff" + "\r\n".join((TEMPLATE_COLUMNS, TEMPLATE_ROW, ""))
    headers = {"Content-Disposition": 'attachment; filename="koppel-invoices.csv"'}
    return Response(body, mimetype="text/csv", headers=headers)


def _stored(stored: imports.Stored, name: str) -> BaseResponse:
    amounts = ", ".join(amount_text(amount, currency) for currency, amount in stored.totals)
    count = len(stored.ids)
    text = ngettext(
        "%(count)s invoice imported from %(file)s: %(amounts)s.",
        "%(count)s invoices imported from %(file)s: %(amounts)s.",
        count,
        count=num(count),
        file=name,
        amounts=amounts,
    )
    flash(text, "success")
    if count == 1:
        return redirect(url_for("invoices.show", invoice_id=stored.ids[0]), 303)
    return redirect(url_for("invoices.index"), 303)


def _words() -> dict[str, object]:
    most = imports.LIMIT // 1024 // 1024
    too_large = _(
        "This file is larger than %(most)s MB. Nothing was imported. Split it into smaller files, and import those one "
        "after another.",
        most=most,
    )
    return {
        "say": faults.say,
        "where": faults.where,
        "limit": most,
        "limit_bytes": imports.LIMIT,
        "too_large": too_large,
    }
