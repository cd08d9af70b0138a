"""Tables are changed under their rows: what stands in a database survives every step down and up again."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_run
from webapp.extensions import db
from webapp.services import tallying
from webapp.store.organisations import Organisation
from webapp.store.session import release

BEFORE_IMPORTS = "0006"
BEFORE_ONE_ORGANISATION = "0040"


def counts() -> tuple[int, ...]:
    with db.engine.connect() as connection:
        return tuple(
            connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()
            for table in ("invoices", "invoice_lines", "contacts", "organisations")
        )


def test_invoices_keep_their_lines_when_their_table_is_changed(app: Flask, organisation: Organisation) -> None:
    organisation_id = organisation.id
    for number in range(3):
        make_invoice(organisation_id, f"M-{number}")
    release()
    db.session.remove()
    before = counts()
    assert before == (3, 3, 3, 1)
    downgrade(revision=BEFORE_IMPORTS)
    assert counts() == before
    upgrade()
    assert counts() == before
    assert tallying.off() == 0
    make_invoice(organisation_id, "M-3")
    assert tallying.off() == 0


def test_what_a_run_did_stays_with_it_and_with_its_organisation(
    app: Flask, organisation: Organisation, other_organisation: Organisation
) -> None:
    own, other = organisation.id, other_organisation.id
    invoice = make_invoice(own, "M-1")
    run = make_run(own, make_connection(own), [(invoice, "succeeded", "")])
    release()
    db.session.remove()
    asked = text("SELECT organisation_id, run_id, invoice_id FROM run_items")

    def items() -> list[tuple[int, ...]]:
        with db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(asked)]

    downgrade(revision=BEFORE_ONE_ORGANISATION)
    assert items() == [(own, run, invoice)]
    upgrade()
    assert items() == [(own, run, invoice)]
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text("UPDATE run_items SET organisation_id = :other"), {"other": other})
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM runs"))
    assert items() == []
