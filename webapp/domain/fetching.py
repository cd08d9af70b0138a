"""The plan of a reading: which lists are read, which page comes next, and what each document means here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from webapp.domain.remote_invoices import RemoteInvoice, RemotePayment, digest

OVERLAP = timedelta(hours=1)
"""How far before the watermark is read again: clocks differ, and a document may be changed while its page is made."""

PAID_OVERLAP = timedelta(days=7)
"""A payment may be entered some days after the day it carries."""

FULL_EVERY = timedelta(days=7)
"""How often the schedule reads everything: only that shows what is missing."""

PER_PAGE = 100
ZERO = Decimal(0)


class Change(StrEnum):
    """What a document means for what is stored."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"  # the same document a second time on one page


MOST_BACKS = 20
"""How often one reading goes back in a list that moved; what it misses then, the next reading finds."""

LISTS, STANDING, DETAILS = "lists", "standing", "details"
"""The steps of a reading: documents in lists, what is open of them, and what the lists leave out."""


@dataclass(frozen=True, slots=True)
class Part:
    """One list to read through; everything without any of these. `always`: payments are asked for in any case.

    `box` is one of the remote's places, where it has several. With the `step` standing it is no list: it is asked
    what is open of that box, with `details` for what some documents tell themselves.
    """

    modified_since: datetime | None = None
    issued_since: date | None = None
    paid_since: date | None = None
    payment_status: str = ""
    always: bool = False
    box: str = ""
    step: str = LISTS


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading under way: `part` and `page` are what comes next, `total` what the page before said of its list.

    `full`: everything is read, so that what is missing has vanished; not when `blind`, which is when a record could
    not even be told from others. `moves`: its beginning becomes the watermark. `tail` is the last document of the
    page before; where a list has no total, `backs` counts how often it was not found again.
    """

    started_at: datetime
    parts: tuple[Part, ...]
    part: int = 0
    page: int = 1
    total: int | None = None
    full: bool = False
    moves: bool = True
    blind: bool = False
    tail: str = ""
    backs: int = 0

    @property
    def ended(self) -> bool:
        """Whether all lists were read to their ends."""
        return self.part >= len(self.parts)


def begin(
    *,
    now: datetime,
    watermark: datetime | None,
    full_at: datetime | None,
    full: bool = False,
    since: date | None = None,
    by_schedule: bool = False,
    boxes: Sequence[str] = (),
) -> Reading:
    """Return the reading to begin: all, since a day, or what moved since the watermark.

    What was paid, and what is paid in part, is read beside what was modified: no remote says that a payment
    modifies its document. A set of books, whose `boxes` these are, is asked for what is open instead.
    """
    reading = _begin(now=now, watermark=watermark, full_at=full_at, full=full, since=since, by_schedule=by_schedule)
    if not boxes:
        return reading
    lists = [replace(reading.parts[0], box=box, always=False) for box in boxes]
    standing = [Part(box=box, step=STANDING) for box in boxes]
    return replace(reading, parts=(*lists, *standing, Part(step=DETAILS)))


def _begin(
    *,
    now: datetime,
    watermark: datetime | None,
    full_at: datetime | None,
    full: bool,
    since: date | None,
    by_schedule: bool,
) -> Reading:
    if since is not None:
        return Reading(now, (Part(issued_since=since, always=True),), moves=False)
    late = by_schedule and (full_at is None or now - full_at >= FULL_EVERY)
    if full or late or watermark is None:
        return Reading(now, (Part(always=True),), full=True)
    moved = Part(modified_since=watermark - OVERLAP)
    paid = Part(paid_since=(watermark - PAID_OVERLAP).date())
    in_part = Part(payment_status="partially_paid", always=True)
    return Reading(now, (moved, paid, in_part))


def after_page(
    reading: Reading, *, last: int, total: int | None, blind: bool = False, ids: Sequence[str] = (), tail: str = ""
) -> Reading:
    """Return the reading after its page was stored; `last`, `total` and `tail` as it tells them, `ids` its documents.

    New documents stand in front and push what follows to later pages: it is seen twice. A document that is taken away
    pulls what follows forward, past the reader. So when a list became shorter, the pages before are read again.
    """
    if blind:
        reading = replace(reading, blind=True)
    if total is None:
        return _after_records(reading, last=last, ids=ids)
    lost = (reading.total or 0) - total
    if lost > 0 and reading.page > 1:
        back = -(-lost // PER_PAGE)
        return replace(reading, page=max(1, reading.page - back), total=total, tail="")
    if reading.page < last:
        return replace(reading, page=reading.page + 1, total=total, tail=tail)
    return after_part(reading)


def after_part(reading: Reading) -> Reading:
    """Return the reading after a part of it was done."""
    return replace(reading, part=reading.part + 1, page=1, total=None, tail="")


def _after_records(reading: Reading, *, last: int, ids: Sequence[str]) -> Reading:
    """The same where nobody says how long the list is: the tail of the page before has to stand on this one."""
    if reading.tail and reading.tail not in ids and reading.backs < MOST_BACKS:
        back = max(1, reading.page - PER_PAGE)
        return replace(reading, page=back, tail="", backs=reading.backs + 1)
    if last > reading.page:
        return replace(reading, page=last, tail=ids[-1] if ids else "")
    return after_part(reading)


def plan(
    found: Iterable[RemoteInvoice], known: Mapping[str, int], *, passed: Collection[str] = ()
) -> list[tuple[Change, RemoteInvoice, int | None]]:
    """Return what each document of a page means, in its order; `known` are the digests by id.

    With the digest of those that were compared: that of a new one is needed when it is written, and not before.
    `passed` are documents of the page that were passed over.
    """
    planned: list[tuple[Change, RemoteInvoice, int | None]] = []
    seen = set(passed)
    for invoice in found:
        key = invoice.remote_id
        mark = None
        if key in seen:
            change = Change.SKIPPED
        elif key not in known:
            change = Change.CREATED
        else:
            mark = digest(invoice)
            change = Change.UNCHANGED if known[key] == mark else Change.UPDATED
        seen.add(key)
        planned.append((change, invoice, mark))
    return planned


@dataclass(frozen=True, slots=True)
class Money:
    """One payment to write: what came in (or, against the sign of the total, was taken back), and on which day."""

    amount: Decimal
    day: date
    seen: bool = False
    method: str = field(default="", compare=False)


def plan_money(
    invoice: RemoteInvoice, payments: Sequence[RemotePayment] | None, *, told: Decimal, today: date
) -> list[Money]:
    """Return what has to be written so that the payments of a document add up to what the remote says.

    `told` is the sum of what was written so far. What is paid in full needs no list; for what is paid in part the
    list is the only word there is, and without one (`payments` None) nothing is said. Where the newest payments are
    exactly what is new they are written one by one with their days, else the difference in one, on the day of the
    newest, or of today when it was only seen.
    """
    if not invoice.issued:
        return []
    if invoice.payment_status == "paid":
        target, facts = invoice.gross_total, list(payments or ())
    elif invoice.payment_status == "partially_paid":
        if payments is None:
            return []
        target, facts = sum((one.amount for one in payments), ZERO), list(payments)
    else:
        target, facts = ZERO, []
    missing = target - told
    if not missing:
        return []
    newest: list[RemotePayment] = []
    for one in sorted(facts, key=lambda fact: fact.day, reverse=True):
        newest.insert(0, one)
        if sum((fact.amount for fact in newest), ZERO) == missing:
            return [Money(fact.amount, fact.day, method=fact.method) for fact in newest if fact.amount]
    day = invoice.paid_date if missing * invoice.gross_total > 0 else None
    return [Money(missing, day or today, seen=day is None, method=invoice.payment_method)]


def as_json(reading: Reading) -> dict[str, Any]:
    """Return a reading as it is kept between two pages."""
    return {
        "started_at": reading.started_at.isoformat(),
        "parts": [
            {
                "modified_since": part.modified_since.isoformat() if part.modified_since else None,
                "issued_since": part.issued_since.isoformat() if part.issued_since else None,
                "paid_since": part.paid_since.isoformat() if part.paid_since else None,
                "payment_status": part.payment_status,
                "always": part.always,
                "box": part.box,
                "step": part.step,
            }
            for part in reading.parts
        ],
        "part": reading.part,
        "page": reading.page,
        "total": reading.total,
        "full": reading.full,
        "moves": reading.moves,
        "blind": reading.blind,
        "tail": reading.tail,
        "backs": reading.backs,
    }


def from_json(kept: Mapping[str, Any]) -> Reading:
    """Return the reading that was kept by `as_json`."""
    parts = tuple(
        Part(
            _moment(part["modified_since"]),
            _day(part["issued_since"]),
            _day(part["paid_since"]),
            part["payment_status"],
            part["always"],
            part.get("box", ""),
            part.get("step", LISTS),
        )
        for part in kept["parts"]
    )
    rest = {name: kept[name] for name in ("part", "page", "total", "full", "moves", "blind")}
    rest |= {name: kept[name] for name in ("tail", "backs") if name in kept}
    return Reading(datetime.fromisoformat(kept["started_at"]), parts, **rest)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
