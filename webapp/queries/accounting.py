"""The settings of the accounting connection: the organisation's, and of a department each value with its source."""

from dataclasses import dataclass

from webapp.domain.accounting import FIELDS, Source
from webapp.store.connections import Connection
from webapp.store.organisations import needs_contact_code
from webapp.store.senders import department_connection, organisation_connection


@dataclass(frozen=True, slots=True)
class Values:
    """What a connection is set to; of keys the last four characters, "" where there is none."""

    region: str = "nl"
    administration_id: str = ""
    administration: str = ""
    send_invoices: bool = True
    auto_send: bool = False
    process_payments: bool = True
    send_expenses: bool = False
    expense_folder_id: str = ""
    key: str = ""
    payment_key: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The organisation's settings; `connection_id` None before there is a connection."""

    connection_id: int | None
    values: Values
    code_needed: bool


@dataclass(frozen=True, slots=True)
class DepartmentSettings:
    """A department's settings: what counts, what the organisation has, and whose each field is.

    `connection_id` is the connection that its invoices go by; `used` whether that may not change its administration.
    """

    connection_id: int | None
    values: Values
    organisation: Values
    sources: dict[str, Source]

    def own(self, name: str) -> bool:
        """Whether a field is the department's own."""
        return self.sources[name] is Source.DEPARTMENT


def of_organisation(organisation_id: int) -> Settings:
    """Return the settings of an organisation."""
    connection = organisation_connection(organisation_id)
    return Settings(connection.id if connection else None, _values(connection), needs_contact_code(organisation_id))


def of_department(organisation_id: int, department_id: int) -> DepartmentSettings:
    """Return the settings of a department; all of it comes from the organisation where it has nothing of its own."""
    parent = organisation_connection(organisation_id)
    own = department_connection(organisation_id, department_id)
    inherits = set(FIELDS) if own is None else set(own.inherits or ())
    if own is None or inherits >= set(FIELDS):
        counts, where = parent, Source.ORGANISATION if parent else Source.NOWHERE
        return DepartmentSettings(
            counts.id if counts else None, _values(counts), _values(parent), dict.fromkeys(FIELDS, where)
        )
    sources = {name: Source.ORGANISATION if name in inherits else Source.DEPARTMENT for name in FIELDS}
    if sources["payment_key"] is Source.ORGANISATION and not own.sealed_payment_key:
        sources["payment_key"] = sources["key"] if sources["key"] is Source.ORGANISATION else Source.NOWHERE
    return DepartmentSettings(own.id, _values(own), _values(parent), sources)


def _values(connection: Connection | None) -> Values:
    if connection is None:
        return Values()
    return Values(
        region=connection.region,
        administration_id=connection.administration_id,
        administration=connection.administration_name or connection.administration_id,
        send_invoices=connection.send_invoices,
        auto_send=connection.auto_send,
        process_payments=connection.process_payments,
        send_expenses=connection.send_expenses,
        expense_folder_id=connection.expense_folder_id,
        key=connection.key_hint,
        payment_key=connection.payment_key_hint,
    )
