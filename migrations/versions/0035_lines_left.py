"""an index of the bank lines that went out and that nothing explains

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

NAME, LEFT = "ix_bank_lines_left", sa.text("payment_id IS NULL AND amount < 0")


def upgrade():
    columns = ["organisation_id", "booked_on"]
    op.create_index(NAME, "bank_lines", columns, sqlite_where=LEFT, postgresql_where=LEFT)


def downgrade():
    op.drop_index(NAME, "bank_lines")
