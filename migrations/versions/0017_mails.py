"""e-mails to customers

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('queued', 'sending', 'unknown')")


def upgrade():
    op.create_table('mails',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('invoice_id', types.Key, nullable=False),
    sa.Column('uid', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('recipient', sa.String(length=254), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(length=40), nullable=False),
    sa.Column('remote_text', sa.String(length=300), nullable=False),
    sa.Column('actor_kind', sa.String(length=10), nullable=False),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', types.Moment(), nullable=False),
    sa.Column('next_at', types.Moment(), nullable=False),
    sa.Column('sent_at', types.Moment(), nullable=True),
    sa.CheckConstraint("state IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name=op.f('ck_mails_state')),
    sa.CheckConstraint("kind IN ('invoice', 'reminder')", name=op.f('ck_mails_kind')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_mails_organisation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_mails_invoice_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mails')),
    sa.UniqueConstraint('uid', name=op.f('uq_mails_uid'))
    )
    with op.batch_alter_table('mails', schema=None) as batch_op:
        batch_op.create_index('uq_mails_open', ['invoice_id', 'kind'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
        batch_op.create_index('ix_mails_list', ['organisation_id', 'id'], unique=False)
        batch_op.create_index('ix_mails_invoice_id', ['invoice_id', 'id'], unique=False)
        batch_op.create_index('ix_mails_open', ['state', 'next_at'], unique=False, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade():
    op.drop_table('mails')
