"""what is open in the books and belongs to nobody here is found by an index

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op


revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

NOBODYS = sa.text('invoice_id IS NULL AND payment_id IS NULL AND gone_at IS NULL')


def upgrade():
    op.create_index(
        'ix_remote_open_items_unknown',
        'remote_open_items',
        ['organisation_id', 'id'],
        sqlite_where=NOBODYS,
        postgresql_where=NOBODYS,
    )


def downgrade():
    op.drop_index('ix_remote_open_items_unknown', 'remote_open_items')
