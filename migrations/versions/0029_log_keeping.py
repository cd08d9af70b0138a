"""runs that somebody has seen; what the search and the nightly clearing of the logs go by

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op


revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

TROUBLE = sa.text("outcome IN ('failed', 'unknown')")
NAMED = sa.text('exchange_id IS NOT NULL')


def upgrade():
    op.add_column('runs', sa.Column('seen_at', sa.DateTime(), nullable=True))
    op.create_index('ix_run_items_trouble', 'run_items', ['organisation_id', 'id'], sqlite_where=TROUBLE, postgresql_where=TROUBLE)
    op.create_index('ix_run_items_exchange_id', 'run_items', ['exchange_id'], sqlite_where=NAMED, postgresql_where=NAMED)


def downgrade():
    op.drop_index('ix_run_items_exchange_id', 'run_items')
    op.drop_index('ix_run_items_trouble', 'run_items')
    op.drop_column('runs', 'seen_at')
