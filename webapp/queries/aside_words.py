"""Why a record of a remote could not be read, in words."""

from typing import Any

from flask_babel import lazy_gettext as _l

REASONS: dict[str, Any] = {
    "missing": _l("It is missing."),
    "not_a_date": _l("It is no date."),
    "not_an_amount": _l("It is no amount, or it can be read in two ways."),
    "too_large": _l("It is larger than can be kept."),
    "too_precise": _l("It has more decimals than can be kept."),
    "too_long": _l("It is longer than can be kept."),
    "not_an_id": _l("It does not tell which document it is."),
    "not_a_currency": _l("It is no currency."),
    "unknown_type": _l("This kind of document is not known here."),
    "second_document": _l("It has the number of an invoice that went to Yuki from here and has its document already."),
    "settled": _l("The total is another than before, and something is set against the invoice already."),
}
"""By the codes of connectors/sources.BadRecord; a code that is not here needs no more words than the field."""
