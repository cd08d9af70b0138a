"""the ledger accounts of an administration beside its VAT codes

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("vat_code_lists", sa.Column("accounts", types.Json, nullable=True))


def downgrade():
    op.drop_column("vat_code_lists", "accounts")
