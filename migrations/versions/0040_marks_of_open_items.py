"""open items that are known by their bytes

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("remote_open_items", sa.Column("mark", sa.BigInteger(), nullable=True))


def downgrade():
    op.drop_column("remote_open_items", "mark")
