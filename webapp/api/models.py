"""The bodies of the API as models: what is read is judged by them, and the document is made of them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from webapp.api.fields import Body, Day, Number, Text
from webapp.domain.documents import PaymentMethod

Method = Annotated[PaymentMethod, Strict(strict=False)]
Code = Annotated[Text, Field(max_length=40)]
Short = Annotated[Text, Field(max_length=60)]
Name = Annotated[Text, Field(max_length=200)]
Long = Annotated[Text, Field(max_length=2000)]
Price = Annotated[Number, Field(ge=0)]


class LoginBody(Body):
    """E-mail address and password."""

    username: Annotated[Text, Field(min_length=1, max_length=254, examples=["staff@demo.example"])]
    password: Annotated[str, Field(min_length=1, max_length=200, examples=["koppel-demo-staff"])]


class RefreshBody(Body):
    """A refresh token."""

    refresh: Annotated[Text, Field(min_length=1, max_length=2000)]


class CustomerBody(Body):
    """The customer: found by `code`, else by the exact name; made where he is new, brought up to date where not."""

    code: Code | None = None
    name: Name | None = None
    area: Annotated[Text, Field(max_length=100)] | None = None
    address1: Name | None = None
    address2: Name | None = None
    zipcode: Annotated[Text, Field(max_length=20)] | None = None
    city: Annotated[Text, Field(max_length=100)] | None = None
    country: Annotated[Text, Field(max_length=2, description="Two letters, such as NL.")] | None = None
    phone1: Code | None = None
    phone2: Code | None = None
    email: Annotated[Text, Field(max_length=254)] | None = None
    vat_number: Annotated[Text, Field(max_length=30)] | None = None
    coc_number: Annotated[Text, Field(max_length=30)] | None = None


class GoodsBody(Body):
    """What is said of an item beside its name and number."""

    item_code: Code | None = None
    barcode: Short | None = None
    mrp: Annotated[Price, Field(description="Maximum retail price of a piece.")] | None = None
    unit_price: Annotated[Number, Field(description="Price of a piece; without it, `mrp` is the price.")] | None = None
    company_name: Name | None = None
    packing: Annotated[Text, Field(max_length=100)] | None = None
    shelf_location: Short | None = None
    batch_no: Short | None = None
    remarks: Long | None = None
    vat_percentage: Annotated[Number, Field(ge=0, le=100)] | None = None
    vat_type: Annotated[int, Field(ge=0, le=99, description="Yuki's number of the VAT type.")] | None = None
    gl_account_code: Annotated[Text, Field(max_length=20)] | None = None


class ItemBody(GoodsBody):
    """An item of an import."""

    name: Annotated[Long, Field(min_length=1)]
    quantity: Number


class ItemChange(GoodsBody):
    """An item of a correction: what is left out stays, null clears; a new item needs `name`, `quantity`, a price."""

    name: Long | None = None
    quantity: Number | None = None


class HeadBody(Body):
    """What may be left out of an invoice; the organisation's own defaults stand in."""

    salesman: Name | None = None
    created_by: Annotated[Name, Field(description="Kept for reference.")] | None = None
    priority: Annotated[Text, Field(max_length=20, examples=["HIGH"])] | None = None
    due_date: Day | None = None
    currency: Annotated[Text, Field(max_length=3, description="Three letters, such as EUR.")] | None = None
    subject: Name | None = None
    department: Annotated[Name, Field(description="Name of a department of the organisation.")] | None = None
    payment_method: Method | None = None
    vat_included: Annotated[bool, Field(description="Whether prices include VAT.")] | None = None


class ImportBody(HeadBody):
    """A whole invoice, issued elsewhere."""

    invoice_no: Annotated[Short, Field(min_length=1, description="Unique in the organisation: the idempotency key.")]
    invoice_date: Day
    customer: CustomerBody
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=500)]


class UpdateBody(HeadBody):
    """A correction of an invoice in review; what is left out stays as it is, null clears."""

    invoice_no: Annotated[Short, Field(min_length=1)]
    invoice_date: Day | None = None
    customer: CustomerBody | None = None
    items: Annotated[list[ItemChange], Field(max_length=500)] | None = None
    replace_items: Annotated[
        bool, Field(description="False: items are found by item_code and barcode. True: these take the place of all.")
    ] = False
    resolution_notes: Annotated[Text, Field(max_length=1000, description="Kept in the invoice's history.")] | None = (
        None
    )


class Answer(BaseModel):
    """What we answer; nothing else is in it."""

    model_config = ConfigDict(extra="forbid")


class TokenAnswer(Answer):
    """Tokens; `expires_in` is the life of `access` in seconds."""

    access: str
    refresh: str
    expires_in: int


class Done(Answer):
    """That something was done."""

    success: Literal[True]
    message: str


class Failure(Answer):
    """What every refusal looks like; `errors` names the fields, such as `items.0.quantity`."""

    success: Literal[False]
    message: str
    errors: dict[str, list[str]] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)
    detail: str = ""


class Imported(Answer):
    """The invoice as it was taken; `id` is the one in /invoices/<id>."""

    id: int
    invoice_no: str
    total_amount: float


class ImportAnswer(Done):
    """An invoice was taken."""

    data: Imported


class Existing(Answer):
    """The invoice that has this number already."""

    id: int
    invoice_no: str
    same_content: bool = True


class DuplicateAnswer(Answer):
    """The number is taken, by the very same content or by other content (`same_content` false)."""

    success: Literal[False]
    message: str
    data: Existing


class Updated(Answer):
    """The invoice after its correction; `invoice` is the whole of it, as the stream carries it."""

    id: int
    invoice_no: str
    status: str
    net_amount: float
    vat_amount: float
    total_amount: float
    invoice: dict[str, Any]


class UpdateAnswer(Done):
    """An invoice was corrected."""

    data: Updated
