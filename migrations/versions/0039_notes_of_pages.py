"""what a source notes of the documents of a page; the pages that were known are looked at once more

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("DELETE FROM page_marks")  # the next full reading keeps them anew
    with op.batch_alter_table("page_marks") as batch_op:
        batch_op.add_column(sa.Column("notes", sa.LargeBinary(), nullable=False))


def downgrade():
    with op.batch_alter_table("page_marks") as batch_op:
        batch_op.drop_column("notes")
