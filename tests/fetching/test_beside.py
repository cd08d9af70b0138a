"""Rows that PostgreSQL takes while the next ones are put together: all of them in their order, or none."""

import gc
import sys

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from webapp.extensions import clock
from webapp.store.bulk import Bulk, side_by_side
from webapp.store.contacts import Contact
from webapp.store.fetching import RemoteParty
from webapp.store.organisations import Organisation
from webapp.store.session import current, release, reserve, transaction

CONTACTS = Bulk(Contact, ("id", "name"), same=("organisation_id", "created_at", "updated_at"))
LINKS = Bulk(RemoteParty, ("remote_id", "contact_id"), same=("connection_id",))


def write(organisation_id: int, number: int, *, refused: bool = False, mistake: bool = False) -> list[int]:
    """Write contacts a hundred at a time; a link to a connection that there is not is refused."""
    now = clock.now()
    with transaction():
        ids = reserve(Contact, number)
        with side_by_side():
            for at in range(0, number, 100):
                rows = [(key, f"Klant {key}") for key in ids[at : at + 100]]
                CONTACTS.write(rows, organisation_id=organisation_id, created_at=now, updated_at=now)
                if refused and at == 100:
                    LINKS.write([("1", ids[at])], connection_id=999_999)
                if mistake and at == 300:
                    raise ZeroDivisionError
        assert current().scalar(select(func.count()).select_from(Contact)) == number
    return ids


def names() -> list[tuple[int, str]]:
    found = [(row.id, row.name) for row in current().execute(select(Contact.id, Contact.name).order_by(Contact.id))]
    release()
    return found


def test_rows_that_are_sent_beside_are_all_there_at_the_end(app: Flask, organisation: Organisation) -> None:
    ids = write(organisation.id, 450)
    assert names() == [(key, f"Klant {key}") for key in ids]


def test_of_rows_of_which_some_are_refused_none_is_there_and_the_next_ones_go(
    app: Flask, organisation: Organisation
) -> None:
    own = organisation.id
    with pytest.raises(DBAPIError, match=r"remote_parties|FOREIGN KEY"):
        write(own, 450, refused=True)
    assert names() == []
    assert len(write(own, 150)) == len(names()) == 150


def test_a_mistake_while_rows_are_sent_leaves_none(app: Flask, organisation: Organisation) -> None:
    own = organisation.id
    turn = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError):
        write(own, 450, mistake=True)
    assert names() == []
    assert sys.getswitchinterval() == turn
    assert len(write(own, 100)) == 100


def test_to_write_again_and_again_leaves_nothing_in_memory(app: Flask, organisation: Organisation) -> None:
    now, own = clock.now(), organisation.id

    def times(number: int) -> None:
        with transaction():
            for key in reserve(Contact, number):
                CONTACTS.write([(key, "Klant")], organisation_id=own, created_at=now, updated_at=now)

    times(50)
    gc.collect()  # what Python keeps of tuples it freed, it lets go of
    gc.disable()
    try:
        times(50)
        before = sys.getallocatedblocks()
        times(600)
        assert sys.getallocatedblocks() - before < 300
    finally:
        gc.enable()
