"""Lists as files: what a list shows, at once or, where it is large, made in the background and kept for a week."""

from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.queries import exports as queries
from webapp.queries.invoice_filters import today
from webapp.queries.listings import LISTINGS, Listing, files
from webapp.services import exporting
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.policy import allow

SELECTED_MOST = 500
ENDING = '<any("csv", "xlsx"):ending>'
blueprint = Blueprint("exports", __name__, url_prefix="/exports")


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the files that were made of large lists."""
    return render_template("exports/index.html", rows=queries.table(current_user.organisation_id))


@blueprint.get(f"/<listing>.{ENDING}")
@allow("viewer")
def download(listing: str, ending: str) -> BaseResponse | str:
    """Hand out a list with the filters, order and `columns` of the address; a large one is offered as a job."""
    found, args = _listing(listing), request.args.to_dict()
    organisation_id = current_user.organisation_id
    if files.is_large(organisation_id, found, ending, args):
        kept = found.kept(args) | {name: args[name] for name in ("columns", "ids") if name in args}
        return render_template(
            "exports/large.html", listing=found, ending=ending, args=kept, most=files.AT_ONCE[ending]
        )
    made = files.pieces(organisation_id, listing, ending, args)
    first = next(made, b"")  # what goes wrong at once is an error page, and no file that ends too early
    return _file(first, made, found, ending)


@blueprint.post(f"/<listing>.{ENDING}")
@allow("viewer")
def ask(listing: str, ending: str) -> BaseResponse:
    """Have a large list made into a file."""
    found = _listing(listing)
    args = found.kept(request.form) | {name: request.form[name] for name in ("columns", "ids") if name in request.form}
    exporting.ask(acting(), listing, ending, args=args, language=str(get_locale()))
    flash(_("The file is being made; a notice tells when it is ready."), "info")
    return redirect(url_for("exports.index"), 303)


@blueprint.post("/<listing>/selected")
@allow("viewer")
def selected(listing: str) -> BaseResponse:
    """Go from a selection of a list to its file: the ticked rows, or with `all` everything that matches."""
    found = _listing(listing)
    args = found.kept(request.form) | {"columns": request.form.get("columns", "")[:500]}
    ids = request.form.getlist("id", type=identity)[:SELECTED_MOST]
    if not ids and not request.form.get("all"):
        flash(_("Nothing was selected: tick the rows first."), "info")
        return redirect(url_for(found.endpoint, **found.kept(request.form)), 303)
    if not request.form.get("all"):
        args["ids"] = ",".join(map(str, ids))
    ending = "csv" if request.form.get("ending") == "csv" else "xlsx"
    return redirect(url_for("exports.download", listing=listing, ending=ending, **args), 303)


@blueprint.get("/<int:export_id>/file")
@allow("viewer")
def take(export_id: int) -> BaseResponse:
    """Hand out a file that was made, to whoever is logged in at the organisation that asked for it.

    It closes the notice that says the file is ready. For a GET that is no harm: who follows the link a second time, or
    ahead of time, finds the file still there and the list of files still naming it; nothing else is written.
    """
    found = queries.find(current_user.organisation_id, export_id) or abort(404)
    if found.state != "ready":
        flash(_("That file is not ready yet."), "info")
        return redirect(url_for("exports.index"), 303)
    exporting.seen(acting(), export_id)
    made = queries.content(current_user.organisation_id, export_id)
    response = _file(next(made, b""), made, found.listing, found.ending)
    response.content_length = found.size
    return response


def _listing(name: str) -> Listing:
    return LISTINGS.get(name) or abort(404)


def _file(first: bytes, rest: Iterator[bytes], listing: Listing, ending: str) -> Response:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    response = Response(_stream(app, str(get_locale()), first, rest), content_type=files.TYPES[ending])
    name = files.file_name(listing, ending, today().isoformat())
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _stream(app: Flask, language: str, piece: bytes | None, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a file piece by piece, each made in a context of its own: the request's may be over by then."""
    while piece is not None:
        yield piece
        with app.app_context(), force_locale(language):
            piece = next(rest, None)
