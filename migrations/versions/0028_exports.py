"""lists that are made into files in the background

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql')


def upgrade():
    op.create_table(
        'exports',
        sa.Column('id', KEY, nullable=False),
        sa.Column('organisation_id', KEY, nullable=False),
        sa.Column('user_id', KEY, nullable=False),
        sa.Column('asked_by', sa.String(length=200), nullable=False),
        sa.Column('listing', sa.String(length=20), nullable=False),
        sa.Column('ending', sa.String(length=4), nullable=False),
        sa.Column('language', sa.String(length=2), nullable=False),
        sa.Column('args', JSON, nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('attempt', sa.Integer(), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('beat_at', sa.DateTime(), nullable=False),
        sa.Column('ready_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'ready', 'failed')", name=op.f('ck_exports_state')),
        sa.CheckConstraint("ending IN ('csv', 'xlsx')", name=op.f('ck_exports_ending')),
        sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_exports_organisation_id_organisations'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_exports_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_exports')),
    )
    op.create_index('ix_exports_organisation_id', 'exports', ['organisation_id', 'id'])
    op.create_index('ix_exports_state', 'exports', ['state', 'beat_at'])
    op.create_index('ix_exports_created_at', 'exports', ['created_at'])
    op.create_index(op.f('ix_exports_user_id'), 'exports', ['user_id'])
    op.create_table(
        'export_pieces',
        sa.Column('export_id', KEY, nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['export_id'], ['exports.id'], name=op.f('fk_export_pieces_export_id_exports'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('export_id', 'number', name=op.f('pk_export_pieces')),
    )


def downgrade():
    op.drop_table('export_pieces')
    op.drop_table('exports')
