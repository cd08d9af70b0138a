"""Tables are changed under their rows: what stands in a database survives every step down and up again."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from tests.support.records import make_invoice
from webapp.extensions import db
from webapp.services import tallying
from webapp.store.organisations import Organisation
from webapp.store.session import release

BEFORE_IMPORTS = "0006"


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
