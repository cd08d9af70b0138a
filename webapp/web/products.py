"""Products: the list, and a form for each; a line takes its price and VAT from them by the item code."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, StringField, TextAreaField

from webapp.domain.drafts import Fault
from webapp.domain.money import AmountError, parse_amount
from webapp.queries import products
from webapp.queries.faults import say
from webapp.queries.numbers import language, plain_price
from webapp.queries.vat_words import choices, pair, vat_word
from webapp.services.invoices import InvoiceFaults
from webapp.services.judging import FINE_DECIMALS
from webapp.services.products import ProductData, remove, save
from webapp.store.products import Product
from webapp.web.acting import acting
from webapp.web.inputs import identity, searched
from webapp.web.listing import look
from webapp.web.policy import allow

blueprint = Blueprint("products", __name__, url_prefix="/products")


class ProductForm(FlaskForm):  # type: ignore[misc]
    """A product, as typed."""

    code = StringField(_l("Item code"))
    description = StringField(_l("Product name"), description=_l("At most 60 characters, and one product's own."))
    sales_price = StringField(
        _l("Price"), description=_l("Left empty: Yuki's price list decides, and with it the VAT.")
    )
    vat = SelectField(_l("VAT"), validate_choice=False)
    vat_included = BooleanField(_l("Price includes VAT"))
    vat_description = StringField(_l("VAT description"), description=_l("With VAT type 8 only; as in Yuki's settings."))
    category = SelectField(_l("Category"), validate_choice=False)
    gl_account_code = StringField(
        _l("GL account"), description=_l("Left empty: the account of the department, else of the organisation.")
    )
    remarks = TextAreaField(_l("Remarks"), description=_l("Kept with the product, not printed."))


@blueprint.get("")
@allow("viewer")
def index() -> str:
    """Show the products by name."""
    text = searched("q")
    page = products.table(current_user.organisation_id, text, after=request.args.get("after", type=identity))
    currency = current_user.organisation.currency
    return render_template(
        "products/index.html", shown=look("products"), page=page, text=text, vat_word=vat_word, currency=currency
    )


@blueprint.get("/new")
@allow("staff")
def new() -> str:
    """Show an empty form."""
    usual = "1:21" if current_user.organisation.country in ("NL", "BE") else ""
    return _show(ProductForm(data={"vat": usual}), None)


@blueprint.post("", endpoint="create")
@allow("staff")
def create_product() -> tuple[str, int] | Response:
    """Store a new product."""
    return _save(None)


@blueprint.get("/<int:product_id>")
@allow("viewer")
def show(product_id: int) -> str:
    """Show a product, in the form that changes it."""
    found = _find(product_id)
    values: dict[str, Any] = {
        name: getattr(found, name)
        for name in ("code", "description", "vat_included", "vat_description", "gl_account_code", "remarks")
    }
    values |= {
        "sales_price": "" if found.sales_price is None else plain_price(found.sales_price),
        "vat": pair(found.vat_type, found.vat_rate),
        "category": str(found.category or ""),
    }
    return _show(ProductForm(formdata=None, data=values), found)


@blueprint.post("/<int:product_id>", endpoint="update")
@allow("staff")
def update_product(product_id: int) -> tuple[str, int] | Response:
    """Store the changes of a product."""
    return _save(_find(product_id))


@blueprint.post("/<int:product_id>/delete")
@allow("staff")
def delete(product_id: int) -> Response:
    """Delete a product; invoices keep what their lines say."""
    name = _find(product_id).description
    remove(acting(), product_id)
    flash(_("Product %(name)s was deleted. Invoices and Yuki keep what they have.", name=name), "success")
    return redirect(url_for("products.index"), 303)


def _save(found: Product | None) -> tuple[str, int] | Response:
    form = ProductForm()
    faults: list[Fault] = []
    data = _typed(form, faults)
    try:
        if not faults:
            stored = save(acting(), data, product_id=found.id if found else None)
            if stored is None:
                abort(404)
            flash(_("Product %(name)s was saved.", name=stored.description), "success")
            return redirect(url_for("products.index"), 303)
    except InvoiceFaults as error:
        faults = error.faults
    for fault in faults:
        form[fault.field].errors = [*form[fault.field].errors, say(fault)]
    return _show(form, found), 422


def _typed(form: ProductForm, faults: list[Fault]) -> ProductData:
    price: Decimal | None = None
    if (form.sales_price.data or "").strip():
        try:
            price = parse_amount(form.sales_price.data, locale=language(), decimals=FINE_DECIMALS)
        except AmountError as error:
            params = {"value": form.sales_price.data[:40], "most": FINE_DECIMALS, "currency": "EUR"}
            faults.append(Fault(f"amount_{error.reason.value}", "sales_price", params))
    kind, _mark, rate = (form.vat.data or "").partition(":")
    known = {value for group in choices(current_user.organisation.country).values() for value, _word in group}
    if (form.vat.data or "") not in known:
        faults.append(Fault("required", "vat"))
        kind, rate = "1", "0"
    category = (form.category.data or "").strip()
    if category not in ("", "13"):
        faults.append(Fault("category", "category", {"value": category[:40]}))
    texts: dict[str, Any] = {
        name: " ".join((form[name].data or "").split())
        for name in ("code", "description", "vat_description", "gl_account_code")
    }
    return ProductData(
        vat_type=int(kind),
        vat_rate=Decimal(rate),
        sales_price=price,
        vat_included=bool(form.vat_included.data),
        category=13 if category == "13" else None,
        remarks=(form.remarks.data or "").replace("\r\n", "\n").strip(),
        **texts,
    )


def _show(form: ProductForm, found: Product | None) -> str:
    form.vat.choices = choices(current_user.organisation.country)
    form.category.choices = [("", "–"), ("13", "13")]
    return render_template("products/show.html", form=form, product=found)


def _find(product_id: int) -> Product:
    found = products.find(current_user.organisation_id, product_id)
    if found is None:
        abort(404)
    return found
