"""pages that were asked for ahead and lie here until they are written

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op


revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'kept_pages',
        sa.Column('connection_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('started_at', sa.DateTime(), nullable=False),
        sa.Column('part', sa.Integer(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_kept_pages_connection_id_connections'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('connection_id', 'number', name=op.f('pk_kept_pages')),
    )


def downgrade():
    op.drop_table('kept_pages')
