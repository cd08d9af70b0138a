"""Products to look through, and to put on a line."""

from sqlalchemy import ColumnElement, or_, select

from webapp.queries.name_paging import NamePage, page_of
from webapp.store.products import Product
from webapp.store.session import current


def find(organisation_id: int, product_id: int) -> Product | None:
    """Return a product of an organisation."""
    return current().scalar(select(Product).where(Product.organisation_id == organisation_id, Product.id == product_id))


def by_code(organisation_id: int, code: str) -> Product | None:
    """Return the product with a code."""
    return current().scalar(select(Product).where(Product.organisation_id == organisation_id, Product.code == code))


def table(organisation_id: int, text: str = "", *, after: int | None = None) -> NamePage[Product]:
    """Return a page of products by name."""
    query = select(Product).where(*conditions(organisation_id, text))
    return page_of(query, Product.description, Product.id, after)


def conditions(organisation_id: int, text: str = "") -> list[ColumnElement[bool]]:
    """Return the conditions of a list of products; `text` is what the code begins with or the name holds."""
    found: list[ColumnElement[bool]] = [Product.organisation_id == organisation_id]
    if text:
        starts, holds = (
            Product.code.istartswith(text, autoescape=True),
            Product.description.icontains(text, autoescape=True),
        )
        found.append(or_(starts, holds))
    return found
