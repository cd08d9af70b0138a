"""what came in is kept by the day, and no longer added up for each dashboard from an index of all payments

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import tallies, tally_triggers, types

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

NAME, GROUP = "received_tallies", ("organisation_id", "received_on", "currency")
DAYS = ("ix_payments_days", "payments", ["organisation_id", "received_on", "currency", "source", "amount", "explained_amount"])


def upgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        NAME,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", types.Exact(4), nullable=False),
        sa.Column("loose", sa.Boolean(), server_default=sa.false(), nullable=False),
        *([sa.PrimaryKeyConstraint(*GROUP, name=f"pk_{NAME}")] if sqlite else []),
        sqlite_with_rowid=False,
    )
    if not sqlite:
        op.create_index(f"ix_{NAME}", NAME, GROUP[:2])
    counted = tallies.summed(tallies.RECEIVED, [tallies.counted(tallies.RECEIVED, op.get_bind().dialect.name)])
    op.execute(f"INSERT INTO {NAME} ({', '.join(GROUP)}, number, amount) {counted}")  # noqa: S608
    op.drop_index(DAYS[0], DAYS[1])


def downgrade():
    tally_triggers.remove(op.get_bind())
    op.create_index(*DAYS)
    op.drop_table(NAME)
