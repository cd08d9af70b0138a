"""Saved views and chosen columns: kept, renamed, shared, begun with and removed."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.queries import views as queries
from webapp.queries.listings import LISTINGS, Listing
from webapp.services import views
from webapp.web.acting import acting
from webapp.web.inputs import chosen
from webapp.web.policy import allow, may

PROBLEMS: dict[str, Any] = {
    "name": _l("Give the view a name of at most 60 characters."),
    "taken": _l("You have a view of that name already: choose another name."),
    "many": _l("You have 50 views of this list: remove one first."),
}
blueprint = Blueprint("views", __name__, url_prefix="/views")


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the views of all lists, with what can be done to each."""
    return render_template("views/index.html", views=queries.all_of(current_user.id), listings=LISTINGS)


@blueprint.post("/<listing>")
@allow("viewer")
def save(listing: str) -> Response:
    """Keep what a list shows under a name: the fields of the form are the list's address."""
    found = _listing(listing)
    args = found.kept(request.form)
    args["columns"] = ",".join(found.chosen(request.form.get("columns")))
    name = request.form.get("name", "")
    try:
        view_id = views.save(acting(), listing, name, args=args, shared=bool(request.form.get("shared")))
    except views.ViewProblem as problem:
        flash(str(PROBLEMS[problem.code]), "error")
        return redirect(url_for(found.endpoint, **args), 303)
    if request.form.get("begins"):
        views.begin_with(acting(), listing, view_id)
    flash(_("The view %(name)s was saved.", name=" ".join(name.split())), "success")
    return redirect(url_for(found.endpoint, **args), 303)


@blueprint.post("/<listing>/columns")
@allow("viewer")
def columns(listing: str) -> Response:
    """Remember which columns a list has; none, or the button for it, brings the usual ones back."""
    found = _listing(listing)
    wanted = "" if request.form.get("usual") else ",".join(request.form.getlist("column"))
    views.choose_columns(acting(), listing, ",".join(found.chosen(wanted)) if wanted else "")
    return redirect(url_for(found.endpoint, **found.kept(request.form)), 303)


@blueprint.post("/<listing>/begin")
@allow("viewer")
def begin(listing: str) -> Response:
    """Let a list begin with a view, or without one with everything."""
    _listing(listing)
    views.begin_with(acting(), listing, chosen("view"))
    return redirect(url_for("views.index"), 303)


@blueprint.post("/<int:view_id>/change")
@allow("viewer")
def change(view_id: int) -> Response:
    """Rename a view, and share it or not."""
    name, shared = request.form.get("name", ""), bool(request.form.get("shared"))
    found = _view(view_id)
    try:
        if not views.change(acting(), found.id, name=name, shared=shared, everybodys=may("admin")):
            return _refuse(found)
        flash(_("The view %(name)s was saved.", name=" ".join(name.split())), "success")
    except views.ViewProblem as problem:
        flash(str(PROBLEMS[problem.code]), "error")
    return redirect(url_for("views.index"), 303)


@blueprint.post("/<int:view_id>/remove")
@allow("viewer")
def remove(view_id: int) -> Response:
    """Remove a view; the rows that it showed are not touched."""
    found = _view(view_id)
    if not views.remove(acting(), found.id, everybodys=may("admin")):
        return _refuse(found)
    flash(_("The view %(name)s was removed. What it showed is untouched.", name=found.name), "success")
    return redirect(url_for("views.index"), 303)


def _refuse(found: queries.View) -> Response:
    owner = found.owner
    flash(_("Only %(owner)s or an administrator can change this view.", owner=owner), "error")
    return redirect(url_for("views.index"), 303)


def _listing(name: str) -> Listing:
    return LISTINGS.get(name) or abort(404)


def _view(view_id: int) -> queries.View:
    return queries.find(current_user.id, view_id) or abort(404)
