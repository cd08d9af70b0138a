"""The cards of all connections, the page of one, and what can be done with it."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.domain.connections import ConnectionProblem
from webapp.queries import connections as queries
from webapp.services import connections as services
from webapp.services import fetching
from webapp.web.acting import acting
from webapp.web.connections import sources
from webapp.web.connections.blueprint import blueprint
from webapp.web.connections.forms import EditForm, starting_values
from webapp.web.connections.problems import say, tell
from webapp.web.policy import allow

SEEN_MOST = 500
"""Administrations that one form may name."""


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show a card for each connection."""
    cards = queries.cards(current_user.organisation_id)
    features = current_user.organisation.features
    return render_template(
        "connections/index.html",
        cards=cards,
        offered="yuki" in features,
        source_offered="billingo_sync" in features and all(card.provider != "billingo" for card in cards),
    )


@blueprint.get("/<int:connection_id>")
@allow("viewer")
def show(connection_id: int) -> str:
    """Show one connection: its test, its settings, its last runs."""
    return render_template("connections/show.html", detail=_detail(connection_id))


def _detail(connection_id: int) -> queries.Detail:
    return queries.show(current_user.organisation_id, connection_id) or abort(404)


@blueprint.get("/<int:connection_id>/edit")
@allow("admin")
def edit(connection_id: int) -> str | Response:
    """Show the form of a connection; an unfinished one goes on in its wizard."""
    source = queries.source_draft(current_user.organisation_id, connection_id)
    if source is not None:
        return sources.edit_page(source)
    draft = _draft(connection_id)
    if draft.unfinished:
        return redirect(url_for("connections.administration", connection_id=connection_id), 303)
    form = EditForm(data=starting_values(draft))
    form.offer(queries.departments(current_user.organisation_id))
    return render_template("connections/edit.html", form=form, draft=draft)


def _draft(connection_id: int) -> queries.Draft:
    return queries.draft(current_user.organisation_id, connection_id) or abort(404)


@blueprint.post("/<int:connection_id>/edit")
@allow("admin")
def update(connection_id: int) -> tuple[str, int] | Response:
    """Change a connection; the key only when a new one was typed."""
    source = queries.source_draft(current_user.organisation_id, connection_id)
    if source is not None:
        return sources.update(source)
    draft = _draft(connection_id)
    form = EditForm()
    form.offer(queries.departments(current_user.organisation_id))
    if form.validate_on_submit():
        try:
            services.change(
                acting(),
                connection_id,
                name=form.name.data,
                region=form.region.data,
                administration_id=form.administration_id.data,
                options=form.options(),
                key=form.key.data or "",
            )
        except ConnectionProblem as problem:
            tell(form, problem)
        else:
            flash(_("The connection was saved."), "success")
            return redirect(url_for("connections.show", connection_id=connection_id), 303)
    return render_template("connections/edit.html", form=form, draft=draft), 422


@blueprint.post("/<int:connection_id>/test", endpoint="test")
@allow("admin")
def try_out(connection_id: int) -> str | Response:
    """Test a connection and show step by step what was found."""
    before = _detail(connection_id).card.state
    try:
        report = services.test(acting(), connection_id)
    except ConnectionProblem as problem:
        abort(404, say(problem))
    detail = _detail(connection_id)
    changed, page = detail.card.state != before, url_for("connections.show", connection_id=connection_id)
    if request.headers.get("HX-Request") and not changed:
        return render_template("connections/_checks.html", detail=detail)
    if not report.ok:
        flash(_("The test found a problem; see below what to do."), "error")
    elif changed and before == "paused":
        flash(_("The test went well: the connection works again; what was waiting goes on now."), "success")
    elif detail.card.state == "paused":
        flash(_("The test went well. The connection stays paused until you resume it."), "info")
    else:
        flash(_("The test went well: the connection can be used."), "success")
    if request.headers.get("HX-Request"):  # the rest of the page is about another state by now
        return current_app.response_class(headers={"HX-Redirect": page})
    return redirect(f"{page}#checks", 303)


@blueprint.post("/<int:connection_id>/administrations")
@allow("admin")
def add_administrations(connection_id: int) -> Response:
    """Make a connection for each administration that was chosen of those that the key sees."""
    _detail(connection_id)
    try:
        made = services.add_others(acting(), connection_id, request.form.getlist("administration")[:SEEN_MOST])
    except ConnectionProblem as problem:
        flash(say(problem), "error")
        return redirect(url_for("connections.show", connection_id=connection_id) + "#administrations", 303)
    flash(
        ngettext(
            "One connection was added, with the same key. It does not send invoices yet.",
            "%(num)d connections were added, with the same key. They do not send invoices yet.",
            len(made),
        ),
        "success",
    )
    return redirect(url_for("connections.show", connection_id=made[0]) if len(made) == 1 else url_for(".index"), 303)


@blueprint.post("/<int:connection_id>/fetch")
@allow("staff")
def fetch(connection_id: int) -> Response:
    """Fetch what moved since the last time, and follow the run."""
    _detail(connection_id)
    try:
        run_id = fetching.ask(acting(), connection_id)[0]
    except fetching.FetchError as error:
        flash(_fetch_refusal(error), "error")
        return redirect(url_for("connections.show", connection_id=connection_id), 303)
    return redirect(url_for("logs.show", run_id=run_id), 303)


def _fetch_refusal(error: fetching.FetchError) -> str:
    if error.code == "paused":
        name = str(error.params.get("connection", ""))
        return str(_("The connection %(name)s is paused: an administrator resumes it first.", name=name))
    return str(_("Nothing can be fetched by this connection."))


@blueprint.post("/<int:connection_id>/pause")
@allow("admin")
def pause(connection_id: int) -> Response:
    """Let a connection rest."""
    try:
        services.pause(acting(), connection_id)
    except ConnectionProblem as problem:
        flash(say(problem), "error")
    else:
        flash(_("The connection is paused: nothing is sent or read until you resume it."), "success")
    return redirect(url_for("connections.show", connection_id=connection_id), 303)


@blueprint.post("/<int:connection_id>/resume")
@allow("admin")
def resume(connection_id: int) -> Response:
    """Let a connection work again."""
    try:
        services.resume(acting(), connection_id)
    except ConnectionProblem as problem:
        flash(say(problem), "error")
    else:
        flash(_("The connection works again; what was waiting goes on now."), "success")
    return redirect(url_for("connections.show", connection_id=connection_id), 303)


@blueprint.post("/<int:connection_id>/delete")
@allow("admin")
def delete(connection_id: int) -> Response:
    """Delete a connection that was never used."""
    try:
        services.remove(acting(), connection_id)
    except ConnectionProblem as problem:
        flash(say(problem), "error")
        return redirect(url_for("connections.show", connection_id=connection_id), 303)
    flash(_("The connection and its key were deleted."), "success")
    return redirect(url_for("connections.index"), 303)
