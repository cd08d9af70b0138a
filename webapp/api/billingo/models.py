"""The bodies of Billingo's part as models; names and kinds are those that were printed."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from webapp.api.billingo.paging import PageQuery
from webapp.api.fields import Body, Day, Text
from webapp.api.models import Answer

Word = Annotated[Text, Field(max_length=60)]


class SettingsBody(Body):
    """The API key and whether the connection works; what is left out stays as it is."""

    api_key_input: Annotated[Text, Field(max_length=200, description="Sealed on arrival, never given back.")] | None = (
        None
    )
    is_active: bool | None = None


class TriggerBody(Body):
    """Nothing: an empty object."""


class InvoicesQuery(PageQuery):
    """What a list of invoices is limited to."""

    payment_status: Annotated[Word, Field(description="In Billingo's word, such as outstanding.")] | None = None
    partner_tax_number: Annotated[Word, Field(description="The tax number of the customer.")] | None = None
    invoice_date_from: Day | None = None
    invoice_date_to: Day | None = None
    search: Annotated[Word, Field(description="A part of the invoice number.")] | None = None


class LogsQuery(PageQuery):
    """What a list of logs is limited to."""

    sync_type: Literal["MANUAL", "AUTOMATIC"] | None = None
    status: Literal["QUEUED", "RUNNING", "COMPLETED", "FAILED", "PARTIAL", "CANCELLED"] | None = None


class Detail(Answer):
    """Every refusal: what is wrong, and a code; missing permission and feature say the sentence alone."""

    detail: str
    code: str = ""


class SettingsAnswer(Answer):
    """The settings of a company; the key is never among them."""

    id: int
    company: int
    company_name: str
    has_api_key: bool
    last_sync_time: str | None
    last_sync_time_formatted: str | None
    is_active: bool
    created_at: str
    updated_at: str


class Listed(Answer):
    """One page of a list."""

    count: int
    next: str | None
    previous: str | None


class SettingsList(Listed):
    """The settings of the company: one record, or none."""

    results: list[SettingsAnswer]


class RecordErrorAnswer(Answer):
    """What could not be taken; without id and number it is about the run as a whole."""

    invoice_id: int | None
    invoice_number: str | None
    error: str


class Metrics(Answer):
    """What a run did: processed is created, updated and skipped together; skipped are also the unchanged ones."""

    status: Literal["success", "error"]
    invoices_processed: int
    invoices_created: int
    invoices_updated: int
    invoices_skipped: int
    items_extracted: int
    api_calls: int
    duration_seconds: int
    errors: list[RecordErrorAnswer]


class Started(Answer):
    """The run still goes on; its log says what becomes of it."""

    status: Literal["running"]
    log_id: int


class TriggerRefusal(BaseModel):
    """A run that failed as a whole or in part, or a body that cannot be used."""

    status: Literal["error"] = "error"
    detail: str = ""
    code: str = ""
    invoices_processed: int = 0
    invoices_created: int = 0
    invoices_updated: int = 0
    invoices_skipped: int = 0
    items_extracted: int = 0
    api_calls: int = 0
    duration_seconds: int = 0
    errors: list[RecordErrorAnswer] = Field(default_factory=list)


class InvoiceAnswer(Answer):
    """An invoice in a list; `id` is Billingo's."""

    id: int
    company: int
    company_name: str
    invoice_number: str
    type: str
    payment_status: str
    payment_method: str
    gross_total: str
    gross_total_formatted: str
    currency: str
    invoice_date: str
    invoice_date_formatted: str
    due_date: str | None
    paid_date: str | None
    partner_name: str
    partner_tax_number: str
    cancelled: bool
    item_count: int
    created_at: str


class InvoiceList(Listed):
    """A page of invoices."""

    results: list[InvoiceAnswer]


class ItemAnswer(Answer):
    """A line; `net_unit_price` is Billingo's net_unit_amount, the price of a piece."""

    id: int
    product_id: int | None
    name: str
    quantity: str
    unit: str
    net_unit_price: str
    net_amount: str
    gross_amount: str
    vat: str
    entitlement: str | None
    created_at: str
    updated_at: str


class InvoiceDetail(Answer):
    """An invoice with its lines; a paid date stands only where something was paid."""

    id: int
    company: int
    company_name: str
    invoice_number: str
    type: str
    correction_type: str
    cancelled: bool
    block_id: int | None
    payment_status: str
    payment_method: str
    gross_total: str
    gross_total_formatted: str
    currency: str
    conversion_rate: str | None
    invoice_date: str
    invoice_date_formatted: str
    fulfillment_date: str | None
    due_date: str | None
    due_date_formatted: str | None
    paid_date: str | None
    paid_date_formatted: str | None
    organization_name: str
    organization_tax_number: str
    organization_bank_account_number: str
    organization_bank_account_iban: str
    organization_swift: str
    partner_id: int | None
    partner_name: str
    partner_tax_number: str
    partner_iban: str
    partner_swift: str
    partner_account_number: str
    comment: str
    online_szamla_status: str
    items: list[ItemAnswer]
    created_at: str
    updated_at: str
    last_modified: str


class LogAnswer(Answer):
    """One run; the two displays are in the language of whoever asks. `errors` is the same as JSON text."""

    id: int
    company: int
    company_name: str
    sync_type: str
    sync_type_display: str
    status: str
    status_display: str
    invoices_processed: int
    invoices_created: int
    invoices_updated: int
    invoices_skipped: int
    items_extracted: int
    api_calls_made: int
    sync_duration_seconds: int
    duration_formatted: str
    started_at: str
    started_at_formatted: str
    completed_at: str | None
    completed_at_formatted: str | None
    errors: str
    errors_parsed: list[dict[str, Any]]


class LogList(Listed):
    """A page of logs."""

    results: list[LogAnswer]
