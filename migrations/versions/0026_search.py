"""the index of the search

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import search_pieces

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

PREFIXES = {"number": "number", "reference": "payment_reference"}


def upgrade():
    op.create_table(
        "search_pieces",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("piece", sa.String(length=3), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "piece", "segment", name="pk_search_pieces"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_waiting",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
    )
    op.execute("INSERT INTO search_waiting SELECT organisation_id, id FROM invoices")
    op.create_index("ix_search_waiting", "search_waiting", ["organisation_id", "invoice_id"])
    collate = "" if op.get_bind().dialect.name == "sqlite" else ' COLLATE "C"'
    for name, column in PREFIXES.items():
        op.execute(
            f"CREATE INDEX ix_invoices_search_{name} ON invoices (organisation_id, kind, (lower({column}){collate}), issue_date, id)"
        )


def downgrade():
    search_pieces.remove(op.get_bind())
    for name in PREFIXES:
        op.drop_index(f"ix_invoices_search_{name}", "invoices")
    op.drop_table("search_waiting")
    op.drop_table("search_pieces")
