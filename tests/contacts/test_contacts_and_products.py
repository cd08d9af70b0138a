"""Contacts and products on their own pages: found, made, changed, refused at the field, and used on a line."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from webapp.queries.accounts import of_lines
from webapp.services.actors import person
from webapp.services.contact_keeping import save
from webapp.services.contacts import ContactData
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.products import Product
from webapp.store.session import current, release
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
CONTACT = {"contact_code": "1122", "contact_name": "Bakkerij De Korenbloem", "contact_country": "NL"}
PRODUCT = {"code": "B-1", "description": "Volkoren", "sales_price": "2,75", "vat": "2:9", "gl_account_code": "80100"}


def one(table: type[Any]) -> Any:
    release()
    current().expire_all()
    return current().scalars(select(table)).one()


def count(table: type[Any]) -> int:
    release()
    return current().scalar(select(func.count()).select_from(table)) or 0


def test_a_contact_is_made_and_each_of_its_fields_says_what_yuki_does_with_it(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    values = CONTACT | {"contact_city": "Ede", "contact_cleared": ["phone", "website"]}
    assert client.post("/contacts", data=values).status_code == 303
    made = one(Contact)
    assert (made.city, made.cleared, made.phone) == ("Ede", ["phone", "website"], "")
    page = client.get(f"/contacts/{made.id}").text
    assert page.count("checked") >= 2
    assert client.post(f"/contacts/{made.id}", data=CONTACT | {"contact_city": ""}).status_code == 303
    made = one(Contact)
    assert (made.city, made.cleared) == ("", [])


@pytest.mark.portable
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"contact_name": ""}, "contact_name"),
        ({"contact_vat_number": "NL001234567B01"}, "contact_vat_number"),
        ({"contact_bank_account": "NL91ABNA0417164301"}, "contact_bank_account"),
        ({"contact_gender": "Robot"}, "contact_gender"),
        ({"contact_email": "a, b"}, "contact_email"),
        ({"contact_city": "Ede", "contact_cleared": ["city"]}, "contact_city"),
    ],
)
def test_a_mistake_stands_at_its_field_and_nothing_is_stored(
    staff: User, log_in: LogIn, changes: dict[str, Any], field: str
) -> None:
    answer = log_in(staff).post("/contacts", data=CONTACT | changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert count(Contact) == 0


def test_a_code_belongs_to_one_contact(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    client.post("/contacts", data=CONTACT)
    answer = client.post("/contacts", data=CONTACT | {"contact_name": "Een ander"})
    assert (answer.status_code, count(Contact)) == (422, 1)
    assert 'id="contact_code-error"' in answer.text


def test_contacts_are_listed_by_name_page_by_page_and_found(
    staff: User, log_in: LogIn, organisation: Organisation, other_organisation: Organisation
) -> None:
    for number in range(60):
        save(person(organisation.id, "x"), ContactData(code=f"C{number:02}", name=f"Naam {number // 2:02}"))
    save(person(other_organisation.id, "x"), ContactData(name="Geheim"))
    client = log_in(staff)
    first = client.get("/contacts").text
    assert first.count("data-id=") == 50
    assert "Geheim" not in first
    after = first.partition("after=")[2].partition('"')[0]
    assert client.get(f"/contacts?after={after}").text.count("data-id=") == 10
    assert client.get("/contacts?q=c07").text.count("data-id=") == 1
    assert "data-id=" not in client.get("/contacts?q=niemand").text


def test_a_product_is_made_and_a_line_that_names_it_takes_what_it_says(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    assert client.post("/products", data=PRODUCT).status_code == 303
    assert one(Product).sales_price == Decimal("2.75")
    line = {"lines-0-item_code": "B-1", "lines-0-quantity": "4", "lines-0-vat": "1:21"}
    head = {"number": "1", "issue_date": "2026-03-02", "currency": "EUR", "payment_method": "Cash"}
    assert client.post("/invoices", data=CONTACT | head | line).status_code == 303
    made = one(Invoice)
    (stored,) = made.lines
    assert (stored.description, stored.vat_type, stored.vat_rate) == ("Volkoren", 2, Decimal(9))
    assert (of_lines(made)[stored.id].code, made.net_total) == ("80100", Decimal("11.00"))


@pytest.mark.portable
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"description": "x" * 61}, "description"),
        ({"description": ""}, "description"),
        ({"code": "x" * 41}, "code"),
        ({"vat": "9:21"}, "vat"),
        ({"vat": "1:9"}, "vat"),
        ({"sales_price": "duur"}, "sales_price"),
        ({"sales_price": "1,00001"}, "sales_price"),
        ({"vat_description": "DE 19%"}, "vat_description"),
        ({"category": "12"}, "category"),
    ],
)
def test_a_mistake_in_a_product_stands_at_its_field(
    staff: User, log_in: LogIn, changes: dict[str, str], field: str
) -> None:
    answer = log_in(staff).post("/products", data=PRODUCT | changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert count(Product) == 0


def test_code_and_name_belong_to_one_product(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    client.post("/products", data=PRODUCT)
    assert 'id="code-error"' in client.post("/products", data=PRODUCT | {"description": "Wit"}).text
    assert 'id="description-error"' in client.post("/products", data=PRODUCT | {"code": "B-2"}).text
    made = one(Product)
    assert client.post(f"/products/{made.id}", data=PRODUCT | {"sales_price": ""}).status_code == 303
    assert one(Product).sales_price is None


def test_a_viewer_looks_and_changes_nothing(viewer: User, log_in: LogIn) -> None:
    client = log_in(viewer)
    assert client.get("/contacts").status_code == client.get("/products").status_code == 200
    assert client.post("/contacts", data=CONTACT).status_code == 403
    assert client.post("/products", data=PRODUCT).status_code == 403


def test_a_contact_without_invoices_is_deleted_and_one_with_them_archived(
    staff: User, log_in: LogIn, organisation: Organisation
) -> None:
    client = log_in(staff)
    client.post("/contacts", data=CONTACT)
    made = one(Contact)
    assert 'data-action="delete"' in client.get(f"/contacts/{made.id}").text
    client.post(f"/contacts/{made.id}/delete")
    assert count(Contact) == 0
    head = {"number": "1", "issue_date": "2026-03-02", "currency": "EUR", "payment_method": "Cash"}
    line = {"lines-0-description": "x", "lines-0-quantity": "4", "lines-0-unit_price": "1", "lines-0-vat": "1:21"}
    assert client.post("/invoices", data=CONTACT | head | line).status_code == 303
    made = one(Contact)
    assert 'data-action="archive"' in client.get(f"/contacts/{made.id}").text
    answer = client.post(f"/contacts/{made.id}/delete", follow_redirects=True)
    assert "gearchiveerd en niet verwijderd" in answer.text
    assert "data-id=" not in client.get("/contacts").text
    assert client.get("/contacts?archived=1").text.count("data-id=") == 1
    assert "data-id=" not in client.get("/invoices/contacts?contact_name=Bakk").text
    client.post(f"/contacts/{made.id}/restore")
    assert one(Contact).archived_at is None
    client.post(f"/contacts/{made.id}/delete")
    assert client.post("/invoices", data=CONTACT | head | line | {"number": "2"}).status_code == 303
    assert one(Contact).archived_at is None


def test_a_product_is_deleted_and_lines_keep_what_they_took(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    client.post("/products", data=PRODUCT)
    line = {"lines-0-item_code": "B-1", "lines-0-quantity": "4", "lines-0-vat": "1:21"}
    head = {"number": "1", "issue_date": "2026-03-02", "currency": "EUR", "payment_method": "Cash"}
    client.post("/invoices", data=CONTACT | head | line)
    assert client.post(f"/products/{one(Product).id}/delete").status_code == 303
    assert count(Product) == 0
    assert one(Invoice).lines[0].unit_price == Decimal("2.75")
