"""the stream of invoices

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('stream_heads',
    sa.Column('organisation_id', types.Key, autoincrement=False, nullable=False),
    sa.Column('position', types.Key, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_stream_heads_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('pk_stream_heads'))
    )
    op.create_table('stream_events',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('position', types.Key, nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('invoice_id', types.Key, nullable=False),
    sa.Column('payload', types.Json, nullable=False),
    sa.Column('created_at', types.Moment(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_stream_events_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stream_events'))
    )
    with op.batch_alter_table('stream_events', schema=None) as batch_op:
        batch_op.create_index('uq_stream_events_position', ['organisation_id', 'position'], unique=True)
        batch_op.create_index('ix_stream_events_created_at', ['created_at'], unique=False)


def downgrade():
    with op.batch_alter_table('stream_events', schema=None) as batch_op:
        batch_op.drop_index('ix_stream_events_created_at')
        batch_op.drop_index('uq_stream_events_position')

    op.drop_table('stream_events')
    op.drop_table('stream_heads')
