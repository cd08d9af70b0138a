"""what belongs to a run or a connection belongs to its organisation; indexes of what few rows have

One row is looked up for both, where it was two; and most rows are left out of the indexes. SQLite copies the two tables
that refer to others in a new way, with the database locked for writers.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

FEW = {
    "invoices": ("credited_invoice_id", "approved_by_id", "salesman_id", "created_user_id"),
    "run_items": ("claim_id",),
}
REFERRING = {"run_items": ("run_id", "runs"), "remote_documents": ("connection_id", "connections")}
OWN = "organisation_id"
ALONE = {"resolve_fks": False}
"""Without the tables that are referred to, whose indexes SQLAlchemy cannot read."""


def _index(*, whole):
    for table, columns in FEW.items():
        for column in columns:
            there = None if whole else sa.text(f"{column} IS NOT NULL")
            op.drop_index(f"ix_{table}_{column}", table)
            op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=there, postgresql_where=there)


def _search_index(where):
    collate = "" if op.get_bind().dialect.name == "sqlite" else ' COLLATE "C"'
    op.drop_index("ix_invoices_search_reference", "invoices")
    op.execute(
        "CREATE INDEX ix_invoices_search_reference ON invoices"
        f" (organisation_id, kind, (lower(payment_reference){collate}), issue_date, id){where}"
    )


def upgrade():
    op.drop_index("ix_runs_organisation_id_id", "runs")
    op.create_index("ix_runs_organisation_id_id", "runs", [OWN, "id"], unique=True)
    op.create_index("uq_connections_organisation_id_id", "connections", [OWN, "id"], unique=True)
    for table, (column, parent) in REFERRING.items():
        with op.batch_alter_table(table, reflect_kwargs=ALONE) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
            batch.drop_constraint(op.f(f"fk_{table}_{OWN}"), type_="foreignkey")
            batch.create_foreign_key(
                op.f(f"fk_{table}_{OWN}_{column}"), parent, [OWN, column], [OWN, "id"], ondelete="CASCADE"
            )
    _index(whole=False)
    _search_index(" WHERE payment_reference <> ''")


def downgrade():
    _search_index("")
    _index(whole=True)
    for table, (column, parent) in REFERRING.items():
        with op.batch_alter_table(table, reflect_kwargs=ALONE) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_{OWN}_{column}"), type_="foreignkey")
            batch.create_foreign_key(op.f(f"fk_{table}_{column}"), parent, [column], ["id"], ondelete="CASCADE")
            batch.create_foreign_key(op.f(f"fk_{table}_{OWN}"), "organisations", [OWN], ["id"], ondelete="CASCADE")
    op.drop_index("uq_connections_organisation_id_id", "connections")
    op.drop_index("ix_runs_organisation_id_id", "runs")
    op.create_index("ix_runs_organisation_id_id", "runs", [OWN, "id"])
