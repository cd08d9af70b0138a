"""What the settings of a connection may be: names, regions, keys, administration IDs, times and quotas."""

import re
from dataclasses import dataclass
from uuid import UUID

from webapp.domain.schedule import ScheduleError, parse_times

REGIONS = ("nl", "be")
KEY_LENGTH = (8, 200)
DAILY_CALLS = (10, 1_000_000)
MOST_FETCHES = 4
_KEY_SIGNS = re.compile(r"[\x21-\x7e]+")


class ConnectionProblem(Exception):
    """A connection cannot be made or changed so; `code` names the reason, `field` the field, `text` what was given."""

    def __init__(self, code: str, message: str, *, field: str = "", text: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.text = text


@dataclass(frozen=True, slots=True)
class Options:
    """What a connection does; times as `07:00, 14:00` in the zone of the settings, `daily_calls` is the quota."""

    send_invoices: bool = True
    process_payments: bool = True
    auto_send: bool = False
    draft: bool = False
    fetch_invoices: bool = False
    payment_times: str = "07:00, 14:00"
    department_id: int | None = None
    daily_calls: int = 1000
    debtor_account: str = ""


def fit_account(code: str) -> str:
    """Return the code of a ledger account as it is kept; empty for the usual one. Raises ConnectionProblem."""
    text = code.strip()
    if text and not (text.isascii() and text.isalnum() and len(text) <= 20):
        raise ConnectionProblem(
            "account", "A ledger account is a code such as 13000.", field="debtor_account", text=text[:30]
        )
    return text


def fit_name(name: str) -> str:
    """Return a name as it is kept; raises ConnectionProblem."""
    text = " ".join(name.split())
    if not 1 <= len(text) <= 200:
        raise ConnectionProblem("name", "A connection needs a name of 1 to 200 characters.", field="name")
    return text


def fit_region(region: str) -> str:
    """Return a region as it is kept; raises ConnectionProblem."""
    if region not in REGIONS:
        raise ConnectionProblem("region", f"There is no region {region[:20]}; there are nl and be.", field="region")
    return region


def fit_administration(text: str) -> str:
    """Return an administration ID as it is kept; raises ConnectionProblem for what is not a GUID."""
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise ConnectionProblem(
            "administration",
            "An administration ID looks like 11111111-2222-3333-4444-555555555555.",
            field="administration_id",
        ) from None


def fit_key(key: str, *, field: str = "key") -> str:
    """Return a key without what copying adds around it; raises ConnectionProblem, which never repeats the key."""
    text = key.strip()
    if not KEY_LENGTH[0] <= len(text) <= KEY_LENGTH[1] or not _KEY_SIGNS.fullmatch(text):
        raise ConnectionProblem(
            "key", "This is not an API key: it is one word of 8 to 200 letters, digits and signs.", field=field
        )
    return text


def fit_times(text: str, *, needed: bool) -> list[str]:
    """Return times of day as they are kept, sorted; raises ConnectionProblem, also for none where some are needed."""
    if not text.strip() and not needed:
        return []
    try:
        return [f"{at:%H:%M}" for at in parse_times(text)]
    except ScheduleError as error:
        raise ConnectionProblem(
            f"times_{error.reason}",
            f"Payment times are written as 07:00, 14:00 ({error}).",
            field="payment_times",
            text=error.text,
        ) from None


def fit_fetch_times(text: str) -> list[str]:
    """Return the times at which invoices are fetched, none for by hand alone; ConnectionProblem above four a day."""
    times = fit_times(text, needed=False)
    if len(times) > MOST_FETCHES:
        raise ConnectionProblem(
            "fetches_too_many", f"Invoices are fetched at most {MOST_FETCHES} times a day.", field="payment_times"
        )
    return times


def fit_daily_calls(number: int) -> int:
    """Return a quota as it is kept; raises ConnectionProblem."""
    low, high = DAILY_CALLS
    if not low <= number <= high:
        raise ConnectionProblem("daily_calls", f"The calls of a day are {low} to {high}.", field="daily_calls")
    return number
