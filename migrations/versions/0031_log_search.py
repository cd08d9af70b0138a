"""the index of the search in the logs

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import log_pieces

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "log_pieces",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("piece", sa.String(length=3), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "piece", "segment", name="pk_log_pieces"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_waiting",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
    )
    op.execute("INSERT INTO log_waiting SELECT organisation_id, id FROM runs WHERE actor_name <> '' OR remote_text <> ''")
    op.execute("INSERT INTO log_waiting SELECT DISTINCT organisation_id, run_id FROM run_items WHERE remote_text <> ''")
    op.create_index("ix_log_waiting", "log_waiting", ["organisation_id", "run_id"])


def downgrade():
    log_pieces.remove(op.get_bind())
    op.drop_table("log_waiting")
    op.drop_table("log_pieces")
