"""The words of every class of failure: what happened, what that means for the books, and who does what."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.domain.failures import Failure


@dataclass(frozen=True, slots=True)
class Words:
    """One row of the catalogue, in the language of whoever reads it; texts may name %(remote)s."""

    label: Any
    cause: Any
    next_step: Any
    consequence: Any = None


NOT_BOOKED = _l("It is not in the books.")
MAYBE_BOOKED = _l(
    "It may be in %(remote)s. It is looked up there first and is only sent again once it is proved absent."
)
KEPT = _l("What %(remote)s confirmed is in the books. The rest is kept here; nothing is sent twice.")
AS_IT_WAS = _l("Its amounts and payment status are as they were.")
NOTHING_READ = _l("No payments were processed: amounts and statuses are as they were. Nothing is lost.")
RETRY = _l("Put it right, then press %(button)s.")

CATALOGUE: dict[str, Words] = {
    Failure.AUTH: Words(
        _l("key not accepted"),
        _l("%(remote)s does not accept the API key of this connection."),
        _l(
            "An administrator enters a working key under Connections and tests it there: "
            "what waits then goes on by itself."
        ),
    ),
    Failure.RIGHT: Words(
        _l("right missing"),
        _l("The API key is accepted, but lacks a right that this needs."),
        _l(
            "Someone with access to %(remote)s gives the key the web services for sales and financial data; "
            "then test the connection: what waits then goes on by itself."
        ),
    ),
    Failure.ADMINISTRATION: Words(
        _l("administration not found"),
        _l("%(remote)s does not know this administration, or it belongs to another region."),
        _l(
            "An administrator checks the administration ID and the region under Connections and tests them there: "
            "what waits then goes on by itself."
        ),
    ),
    Failure.MIXED: Words(
        _l("several administrations in one archive"),
        _l(
            "The API key of this connection opens several administrations, and %(remote)s does not say which of them a "
            "document in the archive belongs to. So nothing was read, and automatic reading was switched off."
        ),
        _l(
            "In %(remote)s make a key of the type Administration for this administration, enter it at the connection, "
            "and switch reading on again. Sending and payments go on as they were."
        ),
    ),
    Failure.QUOTA: Words(
        _l("daily limit reached"),
        _l("The calls that %(remote)s allows in one day are used up."),
        _l("Nobody has to do anything: it goes on after midnight (Amsterdam)."),
    ),
    Failure.SUBSCRIPTION: Words(
        _l("not in the subscription"),
        _l("The API key is accepted, but the subscription with %(remote)s does not include this."),
        _l(
            "Someone with access to %(remote)s chooses a subscription with API access; "
            "then test the connection: what waits then goes on by itself."
        ),
    ),
    Failure.BUSY: Words(
        _l("too many calls at once"),
        _l("%(remote)s allows only so many calls in a minute, and those were used up."),
        _l("Nobody has to do anything: it goes on by itself in a moment."),
    ),
    Failure.NETWORK: Words(
        _l("no connection"),
        _l("%(remote)s could not be reached, or gave no answer in time."),
        _l("Nobody has to do anything: it is tried again by itself. If it lasts, check the status page of %(remote)s."),
    ),
    Failure.REMOTE: Words(
        _l("error at the other side"),
        _l("%(remote)s reported an error on its own side."),
        _l("Nobody has to do anything: it is tried again by itself. If it lasts, check the status page of %(remote)s."),
    ),
    Failure.NOT_UNDERSTOOD: Words(
        _l("answer not understood"),
        _l("The answer of %(remote)s could not be read."),
        _l("The administrator of Koppel looks at the answer under Requests and answers of this run."),
    ),
    Failure.SCHEMA: Words(
        _l("not accepted by the schema"),
        _l("The invoice does not fit the format that %(remote)s prescribes."),
        _l("Correct the field that is named on the invoice, then press %(button)s."),
        NOT_BOOKED,
    ),
    Failure.VAT: Words(
        _l("VAT code not active"),
        _l("A VAT code or rate on the invoice is not active in this administration."),
        _l("Choose another VAT code on the invoice, or have it activated in %(remote)s; then press %(button)s."),
        NOT_BOOKED,
    ),
    Failure.CONTACT: Words(
        _l("contact not accepted"),
        _l("%(remote)s does not accept the contact of the invoice."),
        _l("Correct the contact (name, code, country, VAT number), then press %(button)s."),
        NOT_BOOKED,
    ),
    Failure.PRICE_LIST: Words(
        _l("price list does not fit"),
        _l("The currency of the invoice differs from the price list, or an item is missing from that list."),
        _l("Add the item to the price list of that currency in %(remote)s, then press %(button)s."),
        NOT_BOOKED,
    ),
    Failure.DUPLICATE: Words(
        _l("number already in use"),
        _l("%(remote)s already has an invoice with this number, for another amount or another contact."),
        _l("Compare both invoices. If they are different, give one of them another number, then press %(button)s."),
        _l("This invoice is not in the books; another one with its number is."),
    ),
    Failure.INCOMPLETE: Words(
        _l("data missing"),
        _l("A field that %(remote)s needs is empty or not valid. That was found here, before anything was sent."),
        _l("Fill in the field that is named on the invoice, then press %(button)s."),
        NOT_BOOKED,
    ),
    Failure.REFUSED: Words(
        _l("other reason"),
        _l("%(remote)s refused the invoice; its own words stand beside it."),
        RETRY,
        NOT_BOOKED,
    ),
    Failure.UNKNOWN_OUTCOME: Words(
        _l("outcome unknown"),
        _l("It was sent, but no proof came back whether %(remote)s booked it."),
        _l("Nobody has to do anything: the outcome is looked up by itself. Do not book it by hand meanwhile."),
        MAYBE_BOOKED,
    ),
    Failure.DRAFT_UNKNOWN: Words(
        _l("draft cannot be looked up"),
        _l("It was sent as a draft, but no proof came back; a draft carries no number to look it up by."),
        _l("Look in %(remote)s among the draft invoices. Only if it is not there, send it again."),
        _l("It may be in %(remote)s as a draft. It is never sent again by itself."),
    ),
    Failure.SKIPPED: Words(
        _l("nothing to do"),
        _l("There was nothing to do for this invoice."),
        _l("Nobody has to do anything."),
        _l("Nothing was changed."),
    ),
    Failure.CANCELLED: Words(
        _l("stopped by a person"),
        _l("The run was cancelled before this was sent."),
        _l("Send it again when it should be in the books after all."),
        NOT_BOOKED,
    ),
    Failure.INTERNAL: Words(
        _l("error in Koppel"),
        _l("Something went wrong in Koppel itself."),
        _l("Press %(button)s. If it happens again, tell the administrator of Koppel the number of this run."),
    ),
}

THERE: dict[tuple[str, str], Words] = {
    ("billingo", Failure.RIGHT): Words(
        _l("right missing"),
        _l("The API key is accepted, but may not read this; it may belong to another account."),
        _l(
            "Someone with access to %(remote)s makes an API key with the scope Read; an administrator enters it under "
            "Connections and tests it there."
        ),
    ),
}
"""What a failure means at one provider, where that is not what it means at the others."""

REASONS: dict[str, Words] = {
    "not_issued": Words(
        _l("not sent to the customer yet"),
        _l("The invoice was not sent to the customer yet; only what was issued is booked."),
        _l("Send the invoice to the customer first, then send it to the books."),
        NOT_BOOKED,
    ),
    "in_review": Words(
        _l("in review"),
        _l("The invoice was returned for correction."),
        _l("Correct the invoice and issue it again, then send it to the books."),
        NOT_BOOKED,
    ),
    "cancelled": Words(
        _l("invoice cancelled"),
        _l("The invoice is cancelled."),
        _l("Nobody has to do anything."),
        NOT_BOOKED,
    ),
    "already_sent": Words(
        _l("already in the books"),
        _l("The invoice is in %(remote)s already."),
        _l("Nobody has to do anything."),
        _l("It is in the books, once."),
    ),
    "in_progress": Words(
        _l("already being sent"),
        _l("Another run is sending this invoice, or is looking up what became of it."),
        _l("Nobody has to do anything: the other run goes on with it."),
        _l("It will be booked once, by that other run."),
    ),
    "no_connection": Words(
        _l("no connection set up"),
        _l("There is no connection that sends the invoices of this organisation or department."),
        _l("An administrator sets up a connection under Connections, and turns on sending invoices."),
        NOT_BOOKED,
    ),
    "not_sales": Words(
        _l("not a sales invoice"),
        _l("Only sales invoices are sent to the books from here."),
        _l("Nobody has to do anything."),
        NOT_BOOKED,
    ),
}
REASONS |= {
    "no_contact_code": Words(
        _l("no contact code"),
        _l("The contact has no contact code, and your organisation sends no invoice without one."),
        _l("Fill in the contact code on the contact; the list of contacts shows which ones lack it."),
        NOT_BOOKED,
    ),
    "fetched": Words(
        _l("fetched from Billingo"),
        _l("The invoice was fetched from Billingo; what was issued there is not sent on to the books from here."),
        _l("Nobody has to do anything."),
        NOT_BOOKED,
    ),
    "set_aside": Words(
        _l("record not understood"),
        _l("%(remote)s gave a document of which the field that is named here cannot be read; it was set aside."),
        _l("Nobody has to do anything: the next run reads it again. If it stays so, look at it in %(remote)s."),
    ),
    "vanished": Words(
        _l("issued, and not there any more"),
        _l("Invoices that were issued in %(remote)s are missing there, though what was issued cannot be deleted."),
        _l("Compare the account of the API key with the one that was used before, and ask %(remote)s."),
    ),
    "export_ready": Words(
        _l("your file is ready"),
        _l("The list that you asked for was made into a file."),
        _l("Download it; it is kept for a week."),
        consequence=_l("It holds the rows as they stood when it was made."),
    ),
    "export_failed": Words(
        _l("your file could not be made"),
        _l(
            "The list that you asked for could not be made into a file: making it was begun five times and never ended."
        ),
        _l("Ask for it again, with fewer rows or as CSV; if it fails again, tell your administrator."),
        consequence=_l("There is no file. Nothing in the list was changed."),
    ),
    "webhook": Words(
        _l("events for a webhook given up"),
        _l("A system that a webhook tells of invoices has not taken some events for three days."),
        _l(
            "An administrator looks at the log of the webhook under Settings; "
            "once the other system answers again, Send again delivers an event after all."
        ),
        _l("The invoices themselves are as they were; only the other system does not know of them."),
    ),
    "mail_failed": Words(
        _l("e-mails that did not leave"),
        _l("The mail server did not take e-mails with invoices."),
        _l("Open each under E-mails, correct what is wrong, and e-mail its invoice again."),
        _l("The customers did not get these invoices."),
    ),
    "mail_unknown": Words(
        _l("e-mails whose outcome nobody knows"),
        _l("The mail server had e-mails with invoices and did not say whether it took them."),
        _l("Open each under E-mails, find out whether it arrived, and say so there."),
        _l("None of them is sent again by itself, so that nobody gets an invoice twice."),
    ),
    "paused": Words(
        _l("connection paused"),
        _l("The connection was paused when this was to be done."),
        _l("An administrator resumes the connection under Connections; then press %(button)s."),
    ),
    "never_outstanding": Words(
        _l("never open in the books"),
        _l("Invoices paid by card, iDEAL, online or in cash are never open in %(remote)s: absence proves nothing."),
        _l("Nobody has to do anything."),
        AS_IT_WAS,
    ),
    "not_booked": Words(
        _l("not booked yet"),
        _l("It is not booked in %(remote)s yet (a draft, or under way), so nothing can be said of its payment."),
        _l("Nobody has to do anything: the next run looks again."),
        AS_IT_WAS,
    ),
    "too_recent": Words(
        _l("booked just now"),
        _l("It was booked shortly before, and may not be among the open items yet."),
        _l("Nobody has to do anything: the next run looks again."),
        AS_IT_WAS,
    ),
    "currency_differs": Words(
        _l("other currency in the books"),
        _l("%(remote)s holds this invoice in another currency; amounts in two currencies are never compared."),
        _l("Compare the currency of the invoice with the entry in %(remote)s."),
        AS_IT_WAS,
    ),
    "ambiguous": Words(
        _l("number occurs more than once"),
        _l("Several open items in %(remote)s carry the number of this invoice, so that none could be used."),
        _l("Look in %(remote)s which entry with this number is the wrong one, and correct it there."),
        AS_IT_WAS,
    ),
}
