"""The administrations that a key sees: which of them have a connection, and new ones for others with the same key."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import select

from webapp.domain.connections import ConnectionProblem, fit_administration
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.connection_checks import SEEN, SETUP, own_connection
from webapp.services.connection_rows import put_key
from webapp.services.payment_keys import key_of
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction


def hold_organisation(organisation_id: int) -> None:
    """Wait, inside of a transaction, until nobody else takes an administration of this organisation.

    Before any of its connections is locked: who changes the organisation goes from it to them.
    """
    current().scalar(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())


def check_free(connection: Connection, region: str, administration_id: str) -> None:
    """Raise ConnectionProblem `administration_taken` when another connection has an administration, in a transaction.

    Both would ask for the same open items and read the same documents, and each would keep its own. What a
    department overrides of the organisation's connection is none of its own, and an unfinished one has none yet.
    """
    hold_organisation(connection.organisation_id)
    with current().no_autoflush:
        others = current().scalars(
            select(Connection).where(
                Connection.organisation_id == connection.organisation_id,
                Connection.provider == "yuki",
                Connection.region == region,
                Connection.uid != connection.uid,
                Connection.pause_reason != SETUP,
            )
        )
        taken = [one for one in others if one.inherits is None and _same(one.administration_id, administration_id)]
    if taken:
        raise ConnectionProblem(
            "administration_taken",
            f"The connection {taken[0].name} has this administration already; change that one, or choose another.",
            field="administration_id",
            text=taken[0].name,
        )


def shares_archive(connection: Connection) -> bool:
    """Whether the last test saw more administrations in the domain of this one, whose archive is one."""
    seen = [row for row in connection.test_report if row.get("name") == SEEN]
    mine = next((row for row in seen if _same(row.get("id", ""), connection.administration_id)), None)
    return mine is not None and sum(row.get("domain") == mine.get("domain") for row in seen) > 1


def add_others(actor: Actor, connection_id: int, wanted: Sequence[str]) -> list[int]:
    """Make a connection for each of these administrations, by the same key; returns their ids.

    Each has runs of its own, processes payments when this one does, and neither sends nor reads until somebody says
    so: who sends which invoices is a choice. Raises ConnectionProblem: all of them are made, or none.
    """
    made: list[Connection] = []
    with transaction() as session:
        hold_organisation(actor.organisation_id)
        connection = own_connection(actor, connection_id, lock=True)
        if connection.provider != "yuki" or connection.pause_reason == SETUP:
            raise ConnectionProblem("setup", "This connection was not finished: complete it first.")
        seen = {row["id"]: row for row in connection.test_report if row.get("name") == SEEN}
        chosen = [seen[one] for one in dict.fromkeys(wanted) if one in seen and seen[one].get("active") == "yes"]
        if not chosen:
            raise ConnectionProblem("none_chosen", "Choose at least one administration that the key sees.")
        try:
            key = key_of(connection)
        except CannotUnseal:
            raise ConnectionProblem("sealed", "The stored API key cannot be opened: type it again first.") from None
        for row in chosen:
            other = _beside(connection, row)
            check_free(other, other.region, other.administration_id)
            put_key(other, key)
            session.add(other)
            session.flush()
            made.append(other)
    return [one.id for one in made]


def _beside(connection: Connection, row: dict[str, str]) -> Connection:
    now = clock.now()
    domain = row.get("domain", "")
    return Connection(
        uid=uuid4().hex,
        organisation_id=connection.organisation_id,
        provider="yuki",
        name=row.get("label", "") or connection.name,
        region=connection.region,
        administration_id=fit_administration(row["id"]),
        administration_name=row.get("label", ""),
        domain_id=domain,
        domain_name=connection.domain_name if _same(domain, connection.domain_id) else "",
        send_invoices=False,
        process_payments=connection.process_payments,
        payment_times=list(connection.payment_times),
        daily_calls=connection.daily_calls,
        created_at=now,
        updated_at=now,
    )


def _same(one: str, other: str) -> bool:
    return one.strip("{} ").lower() == other.strip("{} ").lower() != ""
