"""the kept figures lie in the order of their groups (SQLite), without a table beside their index

Both tables are copied: some tens of thousands of rows, less than a second.

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import search_pieces, tally_triggers, types

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

DAYS = {"invoice_tallies": ("month",), "owed_tallies": ("grain", "due")}
AXES = ("delivery", "payment", "currency", "source", "department_id")


def groups(name):
    status = ("status",) if name == "invoice_tallies" else ()
    return ("organisation_id", "kind", *DAYS[name], *status, *AXES)


def columns(name):
    lengths = {"kind": 10, "currency": 3, "grain": 1}
    for column in groups(name):
        day = sa.Date() if column in ("month", "due") else sa.String(lengths.get(column, 20))
        yield sa.Column(column, sa.BigInteger() if column.endswith("_id") else day, nullable=False)
    yield sa.Column("number", sa.Integer(), nullable=False)
    yield sa.Column("gross", types.Exact(4), nullable=False)
    yield sa.Column("outstanding", types.Exact(4), nullable=False)
    yield sa.Column("loose", sa.Boolean(), server_default=sa.false(), nullable=False)


def copy(*, by_group):
    if op.get_bind().dialect.name != "sqlite":
        return
    for triggers in (tally_triggers, search_pieces):  # they name the tables that go, and are made anew at the end
        triggers.remove(op.get_bind())
    for name in DAYS:
        key = [sa.PrimaryKeyConstraint(*groups(name), name=f"pk_{name}")] if by_group else []
        op.create_table(f"fresh_{name}", *columns(name), *key, sqlite_with_rowid=not by_group)
        op.execute(f"INSERT INTO fresh_{name} SELECT * FROM {name} ORDER BY {', '.join(groups(name))}")  # noqa: S608
        op.drop_table(name)
        op.rename_table(f"fresh_{name}", name)
        if not by_group:
            op.create_index(f"uq_{name}", name, groups(name), unique=True)


def upgrade():
    copy(by_group=True)


def downgrade():
    copy(by_group=False)
