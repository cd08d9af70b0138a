"""What can be wrong with an invoice, in words: one sentence for each fault, and where it stands in a file."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.drafts import Fault
from webapp.queries.labels import num
from webapp.queries.numbers import plain_number
from webapp.queries.parser_words import json_words, xml_words

_MALFORMED = _l("“%(value)s” is not an amount. Write it as 1234.56 or 1.234,56.")
_RANGE = _l("This is larger than an invoice can hold.")
_DECIMALS = _l("At most %(most)s decimals fit here.")

WORDS: dict[str, Any] = {
    "required": _l("This is needed."),
    "too_long": _l("At most %(most)s characters fit here."),
    "characters": _l("There is a sign in it that an invoice cannot carry (%(character)s)."),
    "date_range": _l("The year lies outside of 1900 to 2200."),
    "due_before_issue": _l("The due date lies before the invoice date."),
    "currency": _l("“%(value)s” is not a currency. Write its three letters, such as EUR."),
    "payment_method": _l("“%(value)s” is not a payment method of Yuki, such as ElectronicTransfer."),
    "status": _l("“%(value)s” is not a status to start with: choose draft, approved, authorised or sent."),
    "contact_needed": _l("Name the contact, by its code or by its name."),
    "contact_unknown": _l("There is no contact with code %(code)s yet: fill in its name too."),
    "email": _l("“%(value)s” is not one e-mail address."),
    "country": _l("“%(value)s” is not a country. Write its two letters, such as NL."),
    "contact_type": _l("“%(value)s” is not a kind of contact: write Company or Person."),
    "gender": _l("“%(value)s” is not a gender that Yuki knows: write Male, Female or Unknown."),
    "guid": _l("“%(value)s” is not an ID: it has 32 hexadecimal figures in five groups."),
    "not_clearable": _l("“%(value)s” cannot be cleared in Yuki."),
    "clear_or_value": _l("Fill in a value, or have it cleared in Yuki: not both."),
    "vat_number": _l("“%(value)s” is not a VAT number of %(country)s: a figure is wrong or missing."),
    "iban": _l("“%(value)s” is not an IBAN: a figure is wrong or missing."),
    "category": _l("Yuki knows the category 13 (sales items) only, or none."),
    "vat_description": _l("A VAT description goes with VAT type 8 only."),
    "pdf_too_large": _l("The PDF is larger than %(most)s MB."),
    "not_pdf": _l("“%(value)s” is not a PDF, or not a whole one."),
    "pdf_name": _l(
        "The file needs a name that ends in .pdf, without signs such as / or :, of at most %(most)s characters."
    ),
    "base64": _l("This is not base64."),
    "document_half": _l("A PDF needs both its name and its content."),
    "no_lines": _l("An invoice needs at least one line."),
    "too_many_lines": _l("An invoice has at most %(most)s lines."),
    "too_large": _RANGE,
    "decimals": _DECIMALS,
    "vat_pair": _l("%(rate)s %% does not go with VAT type %(type)s in %(country)s on this invoice date."),
    "vat_type_needed": _l("%(rate)s %% does not say which VAT type it is on this date: fill in the VAT type too."),
    "accrual": _l("An accrual needs a start date, a number of periods and an interval in months, each 1 to 600."),
    "code_taken": _l("Code %(code)s is in use already. Choose another one."),
    "name_taken": _l("There is a product “%(name)s” already: a name belongs to one product in Yuki."),
    "number_taken": _l("Number %(number)s is in use already. Choose another one."),
    "number_given": _l("Number %(number)s was given in sequence and stays: a missing number would be a gap."),
    "number_twice": _l("Number %(number)s stands in this file twice."),
    "department": _l("There is no department “%(value)s”."),
    # values
    "not_text_value": _l("“%(value)s” is not a text."),
    "not_number": _l("“%(value)s” is not a number. Write it as 1234.56."),
    "not_whole": _l("“%(value)s” is not a whole number."),
    "not_flag": _l("“%(value)s” is neither yes nor no."),
    "not_date": _l("“%(value)s” is not a date. Write it as 2026-03-31 or 31-03-2026."),
    "no_such_date": _l("“%(value)s” is a date that does not exist."),
    "rate_range": _l("“%(value)s” is not a percentage from 0 to 100."),
    "amount_empty": _l("This is needed."),
    "amount_malformed": _MALFORMED,
    "amount_exponent": _MALFORMED,
    "amount_not_finite": _MALFORMED,
    "amount_ambiguous": _l(
        "“%(value)s” can be read in two ways: with thousands, or with decimals. Write 1234 or 1.234,00."
    ),
    "amount_decimals": _DECIMALS,
    "amount_too_large": _RANGE,
    "amount_currency": _l("“%(value)s” is in another currency than the invoice (%(currency)s)."),
    "item_unnamed": _l("Name the item by its item code or barcode, so that the line can be found."),
    "item_ambiguous": _l("Several lines fit this item code and barcode. Give both, or replace all lines."),
    # files
    "unknown_format": _l("Files of the kind “%(found)s” are not read. Choose a JSON, CSV, XLSX or XML file."),
    "file_too_large": _l("The file is larger than %(most)s MB. Split it into smaller ones."),
    "empty_file": _l("The file is empty."),
    "no_rows": _l("The file holds no invoices."),
    "too_many_rows": _l("The file holds more than %(most)s rows. Split it into smaller ones."),
    "encoding": _l("The file is not in UTF-8. Save it as “CSV UTF-8” and try again."),
    "not_text": _l("The file is not a text file."),
    "csv": _l("The file cannot be read as CSV here: a quotation mark is not closed, or stands in the wrong place."),
    "not_xlsx": _l("The file is not an Excel workbook (.xlsx), is damaged, or is protected by a password."),
    "not_a_header": _l("The first row holds no column name that is known: %(names)s."),
    "column_twice": _l("Two columns mean the same: %(name)s."),
    "missing_column": _l("The column %(name)s is missing."),
    "row_width": _l("This row has %(found)s cells where the first row has %(expected)s."),
    "differs": _l("This is another value than in line %(line)s of the same invoice (“%(value)s”)."),
    "unpacks_too_large": _l(
        "The workbook unpacks to more than %(most)s MB. Save the sheet with the invoices alone and try again."
    ),
    "formula": _l("Cell %(cell)s holds a formula (%(value)s). Save the file with values only."),
    "cell_error": _l("Cell %(cell)s holds an error (%(value)s)."),
    "json": _l("The file is not valid JSON here: %(detail)s."),
    "json_shape": _l("The file must be a list of invoices, or an object with that list under “invoices”."),
    "not_an_object": _l("This is not an object with fields."),
    "wrong_type": _l("This must be of the kind %(wanted)s."),
    "too_deep": _l("The file is nested deeper than %(most)s levels."),
    "key_twice": _l("The key “%(value)s” stands twice in one object."),
    "not_finite_json": _l("%(value)s is not a number in JSON."),
    "number_too_long": _l("A number that begins with %(value)s is too long."),
    "xml": _l("The file is not valid XML here: %(detail)s."),
    "xml_root": _l("The file begins with %(found)s; Yuki's sales invoices begin with SalesInvoices."),
    "doctype": _l("The file holds a document type declaration (DOCTYPE); such files are not read."),
    # notes
    "ignored_column": _l("“%(name)s” is not known here, and was left aside."),
    "dropped_field": _l("%(name)s has no place in Koppel, and was left aside."),
}

PARSERS = {"json": json_words, "xml": xml_words}
COLUMN_FAULTS = ("missing_column", "column_twice")
COLUMNS: dict[str, Any] = {
    "number": _l("Number"),
    "issue_date": _l("Invoice date"),
    "due_date": _l("Due date"),
    "currency": _l("Currency"),
    "subject": _l("Subject"),
    "remarks": _l("Remarks"),
    "payment_method": _l("Payment method"),
    "payment_reference": _l("Payment reference"),
    "status": _l("Status"),
    "department": _l("Department"),
    "contact_code": _l("Contact code"),
    "contact_name": _l("Contact"),
    "contact_email": _l("E-mail address"),
    "contact_address_line_1": _l("Address"),
    "contact_zipcode": _l("Zip code"),
    "contact_city": _l("City"),
    "contact_country": _l("Country"),
    "contact_vat_number": _l("VAT number"),
    "contact_coc_number": _l("Chamber of Commerce number"),
    "description": _l("Description"),
    "quantity": _l("Quantity"),
    "unit_price": _l("Price"),
    "vat_rate": _l("VAT rate"),
    "vat_type": _l("VAT type"),
    "vat_included": _l("Price includes VAT"),
    "gl_account_code": _l("GL account"),
    "item_code": _l("Item code"),
    "activity_code": _l("Activity"),
}
"""What the columns of a table are called on the screen, by the keys that a file may give them."""

OBSTACLES: dict[str, Any] = {
    "not_found": _l("This invoice does not exist any more."),
    "in_books": _l("It is in the books: what Yuki has booked is not changed from here."),
    "in_progress": _l("It is on its way to Yuki. Wait until the outcome is known."),
    "cancelled": _l("The invoice is cancelled."),
    "emailing": _l("It is being e-mailed. Wait until it has left."),
    "numbered": _l("It has its number in the sequence, and a missing number would be a gap; cancel it instead."),
    "viewer": _l("Viewers change nothing. Ask somebody of the staff."),
    "admin_only": _l("Only an administrator authorises here. Ask one of them."),
    "four_eyes": _l("You approved this invoice: somebody else authorises it."),
    "not_sent_yet": _l("It was not sent to the customer: there is nothing to credit yet, change or cancel it."),
    "no_credit": _l("It comes to nothing or less: a credit note is not credited."),
    "all_credited": _l("All of it is credited already."),
    "note_not_negative": _l("A credit note has a total below zero. Correct its quantities."),
    "note_too_large": _l("With this more would be credited than the invoice came to. Correct the quantities."),
    "nothing_to_credit": _l("Fill in how many of at least one line you credit."),
    "too_many_credited": _l("More of a line cannot be credited than the invoice has."),
    "not_sales": _l("This is an invoice of a supplier."),
    "filed": _l("It comes from Yuki's archive: it is changed there, and shown here as it is there."),
    "fetched": _l("It was fetched from Billingo: it is changed there, and shown here as it is there."),
    "not_draft": _l("Only a draft can be deleted; cancel the invoice instead."),
    "was_sent": _l("It was offered to Yuki before, and stays for the record; cancel it instead."),
    "settled": _l("Something is set against this invoice: take that off first, on its payments."),
    "no_move": _l("The invoice has another status by now; nothing was changed."),
    "no_such_status": _l("There is no such status."),
    "not_in_review": _l("The invoice is not in review: only one that was returned for correction can be corrected."),
    "mail_off": _l("No e-mail can be sent: whoever runs Koppel sets MAIL_URL."),
    "mail_open": _l("An e-mail of it is under way already. Wait for its outcome."),
    "mail_unknown": _l("Nobody knows whether its last e-mail left. Open that e-mail, and say what you found."),
    "mail_settled": _l("The outcome of this e-mail is known by now; nothing was changed."),
    "seller_incomplete": _l("Your own address, numbers or e-mail address are missing: fill them in under Settings."),
    "not_authorised": _l("Only an authorised invoice is e-mailed."),
    "no_address": _l("The customer has no e-mail address."),
    "address": _l("This is not one e-mail address."),
    "not_ours": _l("This is a supplier's invoice: the supplier made its PDF."),
    "no_lines": _l("The invoice has no lines yet."),
    "reason_needed": _l("Say why the invoice goes back for correction."),
}


def say(fault: Fault) -> str:
    """Return a fault as one sentence in the language of the person."""
    words, params = WORDS.get(fault.code), dict(fault.params)
    if fault.code in PARSERS:
        params["detail"] = PARSERS[fault.code](str(params.get("detail", "")))
    if fault.code in COLUMN_FAULTS:
        params["name"] = _column(str(params["name"]))
    return _filled(words, params) if words is not None else fault.code


def _column(key: str) -> str:
    """Name a column as the screen calls its field, with the key by which a file knows it."""
    return f"{COLUMNS[key]} ({key})" if key in COLUMNS else key


def say_obstacle(code: str) -> str:
    """Return in words why something cannot be done with an invoice; "" when nothing stands in its way."""
    return str(OBSTACLES.get(code, code)) if code else ""


def where(fault: Fault) -> str:
    """Return where in a file a fault stands: line and column, or invoice, line and field; "" for the whole file."""
    place, parts = fault.place, []
    leaf = fault.field.rpartition(".")[2]
    if "line" in place:
        parts.append(_("Line %(line)s", line=num(int(place["line"]))))
    if "invoice" in place:
        parts.append(_("Invoice %(number)s", number=num(int(place["invoice"]))))
    if "item" in place:
        parts.append(_("line %(line)s", line=num(int(place["item"]))))
    if place.get("column"):
        parts.append(_("column %(column)s", column=place["column"]))
    elif "invoice" in place and leaf:
        parts.append(leaf)
    return ", ".join(parts)


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_number(value)
    return num(value) if isinstance(value, int) else value


def _filled(words: Any, params: Mapping[str, Any]) -> str:
    values = {name: _written(value) for name, value in params.items()}
    try:
        return str(words) % values
    except (KeyError, ValueError, TypeError):
        return str(words)
