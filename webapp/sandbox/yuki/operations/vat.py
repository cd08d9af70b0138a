"""The Vat service: the VAT codes that an administration accepts today."""

from collections.abc import Callable
from datetime import date, datetime, time

from webapp.sandbox.yuki.access import Call
from webapp.sandbox.yuki.charts import VAT_CODES
from webapp.sandbox.yuki.soap import Answer


def active_codes(call: Call) -> Answer:
    administration = call.administration()
    return [
        {
            "description": one.description,
            "type": one.type,
            "typeDescription": one.type_description,
            "percentage": one.percentage,
            "country": one.country,
            "startDate": _midnight(one.start),
            "endDate": _midnight(one.end),
        }
        for one in VAT_CODES[administration.country]
    ]


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min) if day else None


HANDLERS: dict[str, Callable[[Call], Answer]] = {"ActiveVATCodesList": active_codes}
