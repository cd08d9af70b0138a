"""the VAT of an expense: its amount, and the percentage it was worked out with

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("expense_lines") as batch_op:
        batch_op.add_column(sa.Column("vat_rate", types.Exact(4), nullable=True))
        batch_op.add_column(sa.Column("vat_amount", types.Exact(4), nullable=True))


def downgrade():
    with op.batch_alter_table("expense_lines") as batch_op:
        batch_op.drop_column("vat_amount")
        batch_op.drop_column("vat_rate")
