"""the index of the axes knows the date: few that match are gathered and put in their order without a look at their rows

The index is made anew, with the table locked for writers: some seconds for a million invoices.

Revision ID: 0044
Revises: 0043
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

AXES = ["organisation_id", "kind", "status", "delivery", "payment"]


def upgrade():
    op.drop_index("ix_invoices_axes", "invoices")
    op.create_index("ix_invoices_axes", "invoices", [*AXES, "issue_date", "id"])


def downgrade():
    op.drop_index("ix_invoices_axes", "invoices")
    op.create_index("ix_invoices_axes", "invoices", AXES)
