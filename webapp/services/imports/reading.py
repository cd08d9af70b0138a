"""Read a file of invoices and judge it as a whole; nothing is written."""

from collections.abc import Callable, Sequence
from pathlib import PurePath

from sqlalchemy import select

from webapp.domain.drafts import Fault
from webapp.services import contacts
from webapp.services.imports.converting import Converter, Defaults
from webapp.services.imports.csv_file import read_csv
from webapp.services.imports.json_file import read_json
from webapp.services.imports.raw import LIMIT, MOST_FAULTS, MOST_INVOICES, Found, Reading, Unreadable
from webapp.services.imports.values import shown
from webapp.services.imports.xlsx_file import read_xlsx
from webapp.services.imports.xml_file import read_xml
from webapp.services.invoices.data import InvoiceData
from webapp.services.invoices.drafting import taken_numbers
from webapp.store.organisations import Department, Organisation
from webapp.store.session import current

READERS: dict[str, Callable[[bytes], Found]] = {
    ".json": read_json,
    ".csv": read_csv,
    ".xlsx": read_xlsx,
    ".xml": read_xml,
}


def read(organisation_id: int, name: str, content: bytes) -> Reading:
    """Read the file called `name`; what is wrong with it stands in the answer, never in an exception."""
    try:
        found = _open(name, content)
    except Unreadable as error:
        return Reading(name, (), (error.fault,), 1, ())
    defaults = _defaults(organisation_id)
    invoices, faults = _convert(organisation_id, found, defaults)
    places = {data.number: raw.head.place_of("number") for data, raw in zip(invoices, found.invoices, strict=True)}
    faults = found.faults + faults
    faults += numbers_taken(organisation_id, invoices, places)
    ordered = sorted(faults, key=_position)
    kept = () if faults else tuple(invoices)
    return Reading(name, kept, tuple(ordered[:MOST_FAULTS]), len(faults), tuple(found.notes), places)


def numbers_taken(
    organisation_id: int, invoices: Sequence[InvoiceData], places: dict[str, dict[str, object]]
) -> list[Fault]:
    """Return a fault for each number that an invoice of the organisation carries already."""
    taken = taken_numbers(organisation_id, sorted({data.number for data in invoices if data.number}))
    return [
        Fault("number_taken", "number", {"number": shown(number)}, places.get(number, {})) for number in sorted(taken)
    ]


def _open(name: str, content: bytes) -> Found:
    suffix = PurePath(name).suffix.lower()
    if suffix not in READERS:
        raise Unreadable("unknown_format", found=suffix[:10] or shown(name))
    if len(content) > LIMIT:
        raise Unreadable("file_too_large", most=LIMIT // 1024 // 1024)
    if not content:
        raise Unreadable("empty_file")
    found = READERS[suffix](content)
    if len(found.invoices) > MOST_INVOICES:
        raise Unreadable("too_many_rows", most=MOST_INVOICES)
    return found


def _convert(organisation_id: int, found: Found, defaults: Defaults) -> tuple[list[InvoiceData], list[Fault]]:
    codes = {str(raw.contact.values["code"]).strip() for raw in found.invoices if "code" in raw.contact.values}
    known = contacts.known_codes(organisation_id, codes)
    known |= {str(raw.contact.values.get("code", "")) for raw in found.invoices if raw.contact.values.get("name")}
    invoices: list[InvoiceData] = []
    faults: list[Fault] = []
    numbers: dict[str, dict[str, object]] = {}
    for raw in found.invoices:
        converter = Converter(raw, defaults)
        data = converter.convert(known)
        if data.number and data.number in numbers:
            converter.add("number_twice", "number", {"number": shown(data.number)})
        numbers.setdefault(data.number, raw.head.place)
        invoices.append(data)
        faults += converter.faults
    return invoices, faults


def _defaults(organisation_id: int) -> Defaults:
    session = current()
    organisation = session.get_one(Organisation, organisation_id)
    departments = session.execute(
        select(Department.name, Department.id).where(Department.organisation_id == organisation_id)
    )
    return Defaults(
        organisation.currency,
        organisation.country,
        organisation.payment_days,
        {name.casefold(): identity for name, identity in departments},
    )


def _position(fault: Fault) -> tuple[int, int, int]:
    place = fault.place
    return int(place.get("line", 0)), int(place.get("invoice", 0)), int(place.get("item", 0))
