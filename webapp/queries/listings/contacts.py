"""The lists of contacts and products, as files and as columns to choose."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from webapp.queries import address, contacts, products
from webapp.queries.listings.base import Args, Chunks, Column, Listing, bounded, keyset
from webapp.queries.vat_words import vat_word
from webapp.store.contacts import Contact
from webapp.store.products import Product
from webapp.store.types import table_of


def _in_yuki(row: Any) -> str:
    return str(_l("overwrites its card") if row.code else _l("fills in what is blank"))


def _wanted_contacts(organisation_id: int, args: Args) -> list[ColumnElement[bool]]:
    archived, no_code = args.get("archived") == "1", args.get("code") == "none"
    return contacts.conditions(organisation_id, address.words(args), archived=archived, no_code=no_code)


def _contacts(organisation_id: int, args: Args) -> Chunks:
    own = table_of(Contact).c
    rest = (one for one in own if one.name not in ("name", "id"))
    return keyset(select(own.name, own.id, *rest).where(*_wanted_contacts(organisation_id, args)), own.name, own.id)


def _count_contacts(organisation_id: int, args: Args, most: int) -> int:
    return bounded(select(Contact.id).where(*_wanted_contacts(organisation_id, args)), most)


def _products(organisation_id: int, args: Args) -> Chunks:
    own = table_of(Product).c
    rest = (one for one in own if one.name not in ("description", "id"))
    query = select(own.description, own.id, *rest).where(*products.conditions(organisation_id, address.words(args)))
    return keyset(query, own.description, own.id)


def _count_products(organisation_id: int, args: Args, most: int) -> int:
    return bounded(select(Product.id).where(*products.conditions(organisation_id, address.words(args))), most)


CONTACTS = Listing(
    name="contacts",
    title=_l("Contacts"),
    endpoint="contacts.index",
    names=("q", "archived", "code"),
    columns=(
        Column("name", _l("Name"), lambda row: row.name, fixed=True),
        Column("code", _l("Contact code"), lambda row: row.code or ""),
        Column("address", _l("Address"), lambda row: row.address_line_1, usual=False),
        Column("zipcode", _l("Postcode"), lambda row: row.zipcode, usual=False),
        Column("city", _l("City"), lambda row: row.city),
        Column("country", _l("Country"), lambda row: row.country, usual=False),
        Column("email", _l("E-mail address"), lambda row: row.email),
        Column("phone", _l("Telephone"), lambda row: row.phone, usual=False),
        Column("vat_number", _l("VAT number"), lambda row: row.vat_number, usual=False),
        Column("coc_number", _l("Chamber of commerce number"), lambda row: row.coc_number, usual=False),
        Column("yuki", _l("In Yuki"), _in_yuki),
    ),
    chunks=_contacts,
    count=_count_contacts,
)
PRODUCTS = Listing(
    name="products",
    title=_l("Products"),
    endpoint="products.index",
    names=("q",),
    columns=(
        Column("name", _l("Product name"), lambda row: row.description, fixed=True),
        Column("code", _l("Item code"), lambda row: row.code),
        Column("price", _l("Price"), lambda row: row.sales_price, "amount"),
        Column("vat", _l("VAT"), lambda row: vat_word(row.vat_type, row.vat_rate)),
        Column("account", _l("GL account"), lambda row: row.gl_account_code),
        Column("remarks", _l("Remarks"), lambda row: row.remarks, usual=False),
    ),
    chunks=_products,
    count=_count_products,
)
