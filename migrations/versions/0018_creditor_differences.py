"""differences on both sides of the books

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('fetch_states', sa.Column('compared', types.Json, server_default='{}', nullable=False))
    op.add_column('differences', sa.Column('side', sa.String(length=8), server_default='debtor', nullable=False))
    op.drop_index('ix_differences_list', 'differences')
    op.create_index('ix_differences_list', 'differences', ['connection_id', 'side', 'cause', 'id'])


def downgrade():
    # Older code knows of one side only, and would list these among its own.
    op.execute("DELETE FROM differences WHERE side <> 'debtor'")
    op.drop_index('ix_differences_list', 'differences')
    op.create_index('ix_differences_list', 'differences', ['connection_id', 'cause', 'id'])
    op.drop_column('differences', 'side')
    op.drop_column('fetch_states', 'compared')
