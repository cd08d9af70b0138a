"""Settings of the accounting connection: the organisation's, and what departments have of their own.

A department that has anything of its own has a connection of its own, which is what sends, pays and rests; what it
inherits is written into that row whenever the organisation's changes, so that nothing else need know of inheritance.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select

from webapp.domain.accounting import FLAGS, Overrides, inherited, is_all
from webapp.domain.connections import ConnectionProblem, fit_administration, fit_key
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.connection_rows import move_connection, put_key
from webapp.services.connections import is_used, new_connection
from webapp.services.inheriting import inherit, spread
from webapp.services.payment_keys import drop_payment_key, key_of, put_payment_key
from webapp.store.connections import CallCount, Connection
from webapp.store.organisations import CODE_NEEDED, Department, Organisation
from webapp.store.senders import department_connection, organisation_connection
from webapp.store.session import current, transaction

NAME = "Yuki"
MOST_FOLDER = 64


@dataclass(frozen=True, slots=True)
class Accounting:
    """The organisation's settings as they were filled in; an empty key keeps the one there is."""

    region: str
    administration_id: str
    send_invoices: bool = True
    auto_send: bool = False
    process_payments: bool = True
    send_expenses: bool = False
    expense_folder_id: str = ""
    key: str = ""
    payment_key: str = ""
    drop_payment_key: bool = False
    code_needed: bool = False


def save_organisation(actor: Actor, wanted: Accounting) -> int:
    """Keep the settings of the actor's organisation, and what departments inherit; returns the connection's id.

    Raises ConnectionProblem.
    """
    administration = fit_administration(wanted.administration_id)
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id, with_for_update=True)
        organisation.settings = organisation.settings | {CODE_NEEDED: wanted.code_needed}
        connection = organisation_connection(organisation.id)
        if connection is None:
            connection = new_connection(actor, name=NAME, region=wanted.region, key=wanted.key)
            connection.administration_id = administration
            session.add(connection)
        else:
            connection = session.get_one(Connection, connection.id, with_for_update=True, populate_existing=True)
            if wanted.key:
                put_key(connection, fit_key(wanted.key))
            move_connection(connection, region=wanted.region, administration_id=administration)
        for name in FLAGS:
            setattr(connection, name, getattr(wanted, name))
        connection.expense_folder_id = _fit_folder(wanted.expense_folder_id)
        if wanted.payment_key:
            put_payment_key(connection, fit_key(wanted.payment_key, field="payment_key"))
        elif wanted.drop_payment_key:
            drop_payment_key(connection)
        connection.updated_at = clock.now()
        session.flush()
        spread(connection)
    return connection.id


def save_department(actor: Actor, department_id: int, wanted: Overrides) -> int | None:
    """Keep what a department has of its own; returns its connection, None when it goes by the organisation's.

    Raises ConnectionProblem: `department`, `nothing_to_inherit` with the field, and what a key or ID raises.
    """
    administration = fit_administration(wanted.administration_id) if wanted.administration_id else ""
    with transaction() as session:
        session.scalar(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())
        department = session.get(Department, department_id)
        if department is None or department.organisation_id != actor.organisation_id:
            raise ConnectionProblem("department", "There is no such department.")
        parent = organisation_connection(actor.organisation_id)
        own = department_connection(actor.organisation_id, department_id)
        before = None if own is None else own.inherits if own.inherits is not None else []
        inherits = inherited(wanted, before)
        if own is None and is_all(inherits):
            return None
        _check_parent(parent, inherits)
        if own is None:
            region = parent.region if parent else "nl"
            key = wanted.key or (key_of(parent) if parent else "")
            own = new_connection(actor, name=f"{NAME} · {department.name}"[:200], region=region, key=key)
            own.department_id = department_id
            session.add(own)
        elif wanted.key:
            put_key(own, fit_key(wanted.key))
        if administration:
            move_connection(own, region=own.region, administration_id=administration)
        _fill(own, wanted)
        own.inherits, own.updated_at = inherits, clock.now()
        inherit(own, parent)
        session.flush()
        return _keep_or_drop(own)


def _check_parent(parent: Connection | None, inherits: list[str]) -> None:
    """Refuse to inherit where the organisation has no connection: a department needs a key and an administration."""
    needed = [name for name in ("key", "administration_id") if name in inherits]
    if parent is None and needed:
        raise ConnectionProblem(
            "nothing_to_inherit", "The organisation has no connection to inherit this from.", field=needed[0]
        )


def _fill(own: Connection, wanted: Overrides) -> None:
    for name in FLAGS:
        value = getattr(wanted, name)
        if value is not None:
            setattr(own, name, value)
    if wanted.expense_folder_id:
        own.expense_folder_id = _fit_folder(wanted.expense_folder_id)
    if wanted.payment_key:
        put_payment_key(own, fit_key(wanted.payment_key, field="payment_key"))


def _keep_or_drop(own: Connection) -> int | None:
    """Drop the connection of a department that has nothing of its own; one with a past goes on watching payments."""
    if not is_all(own.inherits or ()):
        return own.id
    if not is_used(own.id):
        current().execute(delete(CallCount).where(CallCount.budget_key == f"{own.provider}:{own.uid}"))
        current().delete(own)
    return None


def _fit_folder(text: str) -> str:
    folder = text.strip()
    if len(folder) > MOST_FOLDER or not folder.isprintable():
        raise ConnectionProblem("folder", "A folder ID has at most 64 characters.", field="expense_folder_id")
    return folder
