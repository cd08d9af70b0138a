"""Products: made and changed on their own page."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select

from webapp.domain.drafts import Fault, vat_country
from webapp.domain.vat import VatType, is_valid_pair
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.invoices.data import InvoiceFaults
from webapp.services.invoices.rules import CATEGORY
from webapp.services.judging import fine_faults, text_faults
from webapp.store.organisations import Organisation
from webapp.store.products import Product
from webapp.store.session import current, transaction

_LENGTHS = {"code": 40, "description": 60, "vat_description": 100, "gl_account_code": 20, "remarks": 2000}


@dataclass(frozen=True, slots=True)
class ProductData:
    """A product as it was filled in; without a price the books' price list decides."""

    description: str
    vat_type: int
    vat_rate: Decimal
    code: str = ""
    sales_price: Decimal | None = None
    vat_included: bool = False
    vat_description: str = ""
    category: int | None = None
    gl_account_code: str = ""
    remarks: str = ""


def save(actor: Actor, data: ProductData, *, product_id: int | None = None) -> Product | None:
    """Store a product, a new one without id; None when there is no such product. Raises InvoiceFaults."""
    with transaction() as session:
        product: Product | None = Product(organisation_id=actor.organisation_id, created_at=clock.now())
        if product_id is not None:
            product = session.scalar(
                select(Product)
                .where(Product.id == product_id, Product.organisation_id == actor.organisation_id)
                .with_for_update()
            )
        if product is None:
            return None
        country = session.get_one(Organisation, actor.organisation_id).country
        faults = product_faults(actor.organisation_id, data, country=country, own_id=product_id)
        if faults:
            raise InvoiceFaults(faults)
        for name in ProductData.__dataclass_fields__:
            setattr(product, name, getattr(data, name))
        product.updated_at = clock.now()
        session.add(product)
    return product


def remove(actor: Actor, product_id: int) -> bool:
    """Delete a product; returns whether it was there. Lines took from it what they say, and keep it."""
    with transaction() as session:
        product = session.scalar(
            select(Product)
            .where(Product.id == product_id, Product.organisation_id == actor.organisation_id)
            .with_for_update()
        )
        if product is not None:
            session.delete(product)
        return product is not None


def product_faults(organisation_id: int, data: ProductData, *, country: str, own_id: int | None = None) -> list[Fault]:
    """Return what is wrong with a product, in itself and beside the others."""
    faults = [] if data.description else [Fault("required", "description")]
    for name, most in _LENGTHS.items():
        faults += text_faults(getattr(data, name), name, most)
    if data.sales_price is not None:
        faults += fine_faults(data.sales_price, "sales_price")
    here = vat_country(country)
    if not is_valid_pair(here, data.vat_type, data.vat_rate):
        params: dict[str, Any] = {"type": data.vat_type, "rate": data.vat_rate, "country": here.upper()}
        faults.append(Fault("vat_pair", "vat", params))
    if data.vat_description and data.vat_type != VatType.DISTANCE_SALES:
        faults.append(Fault("vat_description", "vat_description"))
    if data.category not in (None, CATEGORY):
        faults.append(Fault("category", "category", {"value": data.category}))
    if faults:
        return faults
    if data.code and _is_taken(organisation_id, Product.code == data.code, own_id):
        faults.append(Fault("code_taken", "code", {"code": data.code}))
    if _is_taken(organisation_id, Product.description == data.description, own_id):
        faults.append(Fault("name_taken", "description", {"name": data.description}))
    return faults


def _is_taken(organisation_id: int, same: ColumnElement[bool], but: int | None) -> bool:
    query = select(Product.id).where(Product.organisation_id == organisation_id, same)
    return current().scalar(query.where(Product.id != but) if but else query) is not None
