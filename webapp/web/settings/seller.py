"""Who the organisation is on its own invoices: address, numbers, bank account, and the logo."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response as BaseResponse
from wtforms import EmailField, SelectField, StringField
from wtforms.validators import Length

from webapp.services import sellers
from webapp.web.acting import acting
from webapp.web.policy import allow
from webapp.web.settings.blueprint import blueprint
from webapp.web.settings.forms import country_choices
from webapp.web.uploads import answers_too_large

WORDS: dict[str, Any] = {
    "too_long": _l("This is longer than fits here."),
    "characters": _l("There is a sign in it that an invoice cannot carry."),
    "country": _l("Choose a country."),
    "iban": _l("This is not an IBAN: a figure is wrong or missing."),
    "bic": _l("This is not a BIC: it has 8 or 11 letters and figures, such as ABNANL2A."),
    "vat_number": _l("This is not a VAT number of this country: a figure is wrong or missing."),
    "email": _l("This is not an e-mail address."),
}
LOGO_WORDS: dict[str, Any] = {
    "none": _l("Choose a file first."),
    "large": _l("This file is larger than 1 MB. Save the logo smaller, and choose it again."),
    "kind": _l("This is not a PNG or a JPG that can be read. Save the logo as one of these, and choose it again."),
    "pixels": _l("This picture has more than 4 million pixels. Save it smaller, and choose it again."),
    "small": _l("This picture is too small: each side needs at least 16 pixels."),
}


class SellerForm(FlaskForm):  # type: ignore[misc]
    """What stands at the head and the foot of each invoice."""

    name = StringField(_l("Name"), [Length(max=200)])
    address_line_1 = StringField(_l("Address"), [Length(max=200)])
    address_line_2 = StringField(_l("Second address line"), [Length(max=200)])
    zipcode = StringField(_l("Zip code"), [Length(max=20)])
    city = StringField(_l("City"), [Length(max=100)])
    country = SelectField(_l("Country"))
    vat_number = StringField(_l("VAT number"), [Length(max=40)])
    coc_number = StringField(_l("Chamber of Commerce number"), [Length(max=30)])
    iban = StringField("IBAN", [Length(max=50)], description=_l("Customers pay to this account; it is in the QR code."))
    bic = StringField("BIC", [Length(max=15)], description=_l("Not needed within Europe."))
    email = EmailField(_l("E-mail address"), [Length(max=254)], description=_l("Customers see it, and answer to it."))
    phone = StringField(_l("Phone"), [Length(max=40)])
    website = StringField(_l("Website"), [Length(max=200)])

    def offer(self) -> None:
        """Name the countries in the language of the person."""
        self.country.choices = country_choices()


class LogoForm(FlaskForm):  # type: ignore[misc]
    """A logo."""

    logo = FileField(_l("Logo"))


@blueprint.get("/seller")
@allow("admin")
def seller() -> str:
    """Show what invoices say of the organisation."""
    return _show(SellerForm(formdata=None, obj=sellers.seller_of(current_user.organisation_id)))


@blueprint.post("/seller")
@allow("admin")
def keep_seller() -> tuple[str, int] | BaseResponse:
    """Keep it, for what is made from now on."""
    form = SellerForm()
    form.offer()
    if form.validate_on_submit():
        data = sellers.SellerData(**{name: getattr(form, name).data or "" for name in sellers.FIELDS})
        try:
            sellers.keep_seller(acting(), data)
        except sellers.SellerProblem as problem:
            for name, code in problem.faults:
                field = getattr(form, name)
                field.errors = [*field.errors, str(WORDS[code])]
        else:
            flash(_("Saved; it stands on what is made from now on."), "success")
            return redirect(url_for("settings.seller"), 303)
    return _show(form), 422


def _too_large() -> tuple[str, int]:
    return _logo_problem("large", 413)


@blueprint.post("/seller/logo")
@answers_too_large(_too_large)
@allow("admin")
def keep_logo() -> tuple[str, int] | BaseResponse:
    """Take a logo."""
    upload = request.files.get("logo")
    if upload is None or not upload.filename:
        return _logo_problem("none")
    try:
        sellers.keep_logo(acting(), upload.stream.read(sellers.LIMIT + 1))
    except sellers.PictureProblem as problem:
        return _logo_problem(problem.code)
    flash(_("The logo was saved; it stands on what is made from now on."), "success")
    return redirect(url_for("settings.seller"), 303)


@blueprint.post("/seller/logo/remove")
@allow("admin")
def drop_logo() -> BaseResponse:
    """Take the logo away."""
    sellers.drop_logo(acting())
    flash(_("The logo was removed."), "success")
    return redirect(url_for("settings.seller"), 303)


@blueprint.get("/seller/logo.png")
@allow("viewer")
def logo() -> Response:
    """Hand out the logo, as it was written anew when it came in; nothing where there is none."""
    found = sellers.logo_of(current_user.organisation_id)
    return Response(found.content, mimetype="image/png") if found else Response(status=204)


def _logo_problem(code: str, status: int = 422) -> tuple[str, int]:
    logo_form = LogoForm(formdata=None)
    logo_form.logo.errors = [str(LOGO_WORDS[code])]
    kept = SellerForm(formdata=None, obj=sellers.seller_of(current_user.organisation_id))
    return _show(kept, logo_form), status


def _show(form: SellerForm, logo_form: LogoForm | None = None) -> str:
    form.offer()
    kept = sellers.seller_of(current_user.organisation_id)
    return render_template(
        "settings/seller.html",
        form=form,
        logo_form=logo_form or LogoForm(formdata=None),
        logo=sellers.logo_of(current_user.organisation_id),
        lacking=[getattr(form, name).label.text for name in kept.lacking],
        limit=sellers.LIMIT,
        too_large=LOGO_WORDS["large"],
    )
