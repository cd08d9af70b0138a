"""receipts of the books as payments, the debtor account that tells their days, and differences one by one

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

COLUMNS = (
    ("payments", "matched_there BIGINT NOT NULL DEFAULT 0"),
    ("payments", "same_as_id {key} CONSTRAINT fk_payments_same_as_id REFERENCES payments (id)"),
    ("remote_open_items", "payment_id {key} CONSTRAINT fk_remote_open_items_payment_id REFERENCES payments (id)"),
    ("connections", "debtor_account VARCHAR(20) NOT NULL DEFAULT ''"),
)
INDEXES = (
    ("payments", "uq_payments_same_as_id", ["same_as_id"], True),
    ("payments", "ix_payments_fact", ["organisation_id", "amount", "received_on"], False),
    ("remote_open_items", "ix_remote_open_items_payment_id", ["payment_id"], False),
)

REFERENCES = (
    ("organisation_id", "organisations"),
    ("connection_id", "connections"),
    ("run_id", "runs"),
    ("invoice_id", "invoices"),
    ("item_id", "remote_open_items"),
)


def upgrade():
    key = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # As text: SQLite takes a column with its reference so without copying a table that others point to.
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN " + column.format(key=key))
    for table, name, columns, unique in INDEXES:
        op.create_index(name, table, columns, unique=unique)

    op.create_table(
        "differences",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("connection_id", types.Key, nullable=False),
        sa.Column("run_id", types.Key, nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("invoice_id", types.Key, nullable=True),
        sa.Column("item_id", types.Key, nullable=True),
        sa.Column("here_amount", types.Exact(4), nullable=False),
        sa.Column("there_amount", types.Exact(4), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_differences_{column}", ondelete="CASCADE")
            for column, table in REFERENCES
        ),
        sa.PrimaryKeyConstraint("id", name="pk_differences"),
    )
    for column in ("run_id", "invoice_id", "item_id"):
        op.create_index(f"ix_differences_{column}", "differences", [column])
    op.create_index("ix_differences_list", "differences", ["connection_id", "cause", "id"])


def downgrade():
    op.drop_table("differences")
    for table, name, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.partition(" ")[0])
