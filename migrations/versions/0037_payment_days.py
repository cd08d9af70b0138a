"""indexes for what came in by day, and for what was taken back

Each is one pass over the payments: a few seconds for a million on either database, with the table locked for writers.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

PLACE = ["organisation_id", "received_on", "id", "source"]
TAKEN = sa.text("amount < 0")


def upgrade():
    op.create_index(
        "ix_payments_days",
        "payments",
        ["organisation_id", "received_on", "currency", "source", "amount", "explained_amount"],
    )
    op.create_index("ix_payments_taken", "payments", PLACE[:3], sqlite_where=TAKEN, postgresql_where=TAKEN)
    op.drop_index("ix_payments_list", "payments")
    op.create_index("ix_payments_list", "payments", PLACE)


def downgrade():
    op.drop_index("ix_payments_list", "payments")
    op.create_index("ix_payments_list", "payments", [*PLACE, "currency", "amount", "explained_amount"])
    op.drop_index("ix_payments_taken", "payments")
    op.drop_index("ix_payments_days", "payments")
