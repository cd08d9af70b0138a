"""receipts of the books as payments, and the debtor account whose entries tell their days

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
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


def upgrade():
    key = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # As text: SQLite takes a column with its reference so without copying a table that others point to.
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN " + column.format(key=key))
    for table, name, columns, unique in INDEXES:
        op.create_index(name, table, columns, unique=unique)


def downgrade():
    for table, name, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.partition(" ")[0])
