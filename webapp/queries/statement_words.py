"""What is wrong with a bank statement, in words: one sentence, with the line of the file."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.drafts import Fault

WORDS: dict[str, Any] = {
    "statement_empty": _l("The file is empty. Download the statement from the bank again."),
    "statement_too_large": _l("The file is larger than %(most)s MB. Download a shorter period."),
    "statement_too_many_lines": _l("The file holds more than %(most)s transactions. Download a shorter period."),
    "statement_xml": _l("This is not valid XML: %(detail)s. Download the statement from the bank again."),
    "statement_doctype": _l("The file has a DOCTYPE; no bank writes one, and it is not read."),
    "statement_not_camt": _l(
        "This XML is no bank statement (it begins with “%(found)s”). Choose CAMT.053 when you download it."
    ),
    "statement_not_mt940": _l("This is neither a CAMT.053 nor an MT940 file. Choose one of these at the bank."),
    "statement_no_statement": _l("The file holds no statement."),
    "statement_no_account": _l("The statement does not say which account it is of."),
    "statement_no_sign": _l("It is not said whether this amount came in or went out."),
    "statement_missing": _l("“%(name)s” is missing here."),
    "statement_amount": _l("“%(value)s” is not an amount."),
    "statement_date": _l("“%(value)s” is not a date."),
    "statement_balance": _l("“%(value)s” is not a balance."),
    "statement_entry": _l("“%(value)s” is not a transaction as MT940 writes it."),
}


def say(fault: Fault) -> str:
    """Return the sentence for a fault of a statement, with its line where it has one."""
    sentence = str(WORDS[fault.code]) % fault.params
    line = fault.place.get("line")
    return _("Line %(line)s: %(sentence)s", line=line, sentence=sentence) if line else sentence
