"""of which document an open item is

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op


revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('remote_open_items', sa.Column('document_id', sa.String(length=40), server_default='', nullable=False))


def downgrade():
    op.drop_column('remote_open_items', 'document_id')
