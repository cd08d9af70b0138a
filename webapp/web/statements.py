"""Bank statements: the list of those taken in, and the page that takes files."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response

from webapp.queries import desk as queries
from webapp.queries.labels import num
from webapp.queries.statement_words import say
from webapp.services import statements
from webapp.services.matching import match_automatically
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.policy import allow
from webapp.web.uploads import answers_too_large

blueprint = Blueprint("statements", __name__, url_prefix="/payments/statements")
MOST_FILES = 50


class StatementForm(FlaskForm):  # type: ignore[misc]
    """Files of a bank."""

    files = MultipleFileField(_l("Bank statements"))


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the statements that were taken in, and the form that takes more."""
    return _page(StatementForm())


def _page(form: StatementForm, **more: Any) -> str:
    found, after = queries.statements(current_user.organisation_id, before=request.args.get("after", type=identity))
    return render_template(
        "statements/index.html",
        form=form,
        statements=found,
        next_url=url_for("statements.index", after=after) if after else None,
        limit=statements.LIMIT // 1024 // 1024,
        **({"imported": (), "refused": (), "matched": 0} | more),
    )


def _too_large() -> tuple[str, int]:
    form = StatementForm(formdata=None)
    form.files.errors = [
        _("These files are larger than %(most)s MB together. Nothing was taken in; choose fewer.", most=_most())
    ]
    return _page(form), 413


def _most() -> int:
    return statements.LIMIT // 1024 // 1024


@blueprint.post("")
@answers_too_large(_too_large)
@allow("staff")
def import_files() -> tuple[str, int] | Response:
    """Take files in, each as a whole or not at all, and match what is unambiguous."""
    form = StatementForm()
    uploads = [one for one in request.files.getlist("files") if one.filename][:MOST_FILES]
    if not uploads:
        form.files.errors = [_("Choose a file first.")]
        return _page(form), 422
    actor = acting()
    imported: list[statements.Imported] = []
    refused: list[tuple[str, str]] = []
    fresh: list[int] = []
    for upload in uploads:
        name = secure_filename(upload.filename or "") or "statement"
        reading = statements.read(name, upload.stream.read(statements.LIMIT + 1))
        if reading.fault is not None:
            refused.append((name, say(reading.fault)))
            continue
        found = statements.import_statements(actor, reading)
        imported.append(found)
        fresh += found.payment_ids
    matched = match_automatically(actor.organisation_id, fresh)
    if refused or any(_is_odd(one) for one in imported):
        page = _page(form, imported=imported, refused=refused, matched=len(matched))
        return page, 422 if refused and not imported else 200
    flash(_done(sum(one.fresh for one in imported), len(fresh), len(matched)), "success")
    return redirect(url_for("matching.index") if len(fresh) > len(matched) else url_for("statements.index"), 303)


def _is_odd(found: statements.Imported) -> bool:
    """Whether there is something to say that must not be missed."""
    return bool(found.gaps) or any(one.difference or one.pending or one.undivided for one in found.statements)


def _done(lines: int, payments: int, matched: int) -> str:
    if not lines:
        return str(_("Nothing new: these statements were taken in before."))
    told = ngettext("%(count)s new transaction", "%(count)s new transactions", lines, count=num(lines))
    came = ngettext("%(count)s payment", "%(count)s payments", payments, count=num(payments))
    words = _("%(lines)s; %(payments)s, %(matched)s of them matched.", lines=told, payments=came, matched=num(matched))
    return str(words)
