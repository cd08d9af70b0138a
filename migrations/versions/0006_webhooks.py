"""webhooks and their deliveries

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")


def upgrade():
    op.create_table('webhooks',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('uid', sa.String(length=36), nullable=False),
    sa.Column('address', sa.String(length=500), nullable=False),
    sa.Column('sealed_secret', sa.String(length=1000), nullable=False),
    sa.Column('secret_hint', sa.String(length=8), nullable=False),
    sa.Column('created_at', types.Moment(), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('asked_at', types.Moment(), nullable=True),
    sa.Column('removed_at', types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_webhooks_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhooks')),
    sa.UniqueConstraint('uid', name=op.f('uq_webhooks_uid'))
    )
    with op.batch_alter_table('webhooks', schema=None) as batch_op:
        batch_op.create_index('ix_webhooks_organisation_id', ['organisation_id', 'id'], unique=False)

    op.create_table('webhook_deliveries',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('webhook_id', types.Key, nullable=False),
    sa.Column('position', types.Key, nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('invoice_id', types.Key, nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', types.Moment(), nullable=False),
    sa.Column('give_up_at', types.Moment(), nullable=False),
    sa.Column('tried_at', types.Moment(), nullable=True),
    sa.Column('last_status', sa.Integer(), nullable=True),
    sa.Column('last_error', sa.String(length=200), nullable=False),
    sa.Column('created_at', types.Moment(), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name=op.f('ck_webhook_deliveries_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_webhook_deliveries_organisation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhooks.id'], name=op.f('fk_webhook_deliveries_webhook_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_deliveries'))
    )
    with op.batch_alter_table('webhook_deliveries', schema=None) as batch_op:
        batch_op.create_index('ix_webhook_deliveries_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_webhook_deliveries_due', ['next_at', 'webhook_id'], unique=False, sqlite_where=WAITING, postgresql_where=WAITING)
        batch_op.create_index('ix_webhook_deliveries_list', ['webhook_id', 'id'], unique=False)
        batch_op.create_index('uq_webhook_deliveries_event', ['webhook_id', 'position'], unique=True)


def downgrade():
    with op.batch_alter_table('webhook_deliveries', schema=None) as batch_op:
        batch_op.drop_index('uq_webhook_deliveries_event')
        batch_op.drop_index('ix_webhook_deliveries_list')
        batch_op.drop_index('ix_webhook_deliveries_due', sqlite_where=WAITING, postgresql_where=WAITING)
        batch_op.drop_index('ix_webhook_deliveries_created_at')

    op.drop_table('webhook_deliveries')
    with op.batch_alter_table('webhooks', schema=None) as batch_op:
        batch_op.drop_index('ix_webhooks_organisation_id')

    op.drop_table('webhooks')
