"""saved views, and each person's columns of a list

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql')


def upgrade():
    op.create_table(
        'saved_views',
        sa.Column('id', KEY, nullable=False),
        sa.Column('organisation_id', KEY, nullable=False),
        sa.Column('user_id', KEY, nullable=False),
        sa.Column('listing', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('shared', sa.Boolean(), nullable=False),
        sa.Column('args', JSON, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_saved_views_organisation_id_organisations'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_saved_views_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_views')),
    )
    op.create_index('ix_saved_views_organisation_id', 'saved_views', ['organisation_id', 'listing', 'name', 'id'])
    op.create_index('uq_saved_views_user_id', 'saved_views', ['user_id', 'listing', 'name'], unique=True)
    op.create_table(
        'list_choices',
        sa.Column('user_id', KEY, nullable=False),
        sa.Column('listing', sa.String(length=20), nullable=False),
        sa.Column('columns', sa.String(length=500), nullable=False),
        sa.Column('view_id', KEY, nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_list_choices_user_id_users'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['view_id'], ['saved_views.id'], name=op.f('fk_list_choices_view_id_saved_views'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('user_id', 'listing', name=op.f('pk_list_choices')),
    )
    op.create_index(op.f('ix_list_choices_view_id'), 'list_choices', ['view_id'])


def downgrade():
    op.drop_table('list_choices')
    op.drop_table('saved_views')
