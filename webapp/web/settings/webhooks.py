"""Webhooks, as administrators see them: added with a secret that is shown once, their log, sent again, removed."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from webapp.queries import webhooks as queries
from webapp.services import webhooks as services
from webapp.web.acting import acting
from webapp.web.inputs import identity
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint

WORDS = {
    "address": _l("This is not a web address. It looks like https://hooks.example.com/koppel."),
    "https": _l("The address begins with https:// so that nobody reads along."),
    "none_allowed": _l("Whoever runs Koppel has not allowed any hosts for webhooks. Ask them to add this one."),
    "host": _l("This host is not among those that whoever runs Koppel allows. Ask them to add it."),
    "twice": _l("There is a webhook to this address already."),
    "too_many": _l("There are ten webhooks already. Remove one that nobody uses."),
    "removed": _l("This webhook was removed; nothing leaves for it any more."),
    "gone": _l("This event is no longer kept, so it cannot be sent again."),
}
KINDS = {
    "invoice_created": _l("Invoice created"),
    "invoice_updated": _l("Invoice updated"),
    "invoice_review": _l("Returned for correction"),
}


class WebhookForm(FlaskForm):  # type: ignore[misc]
    """A new webhook."""

    address = StringField(
        _l("Address"),
        [InputRequired(WORDS["address"]), Length(max=500)],
        description=_l("Where the other system listens, for instance https://hooks.example.com/koppel."),
    )


@blueprint.get("/webhooks")
@allow("admin")
def webhooks() -> str:
    """Show all webhooks, and the form of a new one."""
    return _page(WebhookForm(formdata=None))


def _page(form: WebhookForm, made: services.NewWebhook | None = None) -> str:
    settings = current_app.extensions["koppel"]
    return render_template(
        "settings/webhooks.html",
        hooks=queries.hooks(current_user.organisation_id),
        form=form,
        made=made,
        hosts=settings.allowed_webhook_hosts,
        loopback=settings.demo,
    )


@blueprint.post("/webhooks")
@allow("admin")
def add_webhook() -> str | tuple[str, int]:
    """Add a webhook and show its secret: in this answer, and never again."""
    form = WebhookForm()
    if form.validate_on_submit():
        try:
            made = services.add(acting(), form.address.data)
        except services.WebhookProblem as problem:
            form.address.errors = [*form.address.errors, WORDS[problem.code]]
        else:
            return _page(WebhookForm(formdata=None), made)
    return _page(form), 422


@blueprint.get("/webhooks/<int:webhook_id>")
@allow("admin")
def webhook(webhook_id: int) -> str:
    """Show a webhook with its log."""
    found = queries.hook(current_user.organisation_id, webhook_id) or abort(404)
    page = queries.deliveries(
        current_user.organisation_id,
        webhook_id,
        after=request.args.get("after", type=identity),
        before=request.args.get("before", type=identity),
    )
    return render_template("settings/webhook.html", hook=found, page=page, kinds=KINDS)


@blueprint.post("/webhooks/<int:webhook_id>/remove")
@allow("admin")
def remove_webhook(webhook_id: int) -> Response:
    """End a webhook at once."""
    try:
        services.remove(acting(), webhook_id)
    except services.WebhookProblem:
        abort(404)
    flash(_("The webhook was removed; nothing leaves for it any more."), "success")
    return redirect(url_for("settings.webhooks"), 303)


@blueprint.post("/webhooks/deliveries/<int:delivery_id>/resend")
@allow("admin")
def resend_webhook_delivery(delivery_id: int) -> Response:
    """Send an event again."""
    hook_id = queries.hook_of(current_user.organisation_id, delivery_id) or abort(404)
    try:
        services.resend(acting(), delivery_id)
    except services.WebhookProblem as problem:
        flash(WORDS[problem.code], "error")
    else:
        flash(_("The event is sent again now; this page shows what became of it."), "success")
    return redirect(url_for("settings.webhook", webhook_id=hook_id), 303)
