"""API keys of other systems, as administrators see them: made, shown once, replaced with overlap, revoked."""

from datetime import timedelta

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from webapp.domain.arrivals import Arrival
from webapp.extensions import clock
from webapp.queries import api_keys as queries
from webapp.services import api_keys as services
from webapp.services.receiving import Wishes, change_wishes, wishes_of
from webapp.web.acting import acting
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint
from webapp.web.settings.forms import NAME_NEEDED

LIVES = [
    SelectChoice("90", _l("90 days")),
    SelectChoice("365", _l("1 year")),
    SelectChoice("", _l("Until it is revoked")),
]
OVERLAPS = [
    SelectChoice("0", _l("It ends at once")),
    SelectChoice("1", _l("1 hour")),
    SelectChoice("24", _l("1 day")),
    SelectChoice("168", _l("7 days")),
    SelectChoice("720", _l("30 days")),
]
ARRIVALS = [
    SelectChoice(Arrival.SENT.value, _l("arrives as Sent, and waits until somebody sends it to the books")),
    SelectChoice(Arrival.APPROVAL.value, _l("arrives as a Draft, and waits for approval")),
    SelectChoice(Arrival.ONWARD.value, _l("goes on by itself: approved, authorised and sent to the books")),
]
WORDS = {
    "name": _l("Give a name of at most 100 characters."),
    "too_many": _l("There are 100 valid API keys already. Revoke those that nobody uses."),
    "ended": _l("This API key is no longer valid. Make a new one."),
}


class KeyForm(FlaskForm):  # type: ignore[misc]
    """A new key."""

    name = StringField(
        _l("Name"),
        [InputRequired(NAME_NEEDED), Length(max=100)],
        description=_l("The system that will use it, for instance the cash register in Haarlem."),
    )
    life = SelectField(_l("Valid for"), choices=LIVES, default="365")


class RotateForm(FlaskForm):  # type: ignore[misc]
    """How long the old key stays valid beside the new one."""

    overlap = SelectField(
        _l("The old key stays valid for"),
        choices=OVERLAPS,
        default="24",
        description=_l("In that time, put the new key into the other system."),
    )


class ImportsForm(FlaskForm):  # type: ignore[misc]
    """What becomes of accepted imports."""

    arrival = RadioField(_l("An accepted invoice"), choices=ARRIVALS)
    vat_included = BooleanField(
        _l("Prices include VAT"), description=_l("Where the other system does not say whether they do.")
    )


@blueprint.get("/api-keys")
@allow("admin")
def api_keys() -> str:
    """Show all keys, and the form of a new one."""
    return _page(KeyForm(formdata=None))


def _page(form: KeyForm, made: services.NewKey | None = None, *, imports_form: ImportsForm | None = None) -> str:
    return render_template(
        "settings/api_keys.html",
        keys=queries.keys(current_user.organisation_id),
        form=form,
        made=made,
        imports_form=imports_form or ImportsForm(formdata=None, obj=wishes_of(current_user.organisation)),
        feature=services.FEATURE in current_user.organisation.features,
    )


@blueprint.post("/api-keys")
@allow("admin")
def add_api_key() -> str | tuple[str, int]:
    """Make a key and show it: in this answer, and never again."""
    form = KeyForm()
    if form.validate_on_submit():
        ends = clock.now() + timedelta(days=int(form.life.data)) if form.life.data else None
        try:
            made = services.create(acting(), form.name.data, scopes=("import",), expires_at=ends)
        except services.KeyProblem as problem:
            form.name.errors = [*form.name.errors, WORDS.get(problem.code, problem.message)]
        else:
            return _page(KeyForm(formdata=None), made)
    return _page(form), 422


@blueprint.get("/api-keys/<int:key_id>/replace")
@allow("admin")
def replace_api_key(key_id: int) -> str:
    """Ask how long the old key stays valid."""
    return _replace_page(_found(key_id), RotateForm(formdata=None))


def _found(key_id: int) -> queries.KeyLine:
    return queries.key(current_user.organisation_id, key_id) or abort(404)


def _replace_page(key: queries.KeyLine, form: RotateForm) -> str:
    return render_template("settings/api_key_replace.html", key=key, form=form)


@blueprint.post("/api-keys/<int:key_id>/replace")
@allow("admin")
def rotate_api_key(key_id: int) -> str | tuple[str, int]:
    """Make the successor of a key and show it; the old key stays valid as long as was chosen."""
    key = _found(key_id)
    form = RotateForm()
    if form.validate_on_submit():
        until = clock.now() + timedelta(hours=int(form.overlap.data))
        try:
            made = services.rotate(acting(), key_id, keep_until=until)
        except services.KeyProblem as problem:
            form.overlap.errors = [*form.overlap.errors, WORDS.get(problem.code, problem.message)]
        else:
            return _page(KeyForm(formdata=None), made)
    return _replace_page(key, form), 422


@blueprint.post("/api-keys/<int:key_id>/revoke")
@allow("admin")
def revoke_api_key(key_id: int) -> Response:
    """End a key at once."""
    found = _found(key_id)
    services.revoke(acting(), key_id)
    flash(_("The API key %(name)s is revoked; calls with it are refused from now on.", name=found.name), "success")
    return redirect(url_for("settings.api_keys"), 303)


@blueprint.post("/imports")
@allow("admin")
def update_imports() -> tuple[str, int] | Response:
    """Keep what becomes of accepted imports, from now on."""
    form = ImportsForm()
    if form.validate_on_submit():
        change_wishes(acting(), Wishes(Arrival(form.arrival.data), bool(form.vat_included.data)))
        flash(_("Saved; it counts for what is brought in from now on."), "success")
        return redirect(url_for("settings.api_keys"), 303)
    return _page(KeyForm(formdata=None), imports_form=form), 422
