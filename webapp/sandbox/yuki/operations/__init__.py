"""What each operation does: a function for every signature of the contract, service by service."""

from collections.abc import Callable

from webapp.sandbox.yuki.access import Call
from webapp.sandbox.yuki.contract import GENERAL, Operation
from webapp.sandbox.yuki.operations import accounting, archive, contacts, general, sales, uploads, vat
from webapp.sandbox.yuki.soap import Answer

Handler = Callable[[Call], Answer]

_OWN: dict[str, dict[str, Handler]] = {
    "Sales": sales.HANDLERS,
    "Accounting": accounting.HANDLERS,
    "AccountingInfo": accounting.INFO_HANDLERS,
    "Archive": archive.HANDLERS | uploads.HANDLERS,
    "Contact": contacts.HANDLERS,
    "Vat": vat.HANDLERS,
}


def handler_of(operation: Operation) -> Handler:
    return general.HANDLERS[operation.name] if operation.name in GENERAL else _OWN[operation.service][operation.name]
