"""Lists as files: CSV and XLSX of what a list shows, as filtered, sorted and with the chosen columns."""

import unicodedata
from collections.abc import Iterator
from tempfile import TemporaryFile

from flask import Blueprint, Flask, Response, abort, current_app, request
from flask_babel import force_locale, get_locale
from flask_login import current_user

from webapp.extensions import clock
from webapp.papers.sheets import csv_pieces, write_xlsx
from webapp.queries.listings import LISTINGS, Listing
from webapp.web.policy import allow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
POINT = ("en",)
"""Languages whose decimals have a point; the others have a comma, and semicolons between columns."""

PIECE = 65_536
blueprint = Blueprint("exports", __name__, url_prefix="/exports")


@blueprint.get('/<listing>.<any("csv", "xlsx"):ending>')
@allow("viewer")
def download(listing: str, ending: str) -> Response:
    """Hand out a list with the filters, order and `columns` of the address."""
    found = LISTINGS.get(listing) or abort(404)
    pieces = _csv(found) if ending == "csv" else _xlsx(found)
    first = next(pieces)  # what goes wrong at once is an error page, and no file that ends too early
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    response = Response(_stream(app, str(get_locale()), first, pieces), content_type=TYPES[ending])
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(found)}.{ending}"'
    return response


def _csv(listing: Listing) -> Iterator[bytes]:
    heads, rows = listing.sheet(current_user.organisation_id, request.args.to_dict())
    return csv_pieces(heads, rows, comma=str(get_locale()) not in POINT)


def _xlsx(listing: Listing) -> Iterator[bytes]:
    heads, rows = listing.sheet(current_user.organisation_id, request.args.to_dict())
    with TemporaryFile() as file:
        write_xlsx(file, str(listing.title), heads, rows)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _stream(app: Flask, language: str, piece: bytes | None, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a file piece by piece, each made in a context of its own: the request's may be over by then."""
    while piece is not None:
        yield piece
        with app.app_context(), force_locale(language):
            piece = next(rest, None)


def _file_name(listing: Listing) -> str:
    """Return what the file is called: the list in the reader's language, without signs that some systems refuse."""
    plain = unicodedata.normalize("NFKD", str(listing.title)).encode("ascii", "ignore").decode()
    return f"{plain.lower().replace(' ', '-')}-{clock.now().date().isoformat()}"
