"""The Accounting and AccountingInfo services: open items, and what stands on the ledger accounts."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from webapp.sandbox.yuki.access import Call
from webapp.sandbox.yuki.charts import CHARTS, METHODS, TYPES, word
from webapp.sandbox.yuki.markup import Value, branch, cents, leaf
from webapp.sandbox.yuki.payments import Posting, can_be_open, open_bookings, postings
from webapp.sandbox.yuki.records import ZERO, Booking, Contact, Receipt
from webapp.sandbox.yuki.soap import Answer

_NOBODY = Contact("", "", "", "")
_SORTS: dict[str, Callable[["OpenItem"], object]] = {
    "Contact": lambda one: one.name.casefold(),
    "Amount": lambda one: one.open,
    "Date": lambda one: one.date,
}


class OpenItem:
    """One line of an outstanding list: an invoice, or a bank line that was matched with none."""

    def __init__(self, source: Booking | Receipt, amount: Decimal) -> None:
        self.source = source
        self.open: Decimal = amount
        self.original: Decimal = source.total if isinstance(source, Booking) else -source.amount
        self.date: date = source.date
        self.name: str = source.contact_name if isinstance(source, Booking) else ""

    def markup(self, call: Call, *, document: bool, payment_reference: bool, language: bool) -> str:
        source = self.source
        booking = source if isinstance(source, Booking) else None
        contact = call.books.contacts.get(booking.contact_id, _NOBODY) if booking else _NOBODY
        own = contact.fields.get
        number = {"sales": 6, "purchase": 2}[booking.kind] if booking else None
        label = (
            word(TYPES[number], call.language) if number else word(("Bankafschrift", "Bank statement"), call.language)
        )
        reference = booking.reference if booking else ""
        parts = [
            leaf("Date", self.date),
            leaf("Description", f"Factuur {reference}" if booking else getattr(source, "description", "")),
            leaf("Contact", contact.name),
            leaf("ContactID", contact.id),
            leaf("OpenAmount", cents(self.open)),
            leaf("OriginalAmount", cents(self.original)),
            leaf("Type", label, ID=number),
            leaf("Reference", reference),
        ]
        if payment_reference:
            parts.append(leaf("PaymentReference", booking.payment_id if booking else ""))
        parts.append(leaf("DueDate", booking.due_date if booking else None))
        if document:
            parts.append(leaf("DocumentID", booking.document_id if booking else ""))
        rest: dict[str, Value] = {
            "PaymentMethod": word(METHODS[booking.payment_method], call.language) if booking else "",
            "ContactCode": contact.code,
            "CoCNumber": own("CoCNumber"),
            "VATNumber": own("VATNumber"),
            "AddressLine_1": own("AddressLine_1"),
            "AddressLine_2": own("AddressLine_2"),
            "Postcode": own("Zipcode"),
            "City": own("City"),
            "MailAddressLine_1": "",
            "MailAddressLine_2": "",
            "MailPostcode": "",
            "MailCity": "",
            "Country": own("CountryCode"),
            "RecipientEmail": contact.invoice_email,
            "PhoneHome": own("PhoneHome"),
            "PhoneWork": "",
            "EmailHome": "",
            "EmailWork": "",
        }
        if language:
            rest["Language"] = "nl"
        parts += [leaf(name, value) for name, value in rest.items()]
        return branch("Item", *parts, ID=source.id)


def _outstanding(kind: str, form: str = "") -> Callable[[Call], Answer]:
    """The operation for "sales" or "purchase"; `form` is what its name adds to the plain list's."""

    def answer(call: Call) -> Answer:
        administration = call.administration()
        until: date | None = call.values["dateOutstanding"].date() if form == "ByDateOutstanding" else None
        items = [OpenItem(one, amount) for one, amount in open_bookings(call.books, [administration.id], kind, until)]
        if call.values["includeBankTransactions"]:
            side = 1 if kind == "sales" else -1
            own = (one for one in call.books.receipts.values() if one.administration_id == administration.id)
            items += [
                OpenItem(one, -one.left) for one in own if one.left * side > 0 and (until is None or one.date <= until)
            ]
        if "startDate" in call.values:
            low, high = _period(call.values["startDate"], call.values["endDate"])
            items = [one for one in items if low <= one.date <= high]
        order = call.values["sortOrder"]
        sort = _SORTS[order.removesuffix("Asc").removesuffix("Desc")]
        items.sort(key=sort, reverse=order.endswith("Desc"))  # type: ignore[arg-type]
        name = "OutstandingDebtorItems" if kind == "sales" else "OutstandingCreditorItems"
        with_reference, with_language = form == "WithPaymentReference", form == "WithLanguage"
        return branch(
            name,
            *(
                one.markup(call, document=True, payment_reference=with_reference, language=with_language)
                for one in items
            ),
        )

    return answer


def check_item(call: Call) -> Answer:
    """An open item by its reference, in every administration the session sees."""
    return _check(call, [one.id for one in call.visible()])


def check_item_of_administration(call: Call) -> Answer:
    return _check(call, [call.administration().id])


def _check(call: Call, administration_ids: list[str]) -> Answer:
    wanted = call.text("Reference")
    found = [one for each in administration_ids for one in call.books.booked_as(each, wanted)] if wanted else []
    items = [OpenItem(one, one.open_on()) for one in found if can_be_open(one) and one.open_on() != ZERO]
    return branch(
        "OutstandingItems",
        *(one.markup(call, document=False, payment_reference=False, language=False) for one in items),
    )


def _period(start: datetime, end: datetime) -> tuple[date, date]:
    """A period by its days; the year 1 as its end means that it has none."""
    return start.date(), date.max if end.year == 1 else end.date()


def _posted(call: Call) -> list[Posting]:
    """The postings of the account in the period, oldest first; without an account those of every account."""
    administration = call.administration()
    code = call.text("GLAccountCode")
    low, high = _period(call.values["StartDate"], call.values["EndDate"])
    found = [
        one for one in postings(call.books, administration.id) if code in ("", one.account) and low <= one.date <= high
    ]
    return sorted(found, key=lambda one: one.date)


def transactions(call: Call) -> Answer:
    return branch(
        "GLAccountTransactions",
        *(
            branch(
                "GLAccountTransaction",
                leaf("GLAccountCode", one.account),
                leaf("Date", one.date),
                leaf("Description", one.description),
                leaf("Amount", cents(one.amount)),
                leaf("Reference", one.booking.reference if one.booking and not one.by_bank else ""),
                leaf("DocumentID", one.booking.document_id if one.booking and not one.by_bank else ""),
                ID=one.id,
            )
            for one in _posted(call)
        ),
    )


def transaction_details(call: Call) -> Answer:
    company = call.administration().name
    return [_detail(call, one, company) for one in _posted(call)]


def _detail(call: Call, one: Posting, company: str) -> dict[str, Value]:
    booking = one.booking
    contact = call.books.contacts.get(booking.contact_id, _NOBODY) if booking else _NOBODY
    return {
        "id": one.id,
        "hID": str(booking.order) if booking else None,
        "transactionDate": datetime.combine(one.date, time.min),
        "description": one.description,
        "transactionAmount": cents(one.amount),
        "transactionAmountForeignCurrency": cents(one.amount),
        "currencyRate": "1",
        "currency": booking.currency if booking else "EUR",
        "fullName": contact.name,
        "CoCNumber": contact.fields.get("CoCNumber"),
        "VATNumber": contact.fields.get("VATNumber"),
        "contactHID": 0,
        "contactCode": contact.code,
        "contactCountry": contact.fields.get("CountryCode"),
        "contactZipcode": contact.fields.get("Zipcode"),
        "projectCode": booking.project or None if booking else None,
        "glAccountCode": one.account,
        **_document_of(call, one),
        "contactID": contact.id,
        "company": company,
        "mutationUser": "yuki",
    }


def _document_of(call: Call, one: Posting) -> dict[str, Value]:
    """The invoice's own document; a bank line's is its statement, which does not tell what it was matched with."""
    booking = one.booking
    if one.by_bank or booking is None:
        return {"documentReference": "", "documentType": "TRMDocumentTypeStatement", "documentFolder": "3"}
    document = call.books.documents.get(booking.document_id)
    kind = {"sales": "TRMDocumentTypeSalesInvoice", "purchase": "TRMDocumentTypePurchaseInvoice"}[booking.kind]
    return {
        "documentID": booking.document_id,
        "documentReference": booking.reference,
        "documentType": kind,
        "documentFolder": str(document.folder) if document else None,
        "documentFolderTab": str(document.tab) if document else None,
    }


def account_scheme(call: Call) -> Answer:
    chart = CHARTS[call.administration().country]
    return [
        {
            "code": code,
            "type": 1,
            "subtype": 0,
            "isEnabled": enabled,
            "descripton": text,
            "descriptionNL": text,
            "descriptionFR": "",
            "descriptionEN": "",
            "isVATApplicable": False,
            "deductableVATPercentage": "100",
            "professionalPercentage": "100",
        }
        for code, (text, enabled) in chart.accounts.items()
    ]


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "GLAccountTransactions": transactions,
    "OutstandingCreditorItems": _outstanding("purchase"),
    "OutstandingCreditorItemsByDate": _outstanding("purchase", "ByDate"),
    "OutstandingCreditorItemsByDateOutstanding": _outstanding("purchase", "ByDateOutstanding"),
    "OutstandingCreditorWithPaymentReference": _outstanding("purchase", "WithPaymentReference"),
    "OutstandingDebtorItems": _outstanding("sales"),
    "OutstandingDebtorItemsByDate": _outstanding("sales", "ByDate"),
    "OutstandingDebtorItemsByDateOutstanding": _outstanding("sales", "ByDateOutstanding"),
    "OutstandingDebtorItemsWithLanguage": _outstanding("sales", "WithLanguage"),
    "OutstandingDebtorWithPaymentReference": _outstanding("sales", "WithPaymentReference"),
    "CheckOutstandingItem": check_item,
    "CheckOutstandingItemAdmin": check_item_of_administration,
}
INFO_HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "GetGLAccountScheme": account_scheme,
    "GetTransactionDetails": transaction_details,
}
