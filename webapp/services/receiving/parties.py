"""Who stands on an import, its contact and its salesman: found, or made where they are new, straight to the tables.

Nearly every one of the first imports brings in somebody new, and its caller waits for that.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select

from webapp.extensions import clock
from webapp.services import contacts
from webapp.services.contacts import KEPT, ContactData
from webapp.services.receiving.knowing import CONTACT, Known
from webapp.store.contacts import Contact, Salesman
from webapp.store.session import current
from webapp.store.straight import Fixed, Line, line_of
from webapp.store.types import empty, table_of

_CONTACTS, _SALESMEN = table_of(Contact), table_of(Salesman)
_EMPTY = empty(_CONTACTS)
_ASKED = [_CONTACTS.c[name] for name in CONTACT]
_NAMED = Fixed(
    select(*_ASKED)
    .where(_CONTACTS.c.organisation_id == bindparam("organisation_id"), _CONTACTS.c.name == bindparam("name"))
    .order_by(_CONTACTS.c.id),
    gives=_ASKED,
    prompt=True,
)
_INSERT_CONTACT = Fixed(
    insert(_CONTACTS).returning(_CONTACTS.c.id),
    columns=[column.name for column in _CONTACTS.c if column.name != "id"],
    prompt=True,
)
_SALESMAN = Fixed(
    select(_SALESMEN.c.id).where(
        _SALESMEN.c.organisation_id == bindparam("organisation_id"), _SALESMEN.c.name == bindparam("name")
    ),
    prompt=True,
)
_INSERT_SALESMAN = Fixed(
    insert(_SALESMEN).returning(_SALESMEN.c.id), columns=("organisation_id", "name", "created_at"), prompt=True
)


def contact_of(known: Known, data: ContactData) -> Mapping[str, Any]:
    """Return the contact of an import as it then stands, its id and KEPT fields; inside of a transaction.

    Whose it is, is decided as `contacts.save_all` does, which also writes what is new of one that was there already.
    """
    line, terms = line_of(current().connection()), known.terms
    there = known.contact or _named(line, terms.id, data)
    if there is None:
        return _create(line, terms.id, data, terms.country)
    if not there["archived_at"] and not contacts.changes(there, data):
        return there
    saved = contacts.save_all(terms.id, [data], country=terms.country)[0]
    return {name: getattr(saved, name) for name in ("id", *KEPT)}


def _named(line: Line, organisation_id: int, data: ContactData) -> dict[str, Any] | None:
    """Return the oldest contact of a name; for a code, which is a new one then, only one that has none yet."""
    if not data.name:
        return None
    rows = line.all(_NAMED, {"organisation_id": organisation_id, "name": data.name})
    found = (dict(zip(CONTACT, row, strict=True)) for row in rows)
    return next((contact for contact in found if not (data.code and contact["code"])), None)


def _create(line: Line, organisation_id: int, data: ContactData, country: str) -> dict[str, Any]:
    fresh = _EMPTY | contacts.begun(organisation_id, data, country)
    fresh |= contacts.changes(fresh, data)
    return fresh | {"id": _id(line.one(_INSERT_CONTACT, fresh))}


def salesman_of(organisation_id: int, name: str | None) -> int | None:
    """Return the salesman of that name, made where he is new; None for none. Inside of a transaction."""
    if not name:
        return None
    line, asked = line_of(current().connection()), {"organisation_id": organisation_id, "name": name}
    found = line.one(_SALESMAN, asked)
    return _id(found or line.one(_INSERT_SALESMAN, asked | {"created_at": clock.now()}))


def _id(row: tuple[Any, ...] | None) -> int:
    if row is None:
        raise RuntimeError("the statement gave no row")
    return int(row[0])
