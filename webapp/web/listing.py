"""A list as one person sees it: which columns, which saved view, and where it begins."""

from typing import Any
from urllib.parse import urlencode

from flask import g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import views

WHOLE: dict[str, Any] = {"view": "all"}
"""What asks for the whole list in the address where it would begin with a view."""


def look(listing: str) -> views.Shown:
    """Return how a list is shown to the user of this request, as its address says and he chose."""
    return views.look(current_user.id, listing, request.args.to_dict())


def begin(shown: views.Shown) -> Response | None:
    """Return the way to the view that a list begins with, where the address asks for nothing else."""
    if shown.begins is None or set(request.args) - {"kind"}:
        return None
    return redirect(url_for(shown.listing.endpoint, **shown.begins.args), 302)


def listed(endpoint: str, args: dict[str, Any]) -> str:
    """Return the address of a list with arguments; a page has dozens of them, and the router is asked once."""
    known: dict[str, str] = g.setdefault("koppel_lists", {})
    base = known.get(endpoint) or known.setdefault(endpoint, url_for(endpoint))
    given = urlencode([(name, value) for name, value in args.items() if value is not None], safe="!$'()*,/:;?@")
    return f"{base}?{given}" if given else base


def whole(shown: views.Shown, **args: Any) -> str:
    """Return the address of the whole list."""
    return url_for(shown.listing.endpoint, **args, **(WHOLE if shown.begins else {}))
