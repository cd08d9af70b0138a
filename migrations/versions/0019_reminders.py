"""how far an invoice was reminded of, and when last

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('invoices', sa.Column('reminder_level', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('invoices', sa.Column('reminded_on', sa.Date(), nullable=True))


def downgrade():
    with op.batch_alter_table('invoices') as batch_op:
        batch_op.drop_column('reminded_on')
        batch_op.drop_column('reminder_level')
