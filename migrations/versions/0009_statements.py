"""bank statements, matches, and what was learned from them

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('bank_statements',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('identity', sa.String(length=40), nullable=False),
    sa.Column('account', sa.String(length=34), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('opening_on', sa.Date(), nullable=True),
    sa.Column('opening_amount', types.Exact(4), nullable=True),
    sa.Column('closing_on', sa.Date(), nullable=True),
    sa.Column('closing_amount', types.Exact(4), nullable=True),
    sa.Column('difference', types.Exact(4), nullable=False),
    sa.Column('line_count', sa.Integer(), nullable=False),
    sa.Column('fresh_count', sa.Integer(), nullable=False),
    sa.Column('pending_count', sa.Integer(), nullable=False),
    sa.Column('undivided_count', sa.Integer(), nullable=False),
    sa.Column('imported_at', types.Moment(), nullable=False),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_bank_statements_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_statements')),
    sa.UniqueConstraint('organisation_id', 'identity', name=op.f('uq_bank_statements_organisation_id_identity'))
    )
    with op.batch_alter_table('bank_statements', schema=None) as batch_op:
        batch_op.create_index('ix_bank_statements_account', ['organisation_id', 'account', 'closing_on'], unique=False)
        batch_op.create_index('ix_bank_statements_list', ['organisation_id', 'imported_at', 'id'], unique=False)

    op.create_table('bank_lines',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('statement_id', types.Key, nullable=False),
    sa.Column('payment_id', types.Key, nullable=True),
    sa.Column('content', sa.String(length=40), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('valued_on', sa.Date(), nullable=True),
    sa.Column('amount', types.Exact(4), nullable=False),
    sa.Column('charges', types.Exact(4), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('iban', sa.String(length=34), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reference', sa.String(length=100), nullable=False),
    sa.Column('end_to_end', sa.String(length=60), nullable=False),
    sa.Column('bank_reference', sa.String(length=60), nullable=False),
    sa.Column('reversal', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_bank_lines_organisation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_bank_lines_payment_id')),
    sa.ForeignKeyConstraint(['statement_id'], ['bank_statements.id'], name=op.f('fk_bank_lines_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_lines')),
    sa.UniqueConstraint('organisation_id', 'content', 'ordinal', name=op.f('uq_bank_lines_organisation_id_content_ordinal'))
    )
    with op.batch_alter_table('bank_lines', schema=None) as batch_op:
        batch_op.create_index('ix_bank_lines_payment_id', ['payment_id'], unique=False)
        batch_op.create_index('ix_bank_lines_statement_id', ['statement_id', 'id'], unique=False)

    op.create_table('learned_accounts',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('iban', sa.String(length=34), nullable=False),
    sa.Column('contact_id', types.Key, nullable=False),
    sa.Column('payment_id', types.Key, nullable=True),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.Column('learned_at', types.Moment(), nullable=False),
    sa.Column('revoked_at', types.Moment(), nullable=True),
    sa.Column('revoked_by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_learned_accounts_contact_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_learned_accounts_organisation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_learned_accounts_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_learned_accounts'))
    )
    with op.batch_alter_table('learned_accounts', schema=None) as batch_op:
        batch_op.create_index('ix_learned_accounts_contact_id', ['contact_id'], unique=False)
        batch_op.create_index('uq_learned_accounts_standing', ['organisation_id', 'iban', 'contact_id'], unique=True, sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'))

    op.create_table('matches',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('payment_id', types.Key, nullable=False),
    sa.Column('automatic', sa.Boolean(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('reasons', types.Json, nullable=False),
    sa.Column('entries', types.Json, nullable=False),
    sa.Column('learned_id', types.Key, nullable=True),
    sa.Column('actor_kind', sa.String(length=10), nullable=False),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.Column('made_at', types.Moment(), nullable=False),
    sa.Column('undone_at', types.Moment(), nullable=True),
    sa.Column('undone_by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['learned_id'], ['learned_accounts.id'], name=op.f('fk_matches_learned_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_matches_organisation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_matches_payment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_matches'))
    )
    with op.batch_alter_table('matches', schema=None) as batch_op:
        batch_op.create_index('ix_matches_list', ['organisation_id', 'id'], unique=False)
        batch_op.create_index('ix_matches_payment_id', ['payment_id'], unique=False)



def downgrade():
    with op.batch_alter_table('matches', schema=None) as batch_op:
        batch_op.drop_index('ix_matches_payment_id')
        batch_op.drop_index('ix_matches_list')

    op.drop_table('matches')
    with op.batch_alter_table('learned_accounts', schema=None) as batch_op:
        batch_op.drop_index('uq_learned_accounts_standing', sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'))
        batch_op.drop_index('ix_learned_accounts_contact_id')

    op.drop_table('learned_accounts')
    with op.batch_alter_table('bank_lines', schema=None) as batch_op:
        batch_op.drop_index('ix_bank_lines_statement_id')
        batch_op.drop_index('ix_bank_lines_payment_id')

    op.drop_table('bank_lines')
    with op.batch_alter_table('bank_statements', schema=None) as batch_op:
        batch_op.drop_index('ix_bank_statements_list')
        batch_op.drop_index('ix_bank_statements_account')

    op.drop_table('bank_statements')
