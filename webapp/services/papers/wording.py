"""Words of papers that depend on how an invoice is paid and what it is called as a file."""

from collections.abc import Callable
from typing import Any

import flask_babel
from flask_babel import lazy_gettext as _l

from webapp.domain.documents import PaymentMethod
from webapp.papers.facts import PaperKind

_: Callable[..., str] = flask_babel.gettext

_PAID_OTHERWISE: dict[str, Any] = {
    PaymentMethod.DIRECT_COLLECTION: _l("You need not do anything: the amount is collected from your bank account."),
    PaymentMethod.CREDIT_CARD: _l("This invoice is paid by credit card."),
    PaymentMethod.DEBIT_CARD: _l("This invoice is paid by debit card."),
    PaymentMethod.CASH: _l("This invoice is paid in cash."),
    PaymentMethod.IDEAL: _l("This invoice is paid by iDEAL."),
    PaymentMethod.ONLINE: _l("This invoice is paid online."),
}


def payment_words(method: str) -> str:
    """Return what the paper says of a way to pay that needs no transfer."""
    return str(_PAID_OTHERWISE.get(method, ""))


def file_name(kind: PaperKind, number: str) -> str:
    """Return what a paper is called as a file, without its ending."""
    names = {
        PaperKind.INVOICE: _("Invoice-%(number)s", number=number),
        PaperKind.CREDIT_NOTE: _("Credit-note-%(number)s", number=number),
        PaperKind.PRO_FORMA: _("Pro-forma"),
    }
    return names[kind]
